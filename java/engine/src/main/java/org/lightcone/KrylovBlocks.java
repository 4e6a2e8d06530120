// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.util.function.DoubleSupplier;

/**
 * The tall blocks of vectors of {@link Krylov} and the arithmetic on them, wherever they lie: blocks 0 .. slots - 1 are
 * the basis Q, one behind the other, and two more are scratch. A block is (n, width), row-major, float64; coefficients
 * are small and on the heap.
 */
interface KrylovBlocks extends AutoCloseable {
  /** Where they lie and what multiplies them, for people. */
  String name();

  /** Fills a block, row by row. */
  void fill(int block, DoubleSupplier next);

  /** y = A x. */
  void multiply(SymmetricOperator a, int x, int y);

  /** Q' z of the blocks [first, first + count) of the basis, or of a block alone: (count width, width). */
  double[] inner(int first, int count, int z);

  /** z += factor Q c of the same blocks; c (count width, width). */
  void update(int first, int count, double[] c, double factor, int z);

  void clear(int block);

  void copy(int from, int to);

  /** Replaces a block Z by Q of Z = Q R by Householder reflections; R (width, width). Any Z, even 0. */
  double[] householder(int block);

  /** Q c of the first blocks of the basis, (n, columns), to be read until close; {@code scratch} may be used. */
  DoubleBuffer combine(int count, double[] c, int columns, int scratch);

  /**
   * Eigenpairs of a symmetric matrix (size, size).
   *
   * @param matrix row-major; afterwards eigenvector k at k size .. k size + size - 1
   * @return the eigenvalues, ascending
   */
  double[] eigen(double[] matrix, int size);

  @Override
  void close();
}
