// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.nio.FloatBuffer;
import java.util.Map;
import java.util.function.DoubleBinaryOperator;

/**
 * Distances in plain float64, written out by their definitions and sharing nothing with the engine. The Bhattacharyya
 * distance is in its difference form, {@code -log1p(-|s - t|^2 / 2)} per sample, which loses nothing where models are
 * near; geodesics are {@code 2 asin(|s - t| / 2)}, as arccos loses half of the digits there.
 */
final class Reference {
  /** One sample's term, of the probabilities p and q of two models. */
  @FunctionalInterface
  private interface Term {
    double of(double[] p, double[] q, int from, int to);
  }

  private record Metric(Term term, DoubleBinaryOperator ofMeanAndSamples) {}

  private static final Map<String, Metric> METRICS = Map.of(
      "bhattacharyya", new Metric((p, q, a, b) -> -Math.log1p(-halfNorm(p, q, a, b)), (mean, n) -> mean),
      "hellinger-product", new Metric((p, q, a, b) -> -Math.log1p(-halfNorm(p, q, a, b)),
          (mean, n) -> -Math.expm1(-n * mean)),
      "hellinger", new Metric(Reference::halfNorm, (mean, n) -> mean),
      "jeffreys", new Metric(Reference::jeffreys, (mean, n) -> mean),
      "geodesic", new Metric((p, q, a, b) -> angle(p, q, a, b), (mean, n) -> mean),
      "geodesic-l2", new Metric((p, q, a, b) -> angle(p, q, a, b) * angle(p, q, a, b), (mean, n) -> Math.sqrt(mean)),
      "euclidean", new Metric(Reference::squared, (mean, n) -> mean),
      "jensen-shannon", new Metric(Reference::jensenShannon, (mean, n) -> mean),
      "disagreement", new Metric((p, q, a, b) -> argmax(p, a, b) == argmax(q, a, b) ? 0 : 1, (mean, n) -> mean));

  private final Metric metric;
  private final int samples;
  private final int classes;
  private final double[][] rows;

  private Reference(Metric metric, int samples, int classes, double[][] rows) {
    this.metric = metric;
    this.samples = samples;
    this.classes = classes;
    this.rows = rows;
  }

  /** Whether this class knows the metric of that name. */
  static boolean knows(String metric) {
    return METRICS.containsKey(metric);
  }

  /** Of some models of a table (M, N, C), whose rows are normalised in float64. */
  static Reference of(String metric, FloatBuffer table, int samples, int classes, int[] models) {
    double[][] rows = new double[models.length][];
    float[] row = new float[classes];
    for (int k = 0; k < models.length; k++) {
      rows[k] = new double[samples * classes];
      for (int n = 0; n < samples; n++) {
        table.get((models[k] * samples + n) * classes, row);
        double sum = 0;
        for (float p : row) {
          sum += p;
        }
        for (int c = 0; c < classes; c++) {
          rows[k][n * classes + c] = row[c] / sum;
        }
      }
    }
    return new Reference(METRICS.get(metric), samples, classes, rows);
  }

  /** d of the i-th and the j-th of the models that were given. */
  double distance(int i, int j) {
    double sum = 0;
    for (int n = 0; n < samples; n++) {
      sum += metric.term.of(rows[i], rows[j], n * classes, (n + 1) * classes);
    }
    return metric.ofMeanAndSamples.applyAsDouble(sum / samples, samples);
  }

  private static double halfNorm(double[] p, double[] q, int from, int to) {
    double sum = 0;
    for (int c = from; c < to; c++) {
      double difference = Math.sqrt(p[c]) - Math.sqrt(q[c]);
      sum += difference * difference;
    }
    return sum / 2;
  }

  private static double angle(double[] p, double[] q, int from, int to) {
    return 2 * Math.asin(Math.sqrt(2 * halfNorm(p, q, from, to)) / 2);
  }

  private static double jeffreys(double[] p, double[] q, int from, int to) {
    double sum = 0;
    for (int c = from; c < to; c++) {
      sum += (p[c] - q[c]) * (Math.log(p[c]) - Math.log(q[c]));
    }
    return sum;
  }

  private static double squared(double[] p, double[] q, int from, int to) {
    double sum = 0;
    for (int c = from; c < to; c++) {
      sum += (p[c] - q[c]) * (p[c] - q[c]);
    }
    return sum;
  }

  private static double jensenShannon(double[] p, double[] q, int from, int to) {
    double sum = 0;
    for (int c = from; c < to; c++) {
      double mean = (p[c] + q[c]) / 2;
      sum += (p[c] * Math.log(p[c] / mean) + q[c] * Math.log(q[c] / mean)) / 2;
    }
    return sum;
  }

  private static int argmax(double[] p, int from, int to) {
    int best = from;
    for (int c = from + 1; c < to; c++) {
      if (p[c] > p[best]) {
        best = c;
      }
    }
    return best - from;
  }
}
