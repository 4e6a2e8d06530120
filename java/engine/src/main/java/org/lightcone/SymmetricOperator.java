// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;

/**
 * A symmetric matrix A of order n that is known by its products with blocks of vectors: what the eigensolver needs,
 * wherever the matrix lies.
 */
public interface SymmetricOperator {
  /** n. */
  int order();

  /**
   * y = A x, one pass over the matrix; the same bits for the same x.
   *
   * @param columns b, a multiple of 8
   * @param x (n, b), row-major, direct, not changed
   * @param y (n, b), row-major, direct; need not be set
   */
  void multiply(int columns, DoubleBuffer x, DoubleBuffer y);

  /** The Frobenius norm of A, from float64 sums. */
  double norm();
}
