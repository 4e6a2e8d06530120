// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/**
 * M models in a Minkowski space of K dimensions, in which the squared interval of two models,
 * {@code sum_k signature[k] (x[i][k] - x[j][k])^2}, stands for their distance d(i,j) (Eq 7).
 *
 * @param coordinates x, (M, K): eigenvector times sqrt |eigenvalue|
 * @param eigenvalues (K), ordered by falling magnitude, sign kept; with weights those of m^1/2 W m^1/2 times M, so that
 *     equal weights change nothing
 * @param signature (K): +1 space-like, -1 time-like, 0 for an eigenvalue that is exactly 0
 * @param stress (K): chi_1 .. chi_K, explained stress of the first k dimensions (Eq 8), 0 to 1
 * @param pairwise (K): explained pairwise distance of the first k dimensions (Eq 12); at most 1, not monotone
 * @param pairwiseL2 (K): the same with squares, 1 - |D - D_k|_F / |D|_F
 * @param residuals (K): |W v - lambda v| / |lambda_1|, measured with a product of its own at the end
 * @param weights (M), of mean 1: those of the models (C.3), all 1 without weights
 * @param means (M): weighted row means of D, from which other models are placed
 * @param passes times that the matrix of distances was read
 * @param seconds wall-clock time
 * @param device where the products with the matrix were made
 * @param deviceReason why there
 * @param dense where the vectors were multiplied and orthogonalised, and if not on the device, why not
 */
public record Embedding(double[][] coordinates, double[] eigenvalues, int[] signature, double[] stress,
    double[] pairwise, double[] pairwiseL2, double[] residuals, double[] weights, double[] means, int passes,
    double seconds, Device device, String deviceReason, String dense) {
  /** M. */
  public int models() {
    return coordinates.length;
  }

  /** K. */
  public int dims() {
    return eigenvalues.length;
  }
}
