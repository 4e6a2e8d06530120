// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/**
 * The rigid motion that brings one set of points nearest to another (Kabsch-Umeyama, without scale): translation,
 * rotation and reflection. All axes count as Euclidean, whatever their signature, so that it is for comparing pictures.
 *
 * @param coordinates the moved points, (M, K)
 * @param rotation Q, (K, K), orthogonal: moved = (x - mean x) Q + mean y
 * @param rmsd sqrt of the mean over the models of |moved - y|^2
 */
public record Alignment(double[][] coordinates, double[][] rotation, double rmsd) {
  /**
   * Aligns x to y.
   *
   * @param x (M, K)
   * @param y (M, K)
   * @throws IllegalArgumentException for sets of other shapes, or empty ones
   */
  public static Alignment of(double[][] x, double[][] y) {
    if (x.length == 0 || x.length != y.length || x[0].length == 0) {
      throw new IllegalArgumentException(x.length + " and " + y.length + " points cannot be aligned: give the same"
          + " models in both, at least one, in at least one dimension");
    }
    int dims = x[0].length;
    double[] meanX = mean(x, dims);
    double[] meanY = mean(y, dims);
    // The orthogonal factor U V' of sum_i (x_i - mean)'(y_i - mean) maximises the trace, and so minimises the distance.
    double[] covariance = new double[dims * dims];
    for (int i = 0; i < x.length; i++) {
      for (int k = 0; k < dims; k++) {
        for (int l = 0; l < dims; l++) {
          covariance[k * dims + l] += (x[i][k] - meanX[k]) * (y[i][l] - meanY[l]);
        }
      }
    }
    double[] q = Lapack.orthogonalFactor(covariance, dims);
    double[][] moved = new double[x.length][dims];
    double squares = 0;
    for (int i = 0; i < x.length; i++) {
      for (int l = 0; l < dims; l++) {
        double at = meanY[l];
        for (int k = 0; k < dims; k++) {
          at += (x[i][k] - meanX[k]) * q[k * dims + l];
        }
        moved[i][l] = at;
        squares += (at - y[i][l]) * (at - y[i][l]);
      }
    }
    double[][] rotation = new double[dims][dims];
    for (int k = 0; k < dims; k++) {
      System.arraycopy(q, k * dims, rotation[k], 0, dims);
    }
    return new Alignment(moved, rotation, Math.sqrt(squares / x.length));
  }

  private static double[] mean(double[][] points, int dims) {
    double[] mean = new double[dims];
    for (double[] point : points) {
      if (point.length != dims) {
        throw new IllegalArgumentException("points of " + dims + " and of " + point.length
            + " dimensions cannot be aligned");
      }
      for (int k = 0; k < dims; k++) {
        mean[k] += point[k] / points.length;
      }
    }
    return mean;
  }
}
