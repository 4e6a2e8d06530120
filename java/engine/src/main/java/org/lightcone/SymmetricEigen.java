// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.bytedeco.openblas.global.openblas_full;

/**
 * Eigenpairs of a dense symmetric float64 matrix by LAPACK's divide and conquer (dsyevd), the matrix overwritten by
 * its eigenvectors. Same bits for the same matrix, machine and thread count.
 */
final class SymmetricEigen {
  /** dsyevd's workspace of 1 + 6n + 2n^2 doubles is counted in 32 bits. */
  static final int MAX_ORDER = 32_766;

  /**
   * Below this order one thread: dsyevd then takes about a second at most, so a second thread has little to gain, and
   * where a core is shared it loses much, because OpenBLAS's threads wait actively (measured so at order 2,048: 8 s
   * with two threads, 2.8 s with one).
   */
  private static final int THREADED_ORDER = 1_024;

  private static final int COLUMN_MAJOR = 102;

  private SymmetricEigen() {}

  /** Bytes at the peak: the matrix and dsyevd's workspace. */
  static long bytes(long order) {
    return 8 * (3 * order * order + 8 * order + 1) + 4 * (3 + 5 * order);
  }

  /**
   * Solves in place.
   *
   * @param matrix (n, n), symmetric; afterwards eigenvector k at elements k n .. k n + n - 1
   * @param values (n), receives the eigenvalues, ascending
   */
  static void solve(OffHeap matrix, int order, OffHeap values, int threads) {
    int status = Lapack.run(order < THREADED_ORDER ? 1 : Workers.count(threads),
        () -> openblas_full.LAPACKE_dsyevd(COLUMN_MAJOR, (byte) 'V', (byte) 'L', order,
            matrix.doublePointer(0, (long) order * order), order, values.doublePointer(0, order)));
    if (status == -1010) { // LAPACK_WORK_MEMORY_ERROR
      throw Memory.refused(bytes(order), "the eigenvalues of " + order + " models");
    }
    if (status != 0) {
      throw new LightconeException("LAPACK's dsyevd stopped with code " + status + " on a matrix of order " + order);
    }
  }

  /** The same of a small matrix on the heap, by one thread: afterwards it holds the eigenvectors. */
  static double[] solve(double[] matrix, int order) {
    double[] values = new double[order];
    try (OffHeap memory = OffHeap.allocate((long) order * order * Double.BYTES, "the projected matrix");
        OffHeap eigenvalues = OffHeap.allocate((long) order * Double.BYTES, "its eigenvalues")) {
      memory.doubles(0, order * order).put(matrix);
      solve(memory, order, eigenvalues, 1);
      memory.doubles(0, order * order).get(matrix);
      eigenvalues.doubles(0, order).get(values);
    }
    return values;
  }

  /** Indices of the values by falling magnitude; of equal magnitudes the positive one first. */
  static int[] byMagnitude(double[] values) {
    return IntStream.range(0, values.length).boxed()
        .sorted(Comparator.comparingDouble((Integer k) -> -Math.abs(values[k])).thenComparingDouble(k -> -values[k]))
        .mapToInt(Integer::intValue).toArray();
  }
}
