// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

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

  /** OpenBLAS has one thread count per process; two embeddings at once must not set it for each other. */
  private static final Object THREADS = new Object();

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
    int status;
    synchronized (THREADS) {
      requireOpenBlas();
      int before = openblas_full.openblas_get_num_threads();
      openblas_full.openblas_set_num_threads(order < THREADED_ORDER ? 1 : Workers.count(threads));
      try {
        status = openblas_full.LAPACKE_dsyevd(COLUMN_MAJOR, (byte) 'V', (byte) 'L', order,
            matrix.doublePointer(0, (long) order * order), order, values.doublePointer(0, order));
      } finally {
        openblas_full.openblas_set_num_threads(before);
      }
    }
    if (status == -1010) { // LAPACK_WORK_MEMORY_ERROR
      throw Memory.refused(bytes(order), "the eigenvalues of " + order + " models");
    }
    if (status != 0) {
      throw new LightconeException("LAPACK's dsyevd stopped with code " + status + " on a matrix of order " + order);
    }
  }

  private static void requireOpenBlas() {
    try {
      openblas_full.openblas_get_num_threads();
    } catch (LinkageError e) {
      throw new UnsupportedException("OpenBLAS could not be loaded (" + Native.rootMessage(e) + "); the openblas jar and"
          + " the one with the classifier linux-x86_64 must be on the class path or module path", e);
    }
  }
}
