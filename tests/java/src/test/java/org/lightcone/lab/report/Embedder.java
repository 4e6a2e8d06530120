// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.util.List;
import java.util.Random;

/** InPCA of a few hundred tables by subspace iteration in plain Java: only to give report tests real shapes. */
final class Embedder {
  final double[][] x;         // (M, K)
  final double[] lambda;      // (K), by magnitude
  final int[] sign;
  final double[] stress;
  final double[] pairwise;

  Embedder(double[][] d, int dims, int rounds) {
    int m = d.length;
    double[][] w = centred(d);
    double norm = 0;
    for (double[] row : w) {
      for (double v : row) {
        norm += v * v;
      }
    }
    int k = dims + 6;
    Random random = new Random(1);
    double[][] v = new double[k][m];   // rows are vectors
    for (double[] row : v) {
      for (int i = 0; i < m; i++) {
        row[i] = random.nextGaussian();
      }
    }
    for (int round = 0; round < rounds; round++) {
      orthonormalise(v);
      v = times(v, w);
    }
    orthonormalise(v);
    double[][] wv = times(v, w);
    double[][] h = new double[k][k];
    for (int a = 0; a < k; a++) {
      for (int b = 0; b < k; b++) {
        h[a][b] = dot(v[a], wv[b]);
      }
    }
    double[][] u = jacobi(h);
    Integer[] order = new Integer[k];
    for (int a = 0; a < k; a++) {
      order[a] = a;
    }
    double[][] diagonal = h;
    java.util.Arrays.sort(order, (a, b) -> Double.compare(Math.abs(diagonal[b][b]), Math.abs(diagonal[a][a])));
    x = new double[m][dims];
    lambda = new double[dims];
    sign = new int[dims];
    stress = new double[dims];
    pairwise = new double[dims];
    double kept = 0;
    for (int c = 0; c < dims; c++) {
      lambda[c] = h[order[c]][order[c]];
      sign[c] = lambda[c] < 0 ? -1 : 1;
      kept += lambda[c] * lambda[c];
      stress[c] = 1 - Math.sqrt(Math.max(0, 1 - kept / norm));
      for (int i = 0; i < m; i++) {
        double s = 0;
        for (int a = 0; a < k; a++) {
          s += u[a][order[c]] * v[a][i];
        }
        x[i][c] = s * Math.sqrt(Math.abs(lambda[c]));
      }
      double off = 0;
      double all = 0;
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < m; j++) {
          double q = 0;
          for (int e = 0; e <= c; e++) {
            q += sign[e] * (x[i][e] - x[j][e]) * (x[i][e] - x[j][e]);
          }
          off += Math.abs(d[i][j] - q);
          all += d[i][j];
        }
      }
      pairwise[c] = 1 - off / all;
    }
  }

  /** Eq 2. */
  static double[][] distances(List<double[]> tables, int n, int c) {
    int m = tables.size();
    double[][] roots = new double[m][];
    for (int i = 0; i < m; i++) {
      roots[i] = java.util.Arrays.stream(tables.get(i)).map(Math::sqrt).toArray();
    }
    double[][] d = new double[m][m];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < i; j++) {
        double sum = 0;
        for (int s = 0; s < n; s++) {
          double bc = 0;
          for (int k = s * c; k < (s + 1) * c; k++) {
            bc += roots[i][k] * roots[j][k];
          }
          sum -= Math.log(Math.min(1, Math.max(1e-30, bc)));
        }
        d[i][j] = d[j][i] = sum / n;
      }
    }
    return d;
  }

  private static double[][] centred(double[][] d) {
    int m = d.length;
    double[] r = new double[m];
    double all = 0;
    for (int i = 0; i < m; i++) {
      for (double v : d[i]) {
        r[i] += v / m;
      }
      all += r[i] / m;
    }
    double[][] w = new double[m][m];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < m; j++) {
        w[i][j] = -0.5 * (d[i][j] - r[i] - r[j] + all);
      }
    }
    return w;
  }

  private static double[][] times(double[][] v, double[][] w) {
    double[][] out = new double[v.length][w.length];
    for (int a = 0; a < v.length; a++) {
      for (int i = 0; i < w.length; i++) {
        out[a][i] = dot(v[a], w[i]);
      }
    }
    return out;
  }

  private static double dot(double[] a, double[] b) {
    double s = 0;
    for (int i = 0; i < a.length; i++) {
      s += a[i] * b[i];
    }
    return s;
  }

  private static void orthonormalise(double[][] v) {
    for (int a = 0; a < v.length; a++) {
      for (int twice = 0; twice < 2; twice++) {
        for (int b = 0; b < a; b++) {
          double s = dot(v[a], v[b]);
          for (int i = 0; i < v[a].length; i++) {
            v[a][i] -= s * v[b][i];
          }
        }
      }
      double n = Math.sqrt(dot(v[a], v[a]));
      for (int i = 0; i < v[a].length; i++) {
        v[a][i] /= n;
      }
    }
  }

  /** Cyclic Jacobi; h becomes diagonal, the result holds the eigenvectors as columns. */
  private static double[][] jacobi(double[][] h) {
    int k = h.length;
    double[][] u = new double[k][k];
    for (int a = 0; a < k; a++) {
      u[a][a] = 1;
    }
    for (int sweep = 0; sweep < 40; sweep++) {
      for (int p = 0; p < k; p++) {
        for (int q = p + 1; q < k; q++) {
          if (Math.abs(h[p][q]) < 1e-300) {
            continue;
          }
          double theta = (h[q][q] - h[p][p]) / (2 * h[p][q]);
          double t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
          double c = 1 / Math.sqrt(t * t + 1);
          double s = t * c;
          for (int i = 0; i < k; i++) {
            double a = h[i][p];
            double b = h[i][q];
            h[i][p] = c * a - s * b;
            h[i][q] = s * a + c * b;
          }
          for (int i = 0; i < k; i++) {
            double a = h[p][i];
            double b = h[q][i];
            h[p][i] = c * a - s * b;
            h[q][i] = s * a + c * b;
            double e = u[i][p];
            double f = u[i][q];
            u[i][p] = c * e - s * f;
            u[i][q] = s * e + c * f;
          }
        }
      }
    }
    return u;
  }
}
