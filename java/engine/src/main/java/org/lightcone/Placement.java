// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.util.stream.IntStream;

/**
 * Other models in the coordinates of an embedding (Eq 9): from the distances d_j of a new model to the M embedded ones,
 *
 * <pre>  w_j = -1/2 (d_j - mean_j d - dbar_j + mean dbar),  x_k = sum_j w_j m_j x_jk sign(lambda_k) / |lambda_k|,</pre>
 *
 * x_jk the old coordinates, m the weights (all 1 without), dbar the row means of D. An embedded model gets its own
 * coordinates back. The sign keeps time-like axes from being mirrored.
 *
 * <p>Dimensions whose |lambda| is below 1e-7 |lambda_1| are noise of float32 distances, which a division by them would
 * blow up: there the coordinate is 0, and {@link #dropped} names them.
 *
 * @param coordinates (Q, K)
 * @param dropped dimensions, from 0, in which nothing was placed
 */
public record Placement(double[][] coordinates, int[] dropped) {
  /** About float32's precision: eigenvalues below it come from the rounding of D's entries. */
  private static final double NULL = 1e-7;

  static boolean isNull(double lambda, double largest) {
    return !(Math.abs(lambda) > NULL * Math.abs(largest));
  }

  /**
   * Places new models.
   *
   * @param distances (Q, M): row q has the distances of new model q to the embedded models, in their order
   * @throws IllegalArgumentException for a row of another length
   * @throws InvalidDataException for a distance that is negative, NaN or infinite
   */
  public static Placement of(Embedding embedding, double[][] distances) {
    int models = embedding.models();
    double[][] axes = axes(embedding);
    double[][] x = new double[distances.length][embedding.dims()];
    for (int q = 0; q < distances.length; q++) {
      double[] w = centred(embedding, distances[q], q);
      for (int j = 0; j < models; j++) {
        for (int k = 0; k < x[q].length; k++) {
          x[q][k] += w[j] * axes[j][k];
        }
      }
    }
    return new Placement(x, dropped(embedding));
  }

  /**
   * The same models by other distances, for example on test samples or on a subset of the samples, in the coordinates
   * of this embedding (Eq 10): w_ij = -1/2 (d2_ij - dbar_i - dbar_j + mean dbar), the means, axes and eigenvalues those of
   * the embedding. One pass over {@code second}; as an axis sums to 0 over the models, it is Eq 9 on the rows of
   * {@code second}.
   *
   * @param second the other distances of the same models in the same order
   * @param memoryBytes for reading tiles that are not in memory
   * @param control to cancel; may be null
   */
  public static Placement joint(
      Embedding embedding, PackedTiles second, long memoryBytes, int threads, Control control) {
    int models = embedding.models();
    int dims = embedding.dims();
    if (second.models() != models) {
      throw new IllegalArgumentException("the embedding has " + models + " models and the other distances "
          + second.models() + "; both must be of the same models in the same order");
    }
    double[][] axes = axes(embedding);
    int columns = (dims + 7) / 8 * 8;
    double[][] x = new double[models][dims];
    try (CentredDistances product = new CentredDistances(second, null, memoryBytes, threads, control);
        OffHeap in = OffHeap.allocate((long) models * columns * Double.BYTES, "axes");
        OffHeap out = OffHeap.allocate((long) models * columns * Double.BYTES, "coordinates")) {
      DoubleBuffer from = in.doubles(0, models * columns);
      DoubleBuffer to = out.doubles(0, models * columns);
      for (int j = 0; j < models; j++) {
        for (int k = 0; k < columns; k++) {
          from.put(j * columns + k, k < dims ? axes[j][k] : 0);
        }
      }
      product.multiplyPlain(columns, from, to);
      // sum_j -1/2 (d2_ij - dbar_j) axis_jk; what is constant in j falls out.
      double[] offset = new double[dims];
      for (int j = 0; j < models; j++) {
        for (int k = 0; k < dims; k++) {
          offset[k] += embedding.means()[j] * axes[j][k];
        }
      }
      for (int i = 0; i < models; i++) {
        for (int k = 0; k < dims; k++) {
          x[i][k] = -0.5 * (to.get(i * columns + k) - offset[k]);
        }
      }
    }
    return new Placement(x, dropped(embedding));
  }

  /** m_j x_jk sign(lambda_k) / |lambda_k|, 0 along null dimensions. */
  private static double[][] axes(Embedding e) {
    double[][] axes = new double[e.models()][e.dims()];
    for (int k = 0; k < e.dims(); k++) {
      double lambda = e.eigenvalues()[k];
      if (!isNull(lambda, e.eigenvalues()[0])) {
        for (int j = 0; j < axes.length; j++) {
          axes[j][k] = e.weights()[j] * e.coordinates()[j][k] / lambda;
        }
      }
    }
    return axes;
  }

  private static double[] centred(Embedding e, double[] d, int q) {
    int models = e.models();
    if (d.length != models) {
      throw new IllegalArgumentException("new model " + q + " has " + d.length + " distances; the embedding has "
          + models + " models");
    }
    double own = 0;
    double mean = 0;
    for (int j = 0; j < models; j++) {
      if (!(d[j] >= 0 && d[j] < Double.POSITIVE_INFINITY)) {
        throw new InvalidDataException("the distance of new model " + q + " to model " + j + " is " + d[j]
            + "; it must be finite and not negative (--infinity cap)");
      }
      own += e.weights()[j] * d[j];
      mean += e.weights()[j] * e.means()[j];
    }
    double[] w = new double[models];
    for (int j = 0; j < models; j++) {
      w[j] = -0.5 * (d[j] - own / models - e.means()[j] + mean / models);
    }
    return w;
  }

  private static int[] dropped(Embedding e) {
    return IntStream.range(0, e.dims()).filter(k -> isNull(e.eigenvalues()[k], e.eigenvalues()[0])).toArray();
  }
}
