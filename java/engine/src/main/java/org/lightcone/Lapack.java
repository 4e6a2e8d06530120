// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Arrays;
import java.util.function.IntSupplier;
import org.bytedeco.openblas.global.openblas_full;

/** The small dense factorisations of the engine, in OpenBLAS, with its thread count held while one runs. */
final class Lapack {
  private static final int ROW_MAJOR = 101;

  /** OpenBLAS has one thread count per process; two calls at once must not set it for each other. */
  private static final Object THREADS = new Object();

  private Lapack() {}

  /** The status of a call made with that many OpenBLAS threads. */
  static int run(int threads, IntSupplier call) {
    synchronized (THREADS) {
      requireOpenBlas();
      int before = openblas_full.openblas_get_num_threads();
      openblas_full.openblas_set_num_threads(threads);
      try {
        return call.getAsInt();
      } finally {
        openblas_full.openblas_set_num_threads(before);
      }
    }
  }

  private static void requireOpenBlas() {
    try {
      openblas_full.openblas_get_num_threads();
    } catch (LinkageError e) {
      throw new UnsupportedException("OpenBLAS could not be loaded (" + Native.rootMessage(e) + "); the openblas jar"
          + " and the one with the classifier linux-x86_64 must be on the class path or module path", e);
    }
  }

  /**
   * G = R'R.
   *
   * @param g (n, n), symmetric; afterwards R, row-major, 0 below the diagonal
   * @return whether G was positive definite; if not, g is scratch
   */
  static boolean cholesky(double[] g, int n) {
    if (run(1, () -> openblas_full.LAPACKE_dpotrf(ROW_MAJOR, (byte) 'U', n, g, n)) != 0) {
      return false;
    }
    for (int i = 1; i < n; i++) {
      Arrays.fill(g, i * n, i * n + i, 0);
    }
    return true;
  }

  /** The inverse of an upper triangle without zeros on its diagonal, row-major. */
  static double[] inverse(double[] upper, int n) {
    double[] inverse = upper.clone();
    require(run(1, () -> openblas_full.LAPACKE_dtrtri(ROW_MAJOR, (byte) 'U', (byte) 'N', n, inverse, n)), "dtrtri");
    return inverse;
  }

  /** Z (rows, n) = Q R by Householder reflections, Z replaced by Q; R (n, n), row-major. Any Z, even 0. */
  static double[] householder(OffHeap z, long byteOffset, int rows, int n) {
    double[] r = new double[n * n];
    var matrix = z.doublePointer(byteOffset, (long) rows * n);
    try (OffHeap scales = OffHeap.allocate((long) n * Double.BYTES, "reflections")) {
      var reflections = scales.doublePointer(0, n);
      require(run(1, () -> openblas_full.LAPACKE_dgeqrf(ROW_MAJOR, rows, n, matrix, n, reflections)), "dgeqrf");
      for (int i = 0; i < n; i++) {
        for (int j = i; j < n; j++) {
          r[i * n + j] = matrix.get((long) i * n + j);
        }
      }
      require(run(1, () -> openblas_full.LAPACKE_dorgqr(ROW_MAJOR, rows, n, n, matrix, n, reflections)), "dorgqr");
    }
    return r;
  }

  /** The orthogonal factor U V' of A (n, n) = U S V', row-major: the rotation or reflection nearest to A. */
  static double[] orthogonalFactor(double[] a, int n) {
    double[] u = new double[n * n];
    double[] vt = new double[n * n];
    double[] copy = a.clone();
    double[] s = new double[n];
    require(run(1, () -> openblas_full.LAPACKE_dgesdd(ROW_MAJOR, (byte) 'A', n, n, copy, n, s, u, n, vt, n)), "dgesdd");
    double[] q = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        for (int j = 0; j < n; j++) {
          q[i * n + j] += u[i * n + k] * vt[k * n + j];
        }
      }
    }
    return q;
  }

  private static void require(int status, String routine) {
    if (status != 0) {
      throw new LightconeException("LAPACK's " + routine + " stopped with code " + status);
    }
  }
}
