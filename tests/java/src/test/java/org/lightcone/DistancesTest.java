// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lightcone.DistanceOptions.SampleRange;

/** The contract of lightcone_distances, on every instruction set that this machine has. */
class DistancesTest {
  /** The documented bound for 1e-9 <= d <= 50, float32 rounding included. */
  private static final double BOUND = 2e-6;

  static Stream<Isa> isas() {
    return EngineInfo.query().available().stream();
  }

  private static DistanceOptions options(Isa isa) {
    return DistanceOptions.defaults().withIsa(isa).withThreads(2);
  }

  private static void check(float[][] d, double[] logs, int samples, int classes, String what) {
    for (int i = 0; i < d.length; i++) {
      assertEquals(0, Float.floatToRawIntBits(d[i][i]), () -> what + ": a diagonal entry is not +0");
      for (int j = i + 1; j < d.length; j++) {
        String where = what + ", models " + i + " and " + j;
        assertEquals(Float.floatToRawIntBits(d[i][j]), Float.floatToRawIntBits(d[j][i]), () -> where + ": asymmetric");
        double wanted = Oracle.bhattacharyya(logs, samples, classes, i, j);
        if (wanted < 1e-9) {
          assertEquals(wanted, d[i][j], 2e-15, where);
        } else {
          assertEquals(wanted, d[i][j], BOUND * wanted, where);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void agreesWithFloat64OnSizesThatStraddleTheVectors(Isa isa) {
    int[] models = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 47, 63, 64, 65, 97};
    int[] samples = {1, 2, 3, 7, 8, 9, 16, 17, 31, 33, 65, 257};
    int[] classes = {2, 3, 4, 5, 7, 9, 10, 11, 15, 16, 17, 33, 101};
    double[] scales = {0.1, 1, 5, 20};
    Random random = new Random(11);
    for (int round = 0; round < 60; round++) {
      int m = models[round % models.length];
      int n = samples[(round * 5 + round / 12) % samples.length];
      int c = classes[(round * 3 + round / 13) % classes.length];
      float[] p = Tables.softmax(Tables.logits(random, m, n, c, scales[round % scales.length]), c);
      double[] logs = Oracle.logOfProbabilities(Tables.toDouble(p), c);
      try (Predictions table = Predictions.of(Tables.direct(p), m, n, c, Kind.PROBS);
          DistanceMatrix d = DistanceMatrix.compute(table, options(isa), null)) {
        assertEquals(isa, d.report().isa(), "the forced instruction set must be the one that ran");
        assertEquals((long) m * (m - 1) / 2, d.report().pairs());
        check(Tables.matrix(d), logs, n, c, isa + " (" + m + ", " + n + ", " + c + ")");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void resolvesNearIdenticalModelsDownToOneBillionth(Isa isa) {
    int samples = 400;
    int classes = 10;
    // Models 1.. are model 0 plus a perturbation whose distance falls from about 1e-1 to below 1e-9.
    double[] steps = {1, 0.3, 0.1, 3e-2, 1e-2, 3e-3, 1e-3, 5e-4, 2e-4};
    int models = steps.length + 1;
    Random random = new Random(12);
    float[] base = Tables.logits(random, 1, samples, classes, 2);
    double[] p = new double[models * base.length];
    double[] perturbed = new double[base.length];
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < base.length; i++) {
        perturbed[i] = base[i] + (m == 0 ? 0 : steps[m - 1] * random.nextGaussian());
      }
      softmaxInto(perturbed, classes, p, m * base.length);
    }
    double[] logs = Oracle.logOfProbabilities(p, classes);
    double nearest = Oracle.bhattacharyya(logs, samples, classes, 0, models - 1);
    assertTrue(nearest < 1e-8 && nearest > 1e-9, "the test must reach 1e-9, it reaches " + nearest);
    try (Predictions table = Predictions.of(Tables.direct(p), models, samples, classes, Kind.PROBS);
        DistanceMatrix d = DistanceMatrix.compute(table, options(isa), null)) {
      assertTrue(d.report().nearPairs() > 0, "near pairs must be counted");
      assertTrue(d.report().refinedShare() > 0 && d.report().refinedShare() <= 1, "share of redone pairs");
      check(Tables.matrix(d), logs, samples, classes, isa + " near");
    }
  }

  private static void softmaxInto(double[] logits, int classes, double[] p, int offset) {
    for (int row = 0; row < logits.length; row += classes) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[row + c]);
      }
      for (int c = 0; c < classes; c++) {
        p[offset + row + c] = Math.exp(logits[row + c]) / sum;
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void survivesLogitsOfSize200(Isa isa) {
    int models = 19;
    int samples = 37;
    int classes = 10;
    float[] logits = Tables.logits(new Random(13), models, samples, classes, 200);
    double[] logs = Tables.logSoftmax(logits, classes);
    try (Predictions table = Predictions.of(Tables.direct(logits), models, samples, classes, Kind.LOGITS);
        DistanceMatrix d = DistanceMatrix.compute(table, options(isa), null)) {
      assertEquals(0, d.report().infiniteTerms(), "no softmax of finite logits is 0");
      float[][] rows = Tables.matrix(d);
      for (int i = 0; i < models; i++) {
        for (int j = i + 1; j < models; j++) {
          double wanted = Oracle.bhattacharyya(logs, samples, classes, i, j);
          assertEquals(wanted, rows[i][j], BOUND * wanted, isa + ", models " + i + " and " + j);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void simplexCornersAreInfiniteAndCounted(Isa isa) {
    int samples = 9;
    int classes = 10;
    // Model 0 and 1 differ on every sample, 2 is 0 but for one sample, 3 is 0.
    int[][] labels = new int[4][samples];
    Arrays.fill(labels[1], 1);
    labels[2][4] = 7;
    float[] p = new float[4 * samples * classes];
    for (int m = 0; m < 4; m++) {
      System.arraycopy(Tables.oneHot(labels[m], classes), 0, p, m * samples * classes, samples * classes);
    }
    try (Predictions table = Predictions.of(Tables.direct(p), 4, samples, classes, Kind.PROBS)) {
      try (DistanceMatrix d = DistanceMatrix.compute(table, options(isa), null)) {
        float inf = Float.POSITIVE_INFINITY;
        float[][] wanted = {{0, inf, inf, 0}, {inf, 0, inf, inf}, {inf, inf, 0, inf}, {0, inf, inf, 0}};
        for (int i = 0; i < 4; i++) {
          assertArrayEquals(wanted[i], Tables.matrix(d)[i], 0f, "row " + i);
        }
        // Pairs 01, 12, 13 share no class on any of 9 samples, 02 and 23 on one.
        assertEquals(9 + 1 + 9 + 9 + 1, d.report().infiniteTerms());
        assertEquals(5, d.report().infinitePairs());
      }
      try (DistanceMatrix d = DistanceMatrix.compute(table, options(isa).withCap(30), null)) {
        assertEquals(30f, d.get(0, 1), "every sample counts the cap");
        assertEquals((float) (30.0 / 9), d.get(0, 2), "one sample of nine counts the cap");
        assertEquals(0f, d.get(0, 3));
        assertEquals(29, d.report().infiniteTerms(), "capped terms are counted too");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void distanceToTruthIsHalfTheCrossEntropy(Isa isa) {
    int samples = 301;
    int classes = 10;
    Random random = new Random(14);
    int[] labels = Tables.labels(random, samples, classes);
    float[] logits = Tables.logits(random, 1, samples, classes, 3);
    double[] logs = Tables.logSoftmax(logits, classes);
    double crossEntropy = 0;
    float[] both = Arrays.copyOf(logits, 2 * logits.length);
    Arrays.fill(both, logits.length, both.length, Float.NEGATIVE_INFINITY);
    for (int n = 0; n < samples; n++) {
      crossEntropy -= logs[n * classes + labels[n]] / samples;
      both[logits.length + n * classes + labels[n]] = 0;
    }
    try (Predictions table = Predictions.of(Tables.direct(both), 2, samples, classes, Kind.LOGITS);
        DistanceMatrix d = DistanceMatrix.compute(table, options(isa), null)) {
      assertEquals(crossEntropy / 2, d.get(0, 1), BOUND * crossEntropy / 2);
    }
  }

  @ParameterizedTest
  @MethodSource("isas")
  void threadsAndBlocksDoNotChangeTheBits(Isa isa) {
    int models = 133;
    int samples = 211;
    int classes = 10;
    float[] logits = Tables.logits(new Random(15), models, samples, classes, 4);
    float[][] one;
    try (Predictions table = Predictions.of(Tables.direct(logits), models, samples, classes, Kind.LOGITS);
        DistanceMatrix d = DistanceMatrix.compute(table, options(isa).withThreads(1), null)) {
      one = Tables.matrix(d);
    }
    var bytes = java.nio.ByteBuffer.allocateDirect(logits.length * 4).order(java.nio.ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(logits);
    long stride = (long) samples * classes * 4;
    Predictions.Builder builder = Predictions.builder(models, samples, classes);
    // Four rectangles: models 0..49 and the rest, samples 0..99 and the rest.
    for (int[] part : List.of(new int[] {0, 50, 0, 100}, new int[] {50, 83, 0, 100}, new int[] {0, 50, 100, 111},
        new int[] {50, 83, 100, 111})) {
      int offset = (int) (part[0] * stride + part[2] * classes * 4L);
      builder.addMemory(bytes.slice(offset, bytes.capacity() - offset), "part", Kind.LOGITS, DType.FLOAT32,
          part[0], part[1], part[2], part[3], stride);
    }
    for (int threads = 1; threads <= 3; threads++) {
      try (Predictions table = builder.build(threads, null);
          DistanceMatrix d = DistanceMatrix.compute(table, options(isa).withThreads(threads), null)) {
        assertEquals(threads, d.report().threads());
        for (int i = 0; i < models; i++) {
          assertArrayEquals(one[i], Tables.matrix(d)[i], 0f, "row " + i + " with " + threads + " threads");
        }
      }
    }
  }

  @Test
  void sampleRangesAreMeansOverTheirSamples() {
    int models = 6;
    int samples = 23;
    int classes = 4;
    float[] logits = Tables.logits(new Random(16), models, samples, classes, 2);
    double[] logs = Tables.logSoftmax(logits, classes);
    try (Predictions table = Predictions.of(Tables.direct(logits), models, samples, classes, Kind.LOGITS)) {
      for (String text : List.of("3:20:4", "0:23", ":", "5:6", ":23:7")) {
        SampleRange range = SampleRange.parse(text);
        long end = range.end() < 0 ? samples : range.end();
        try (DistanceMatrix d =
            DistanceMatrix.compute(table, DistanceOptions.defaults().withSamples(range), null)) {
          double wanted = 0;
          int count = 0;
          for (long n = range.begin(); n < end; n += range.step(), count++) {
            double[] rows = new double[2 * classes];
            System.arraycopy(logs, (int) (1 * samples + n) * classes, rows, 0, classes);
            System.arraycopy(logs, (int) (4 * samples + n) * classes, rows, classes, classes);
            wanted += Oracle.bhattacharyya(rows, 1, classes, 0, 1);
          }
          assertEquals(count, d.report().samples(), text);
          assertEquals(wanted / count, d.get(1, 4), BOUND * wanted / count, text);
        }
      }
    }
  }

  @Test
  void meansOverDisjointSubsetsAverageToTheWhole() {
    int models = 5;
    int samples = 64;
    float[] logits = Tables.logits(new Random(17), models, samples, 10, 3);
    try (Predictions table = Predictions.of(Tables.direct(logits), models, samples, 10, Kind.LOGITS);
        DistanceMatrix whole = DistanceMatrix.compute(table, DistanceOptions.defaults(), null)) {
      double mean = 0;
      for (int begin = 0; begin < 4; begin++) {
        try (DistanceMatrix part = DistanceMatrix.compute(table,
            DistanceOptions.defaults().withSamples(new SampleRange(begin, samples, 4)), null)) {
          mean += part.get(2, 3) / 4.0;
        }
      }
      assertEquals(mean, whole.get(2, 3), 2 * BOUND * mean);
    }
  }

  @Test
  void everyKindAndTypeGivesTheSameDistances() {
    int models = 7;
    int samples = 20;
    int classes = 5;
    float[] logits = Tables.logits(new Random(18), models, samples, classes, 1);
    double[] logs = Tables.logSoftmax(logits, classes);
    double[] p = Arrays.stream(logs).map(Math::exp).toArray();
    try (Predictions a = Predictions.of(Tables.direct(Tables.toDouble(logits)), models, samples, classes, Kind.LOGITS);
        Predictions b = Predictions.of(Tables.direct(logs), models, samples, classes, Kind.LOG_PROBS);
        Predictions c = Predictions.of(Tables.direct(p), models, samples, classes, Kind.PROBS)) {
      for (Predictions table : List.of(a, b, c)) {
        try (DistanceMatrix d = DistanceMatrix.compute(table, DistanceOptions.defaults(), null)) {
          check(Tables.matrix(d), logs, samples, classes, "kinds");
        }
      }
    }
  }
}
