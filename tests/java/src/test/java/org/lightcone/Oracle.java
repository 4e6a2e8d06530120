// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/**
 * Plain float64 forms, written from the formulas and sharing no code with the engine. Per sample the Bhattacharyya
 * term is -log1p(-|s-t|^2 / 2) where that half norm is below 1/2, else -log of the dot product, else (where it
 * underflows) a log-sum-exp: relative error below 1e-11 down to d = 1e-9.
 */
final class Oracle {
  private Oracle() {}

  /** log of the normalised probabilities. */
  static double[] logOfProbabilities(double[] p, int classes) {
    double[] logs = new double[p.length];
    for (int row = 0; row < p.length; row += classes) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += p[row + c];
      }
      for (int c = 0; c < classes; c++) {
        logs[row + c] = Math.log(p[row + c] / sum);
      }
    }
    return logs;
  }

  /** d of models i and j of a table (M, N, C) of log-probabilities. */
  static double bhattacharyya(double[] logs, int samples, int classes, int i, int j) {
    double sum = 0;
    for (int n = 0; n < samples; n++) {
      sum += term(logs, (i * samples + n) * classes, (j * samples + n) * classes, classes);
    }
    return sum / samples;
  }

  private static double term(double[] logs, int p, int q, int classes) {
    double half = 0;
    double dot = 0;
    for (int c = 0; c < classes; c++) {
      double s = Math.exp(0.5 * logs[p + c]);
      double t = Math.exp(0.5 * logs[q + c]);
      half += 0.5 * (s - t) * (s - t);
      dot += s * t;
    }
    if (half < 0.5) {
      return -Math.log1p(-half);
    }
    if (dot > 1e-280) {
      return -Math.log(dot);
    }
    double largest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      largest = Math.max(largest, 0.5 * (logs[p + c] + logs[q + c]));
    }
    if (largest == Double.NEGATIVE_INFINITY) {
      return Double.POSITIVE_INFINITY;
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(0.5 * (logs[p + c] + logs[q + c]) - largest);
    }
    return -(largest + Math.log(sum));
  }

  /** Objective of Eq 4 at t, the arc as 2 asin(|s - gamma| / 2), which is exact where arccos is not. */
  static double angle(double[] logs, int model, int[] labels, int classes, double t) {
    int samples = labels.length;
    double theta = Math.acos(1 / Math.sqrt(classes));
    double ignorance = Math.sin((1 - t) * theta) / Math.sin(theta);
    double truth = Math.sin(t * theta) / Math.sin(theta);
    double sum = 0;
    for (int n = 0; n < samples; n++) {
      int row = (model * samples + n) * classes;
      double gap = 0;
      for (int c = 0; c < classes; c++) {
        double gamma = ignorance / Math.sqrt(classes) + (c == labels[n] ? truth : 0);
        double difference = Math.exp(0.5 * logs[row + c]) - gamma;
        gap += difference * difference;
      }
      sum += 2 * Math.asin(Math.min(1, 0.5 * Math.sqrt(gap)));
    }
    return sum / samples;
  }

  /** A golden-section minimiser of {@link #angle} on [0, 1]: good to about 1e-8 in t. */
  static double goldenProgress(double[] logs, int model, int[] labels, int classes) {
    double ratio = (Math.sqrt(5) - 1) / 2;
    double low = 0;
    double high = 1;
    double left = high - ratio;
    double right = low + ratio;
    double atLeft = angle(logs, model, labels, classes, left);
    double atRight = angle(logs, model, labels, classes, right);
    for (int step = 0; step < 60; step++) {
      if (atLeft < atRight) {
        high = right;
        right = left;
        atRight = atLeft;
        left = high - ratio * (high - low);
        atLeft = angle(logs, model, labels, classes, left);
      } else {
        low = left;
        left = right;
        atLeft = atRight;
        right = low + ratio * (high - low);
        atRight = angle(logs, model, labels, classes, right);
      }
    }
    return atLeft < atRight ? left : right;
  }

  /** W = -1/2 L D L, by the definition: two matrix products. */
  static double[][] centred(float[][] d) {
    int n = d.length;
    double[][] once = new double[n][n];
    double[][] twice = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < n; k++) {
          once[i][j] += ((i == k ? 1 : 0) - 1.0 / n) * d[k][j];
        }
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int k = 0; k < n; k++) {
          twice[i][j] -= 0.5 * once[i][k] * ((k == j ? 1 : 0) - 1.0 / n);
        }
      }
    }
    return twice;
  }

  /** Eigenvalues of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, section 8.5). */
  static double[] jacobiEigenvalues(double[][] matrix) {
    int n = matrix.length;
    double[][] a = new double[n][];
    for (int i = 0; i < n; i++) {
      a[i] = matrix[i].clone();
    }
    for (int sweep = 0; sweep < 60; sweep++) {
      double off = 0;
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          off += a[p][q] * a[p][q];
          rotate(a, p, q);
        }
      }
      if (off == 0) {
        break;
      }
    }
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = a[i][i];
    }
    return values;
  }

  private static void rotate(double[][] a, int p, int q) {
    if (a[p][q] == 0) {
      return;
    }
    double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    double t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
    double c = 1 / Math.sqrt(1 + t * t);
    double s = t * c;
    for (int k = 0; k < a.length; k++) {
      double x = a[k][p];
      double y = a[k][q];
      a[k][p] = c * x - s * y;
      a[k][q] = s * x + c * y;
    }
    for (int k = 0; k < a.length; k++) {
      double x = a[p][k];
      double y = a[q][k];
      a[p][k] = c * x - s * y;
      a[q][k] = s * x + c * y;
    }
    a[p][q] = 0;
    a[q][p] = 0;
  }
}
