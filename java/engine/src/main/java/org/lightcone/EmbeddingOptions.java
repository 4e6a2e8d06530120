// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Arrays;

/**
 * How to embed. Immutable.
 *
 * @param dims K, 1 to M - 1 (checked when a matrix is embedded)
 * @param weights (M), finite, not negative, not all 0, only their ratios count (C.3); null for equal weights
 * @param tolerance largest |A v - lambda v| / |lambda_1| of an eigenpair, 1e-13 to 1e-2; the dense solver is better
 * @param memoryBytes for the resident set of the process, a matrix in memory included; 0: what the machine has
 * @param threads 0: all processors
 * @param device where the products with the matrix are made
 */
public record EmbeddingOptions(int dims, double[] weights, double tolerance, long memoryBytes, int threads,
    Device device) {
  /** Checks what does not depend on the matrix. */
  public EmbeddingOptions {
    if (device == null) {
      throw new IllegalArgumentException("the device is null; Device.AUTO leaves it to the engine");
    }
    if (!(tolerance >= 1e-13 && tolerance <= 1e-2)) {
      throw new IllegalArgumentException("a tolerance of " + tolerance + " is not between 1e-13 and 1e-2");
    }
    if (memoryBytes < 0) {
      throw new IllegalArgumentException("a memory of " + memoryBytes + " bytes is negative");
    }
    if (weights != null) {
      weights = weights.clone();
      for (int i = 0; i < weights.length; i++) {
        if (!(weights[i] >= 0 && weights[i] < Double.POSITIVE_INFINITY)) {
          throw new IllegalArgumentException("the weight of model " + i + " is " + weights[i]
              + "; a weight is finite and not negative");
        }
      }
      double sum = Arrays.stream(weights).sum();
      if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("the weights sum to " + sum + "; at least one must be positive");
      }
    }
  }

  /** K dimensions, equal weights, residuals of 1e-8, all memory and processors, auto device. */
  public static EmbeddingOptions of(int dims) {
    return new EmbeddingOptions(dims, null, 1e-8, 0, 0, Device.AUTO);
  }

  /** Weighted models; null for equal weights. */
  public EmbeddingOptions withWeights(double[] weights) {
    return new EmbeddingOptions(dims, weights, tolerance, memoryBytes, threads, device);
  }

  /** Another largest residual. */
  public EmbeddingOptions withTolerance(double tolerance) {
    return new EmbeddingOptions(dims, weights, tolerance, memoryBytes, threads, device);
  }

  /** Bytes for the resident set of the process; 0: what the machine has. */
  public EmbeddingOptions withMemory(long memoryBytes) {
    return new EmbeddingOptions(dims, weights, tolerance, memoryBytes, threads, device);
  }

  /** Threads; 0: all processors. */
  public EmbeddingOptions withThreads(int threads) {
    return new EmbeddingOptions(dims, weights, tolerance, memoryBytes, threads, device);
  }

  /** Where the products with the matrix are made. */
  public EmbeddingOptions withDevice(Device device) {
    return new EmbeddingOptions(dims, weights, tolerance, memoryBytes, threads, device);
  }
}
