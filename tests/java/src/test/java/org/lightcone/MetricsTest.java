// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lightcone.DistanceOptions.Precision;
import org.lightcone.DistanceOptions.SampleRange;

/** Every metric by its definition, one table against another, and what blocks of samples say about the error. */
class MetricsTest {
  /** The documented bound of precision exact. */
  private static final double BOUND = 2e-6;
  private static final int MODELS = 13;
  private static final int SAMPLES = 29;
  private static final int CLASSES = 5;

  private final float[] logits = Tables.logits(new Random(21), MODELS, SAMPLES, CLASSES, 2);
  private final double[] logs = Tables.logSoftmax(logits, CLASSES);

  static Stream<Isa> isas() {
    return EngineInfo.query().available().stream();
  }

  private Predictions table(int begin, int end) {
    int stride = SAMPLES * CLASSES;
    return Predictions.of(Tables.direct(Arrays.copyOfRange(logits, begin * stride, end * stride)), end - begin, SAMPLES,
        CLASSES, Kind.LOGITS);
  }

  /** The mean of the terms, and the function of it, straight from the formulas. */
  private double distance(Metric metric, int i, int j) {
    double sum = 0;
    for (int n = 0; n < SAMPLES; n++) {
      double[] p = row(i, n);
      double[] q = row(j, n);
      double coefficient = 0;
      double jeffreys = 0;
      double squares = 0;
      double shannon = 0;
      for (int c = 0; c < CLASSES; c++) {
        coefficient += Math.sqrt(p[c] * q[c]);
        jeffreys += (p[c] - q[c]) * Math.log(p[c] / q[c]);
        squares += (p[c] - q[c]) * (p[c] - q[c]);
        double m = (p[c] + q[c]) / 2;
        shannon += (p[c] * Math.log(p[c] / m) + q[c] * Math.log(q[c] / m)) / 2;
      }
      sum += switch (metric) {
        case BHATTACHARYYA, HELLINGER_PRODUCT -> -Math.log(coefficient);
        case HELLINGER -> 1 - coefficient;
        case JEFFREYS -> jeffreys;
        case GEODESIC -> Math.acos(coefficient);
        case GEODESIC_L2 -> Math.acos(coefficient) * Math.acos(coefficient);
        case EUCLIDEAN -> squares;
        case JENSEN_SHANNON -> shannon;
        case DISAGREEMENT -> largest(p) == largest(q) ? 0 : 1;
      };
    }
    return switch (metric) {
      case HELLINGER_PRODUCT -> 1 - Math.exp(-sum);
      case GEODESIC_L2 -> Math.sqrt(sum / SAMPLES);
      default -> sum / SAMPLES;
    };
  }

  private double[] row(int model, int sample) {
    int at = (model * SAMPLES + sample) * CLASSES;
    return Arrays.stream(logs, at, at + CLASSES).map(Math::exp).toArray();
  }

  private static int largest(double[] p) {
    int best = 0;
    for (int c = 1; c < p.length; c++) {
      best = p[c] > p[best] ? c : best;
    }
    return best;
  }

  /** What native/lightcone.h promises of precision fast, and the rounding of the result to float32. */
  private static double fastBound(Metric metric, double d) {
    double threshold = 0.15 * Math.sqrt(Math.max(1, CLASSES / 10.0) / SAMPLES);
    double k = Math.max(1, CLASSES / 50.0);
    double bound = switch (metric) {
      case BHATTACHARYYA -> d >= threshold ? BOUND * d : 1e-5 * threshold;
      case HELLINGER_PRODUCT ->
          -Math.log1p(-d) >= SAMPLES * threshold ? BOUND * d : 1e-5 * SAMPLES * threshold;
      case HELLINGER -> 1e-6 * k;
      case EUCLIDEAN -> 2e-6 * k;
      case JEFFREYS -> 4e-6 * k * (2 * Math.log(CLASSES) + d);
      case GEODESIC, GEODESIC_L2 -> 2e-7 + 2e-6 * k * d;
      case JENSEN_SHANNON -> BOUND * d;
      case DISAGREEMENT -> 0;
    };
    return bound + d * 0x1p-24;
  }

  @ParameterizedTest
  @MethodSource("isas")
  void everyMetricAgreesWithItsDefinition(Isa isa) {
    try (Predictions all = table(0, MODELS); Predictions rows = table(0, 4); Predictions columns = table(4, MODELS)) {
      for (Metric metric : Metric.values()) {
        DistanceOptions options = DistanceOptions.defaults().withMetric(metric).withIsa(isa).withThreads(2);
        assertEquals(metric, Metric.parse(metric.toString()));
        try (DistanceMatrix d = DistanceMatrix.compute(all, options, null);
            DistanceMatrix fast = DistanceMatrix.compute(all, options.withPrecision(Precision.FAST), null);
            CrossDistances cross = CrossDistances.compute(rows, columns, options, null)) {
          assertEquals(4, cross.rows());
          assertEquals(MODELS - 4, cross.columns());
          assertEquals(4 * (MODELS - 4), cross.report().pairs());
          for (int i = 0; i < MODELS; i++) {
            for (int j = i + 1; j < MODELS; j++) {
              String where = metric + " on " + isa + ", models " + i + " and " + j;
              double wanted = distance(metric, i, j);
              assertEquals(wanted, d.get(i, j), BOUND * wanted, where);
              assertEquals(wanted, fast.get(i, j), fastBound(metric, wanted), where);
              if (i < 4 && j >= 4) {
                assertEquals(wanted, cross.get(i, j - 4), BOUND * wanted, where);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void compatIsForBhattacharyyaAlone() {
    try (Predictions all = table(0, MODELS)) {
      DistanceOptions options = DistanceOptions.defaults().withPrecision(Precision.COMPAT);
      try (DistanceMatrix d = DistanceMatrix.compute(all, options, null)) {
        assertEquals(distance(Metric.BHATTACHARYYA, 2, 3), d.get(2, 3), 1e-6);
      }
      UnsupportedException refused = assertThrows(UnsupportedException.class,
          () -> DistanceMatrix.compute(all, options.withMetric(Metric.EUCLIDEAN), null));
      assertTrue(refused.getMessage().contains("euclidean"), refused.getMessage());
    }
  }

  @Test
  void standardErrorsAndReplicatesComeFromTheBlockMeans() {
    int blocks = 4;
    int replicates = 3;
    try (Predictions all = table(0, MODELS);
        DistanceErrors errors =
            DistanceErrors.compute(all, DistanceOptions.defaults(), blocks, replicates, 77, null);
        DistanceMatrix plain = DistanceMatrix.compute(all, DistanceOptions.defaults(), null)) {
      double[] means = new double[blocks];
      long[] sizes = new long[blocks];
      for (int b = 0; b < blocks; b++) {
        long begin = (long) b * SAMPLES / blocks;
        long end = (b + 1L) * SAMPLES / blocks;
        sizes[b] = end - begin;
        try (DistanceMatrix part = DistanceMatrix.compute(all,
            DistanceOptions.defaults().withSamples(new SampleRange(begin, end, 1)), null)) {
          means[b] = part.get(3, 8);
        }
      }
      double d = plain.get(3, 8);
      assertEquals(d, errors.distances().get(3, 8), 2 * BOUND * d);
      double spread = 0;
      for (int b = 0; b < blocks; b++) {
        spread += sizes[b] * (means[b] - d) * (means[b] - d);
      }
      double wanted = Math.sqrt(spread / (SAMPLES * (blocks - 1.0)));
      assertEquals(wanted, errors.standardErrors().get(3, 8), 4 * BOUND * d);
      assertEquals(wanted, errors.standardErrors().get(8, 3), 4 * BOUND * d);
      for (int r = 0; r < replicates; r++) {
        double sum = 0;
        double drawn = 0;
        for (int k = 0; k < blocks; k++) {
          long word = splitmix(77 + r * blocks + k);
          // The high half of the product of the unsigned word.
          int b = (int) (Math.multiplyHigh(word, blocks) + (word >> 63 & blocks));
          sum += sizes[b] * means[b];
          drawn += sizes[b];
        }
        try (DistanceMatrix replicate = errors.replicate(r)) {
          assertEquals(sum / drawn, replicate.get(3, 8), 4 * BOUND * d, "replicate " + r);
        }
      }
      assertThrows(IndexOutOfBoundsException.class, () -> errors.replicate(replicates));
      DistanceErrors closed = DistanceErrors.compute(all, DistanceOptions.defaults(), blocks, 1, 0, null);
      closed.close();
      closed.close();
      assertTrue(assertThrows(IllegalStateException.class, () -> closed.replicate(0)).getMessage()
          .contains("is closed"));
      assertThrows(IllegalArgumentException.class,
          () -> DistanceErrors.compute(all, DistanceOptions.defaults(), 1, 0, 0, null));
      assertThrows(IllegalArgumentException.class,
          () -> DistanceErrors.compute(all, DistanceOptions.defaults(), SAMPLES + 1, 0, 0, null));
    }
  }

  private static long splitmix(long index) {
    long z = (index + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  @Test
  void crossDistancesAreWrittenAndTablesOfOtherShapesRefused(@TempDir Path folder) {
    Path file = folder.resolve("D.npy");
    try (Predictions rows = table(0, 4); Predictions columns = table(4, MODELS);
        CrossDistances cross = CrossDistances.compute(rows, columns, DistanceOptions.defaults(), null)) {
      cross.write(file);
      assertEquals("(4, 9)", Npy.readHeader(file).shapeText());
      float[] row = new float[9];
      cross.row(2, row);
      assertEquals(cross.get(2, 7), row[7]);
      assertThrows(IndexOutOfBoundsException.class, () -> cross.get(4, 0));
      assertThrows(IndexOutOfBoundsException.class, () -> cross.get(0, 9));
      try (Predictions other = Predictions.of(Tables.direct(Arrays.copyOf(logits, 2 * 3 * CLASSES)), 2, 3, CLASSES,
          Kind.LOGITS)) {
        assertThrows(IllegalArgumentException.class,
            () -> CrossDistances.compute(other, columns, DistanceOptions.defaults(), null));
      }
    }
  }
}
