// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/**
 * M models in a Minkowski space of K dimensions, in which the squared interval of two models,
 * {@code sum_k signature[k] (x[i][k] - x[j][k])^2}, stands for their distance d(i,j) (Eq 7).
 *
 * @param coordinates x, (M, K): eigenvector times sqrt |eigenvalue|
 * @param eigenvalues (K), ordered by falling magnitude, sign kept
 * @param signature (K): +1 space-like, -1 time-like, 0 for an eigenvalue that is exactly 0
 * @param stress (K): chi_1 .. chi_K, explained stress of the first k dimensions (Eq 8), 0 to 1
 * @param pairwise (K): explained pairwise distance of the first k dimensions (Eq 12); at most 1, not monotone
 * @param residuals (K): |W v - lambda v| / |lambda_1|
 * @param passes times that the matrix of distances was read
 * @param seconds wall-clock time
 */
public record Embedding(double[][] coordinates, double[] eigenvalues, int[] signature, double[] stress,
    double[] pairwise, double[] residuals, int passes, double seconds) {
  /** M. */
  public int models() {
    return coordinates.length;
  }

  /** K. */
  public int dims() {
    return eigenvalues.length;
  }
}
