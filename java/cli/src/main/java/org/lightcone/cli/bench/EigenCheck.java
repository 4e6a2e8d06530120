// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Whether an embedding is that of W, in plain float64: |W v - lambda v| / |lambda_1| of the first and the last pairs,
 * and that power iterations on what is orthogonal to all K vectors find nothing larger than the last.
 */
final class EigenCheck {
  /** What is asked of the solver, and 1% for what this computation rounds. */
  static final double TOLERANCE = 1e-6;
  private static final double BOUND = 1.01 * TOLERANCE;
  /** Pairs at either end whose residual is computed; each costs a product in Java. */
  private static final int CHECKED = 3;
  private static final int POWER_STEPS = 10;

  private EigenCheck() {}

  /**
   * Checks.
   *
   * @param values (K), by falling magnitude
   * @param coordinates x (M, K): eigenvector times sqrt |eigenvalue|
   */
  static Errors errors(CentredRows w, double[] values, double[][] coordinates) {
    int dims = values.length;
    double[][] vectors = new double[dims][w.order()];
    for (int k = 0; k < dims; k++) {
      for (int i = 0; i < w.order(); i++) {
        vectors[k][i] = coordinates[i][k] / Math.sqrt(Math.abs(values[k]));
      }
    }
    double[] residuals = new double[2 * Math.min(CHECKED, dims)];
    for (int k = 0; k < residuals.length; k++) {
      int pair = k % 2 == 0 ? k / 2 : dims - 1 - k / 2;
      double[] product = w.times(vectors[pair]);
      double sum = 0;
      for (int i = 0; i < product.length; i++) {
        double difference = product[i] - values[pair] * vectors[pair][i];
        sum += difference * difference;
      }
      residuals[k] = Math.sqrt(sum) / Math.abs(values[0]);
    }
    // A pair that was passed over by more than the tolerance is as wrong as one with a large residual.
    double beyond = largestBeyond(w, vectors) - Math.abs(values[dims - 1]);
    return beyond > TOLERANCE * Math.abs(values[0]) ? Errors.exact(1) : Errors.of(residuals, Double.NaN, BOUND);
  }

  /** A lower bound of the largest magnitude of an eigenvalue whose vector is orthogonal to all of these. */
  private static double largestBeyond(CentredRows w, double[][] vectors) {
    double[] x = new SplittableRandom(8).doubles(w.order(), -1, 1).toArray();
    double norm = 0;
    for (int step = 0; step <= POWER_STEPS; step++) {
      for (double[] v : vectors) {
        double overlap = 0;
        for (int i = 0; i < x.length; i++) {
          overlap += v[i] * x[i];
        }
        for (int i = 0; i < x.length; i++) {
          x[i] -= overlap * v[i];
        }
      }
      double scale = norm = Math.sqrt(Arrays.stream(x).map(e -> e * e).sum());
      x = step == POWER_STEPS ? x : w.times(Arrays.stream(x).map(e -> e / scale).toArray());
    }
    return norm;
  }
}
