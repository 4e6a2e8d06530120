// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Progress (Eq 4) and geodesics (Eq 3) against their definitions. */
class ProgressTest {
  @TempDir Path folder;

  private static double[] ignorance(int samples, int classes) {
    double[] p = new double[samples * classes];
    Arrays.fill(p, 1.0 / classes);
    return p;
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "7, 3", "33, 10", "64, 17", "5, 100"})
  void progressOfTheGeodesicIsItsParameter(int samples, int classes) {
    int[] labels = Tables.labels(new Random(51), samples, classes);
    double[] t = new double[41];
    Arrays.setAll(t, k -> k / 40.0);
    double[] truth = Tables.toDouble(Tables.oneHot(labels, classes));
    double[] path = Geodesic.interpolate(ignorance(samples, classes), truth, samples, classes, t);
    try (Predictions table = Predictions.of(Tables.direct(path), t.length, samples, classes, Kind.PROBS)) {
      // arccos near 1 limits this to about 1e-8; the promise is 1e-6.
      assertArrayEquals(t, Progress.of(table, labels, 2, null), 1e-7);
    }
  }

  /** A confident model with error share e has progress 1 iff e <= sqrt(C-1) / (1 + sqrt(C-1)). */
  @ParameterizedTest
  @CsvSource({"74, 1, 0", "76, 0.72446, 5e-6", "0, 1, 0", "50, 1, 0"})
  void confidentlyWrongModelsTurnAtThreeQuarters(int wrong, double wanted, double tolerance) {
    int samples = 100;
    int classes = 10;
    int[] labels = Tables.labels(new Random(52), samples, classes);
    int[] said = labels.clone();
    for (int n = 0; n < wrong; n++) {
      said[n] = (labels[n] + 1 + n % 9) % classes;
    }
    try (Predictions table =
        Predictions.of(Tables.direct(Tables.oneHot(said, classes)), 1, samples, classes, Kind.PROBS)) {
      assertEquals(wanted, Progress.of(table, labels, 1, null)[0], tolerance);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 10, 37})
  void isNeverWorseThanGoldenSection(int classes) {
    int models = 30;
    int samples = 61;
    Random random = new Random(53 + classes);
    int[] labels = Tables.labels(random, samples, classes);
    float[] logits = Tables.logits(random, models, samples, classes, 3);
    for (int m = 0; m < models; m++) {
      for (int n = 0; n < samples; n++) {
        // From hardly trained to hardly wrong.
        logits[(m * samples + n) * classes + labels[n]] += m * 0.4f;
      }
    }
    double[] logs = Tables.logSoftmax(logits, classes);
    try (Predictions table = Predictions.of(Tables.direct(logits), models, samples, classes, Kind.LOGITS)) {
      double[] one = Progress.of(table, labels, 1, null);
      assertArrayEquals(one, Progress.of(table, labels, 2, null), "threads change nothing");
      for (int m = 0; m < models; m++) {
        double ours = Oracle.angle(logs, m, labels, classes, one[m]);
        for (double t : new double[] {Oracle.goldenProgress(logs, m, labels, classes), 0, 1}) {
          double theirs = Oracle.angle(logs, m, labels, classes, t);
          // t is good to about 2e-8 (arccos near 1), and where the minimum is a kink - a sample on the geodesic
          // itself, always so for C = 2 - one sample's slope of at most pi/2 stands against the others.
          double allowed = 2e-8 * Math.PI / 2 / samples;
          assertTrue(ours <= theirs + allowed, "model " + m + " at " + one[m] + ": " + ours + " > " + theirs + " at " + t);
        }
      }
    }
  }

  @Test
  void isNeverWorseThanScipysBoundedMinimiser() throws Exception {
    int models = 12;
    int samples = 40;
    int classes = 10;
    Random random = new Random(54);
    int[] labels = Tables.labels(random, samples, classes);
    float[] p = Tables.softmax(Tables.logits(random, models, samples, classes, 4), classes);
    Path table = folder.resolve("P.npy");
    Path truth = folder.resolve("L.npy");
    Path progress = folder.resolve("s.npy");
    Npy.writeFloats(table, p, models, samples, classes);
    Npy.writeInts(truth, labels, samples);
    try (Predictions predictions = Predictions.open(table, Kind.PROBS)) {
      Npy.writeDoubles(progress, Progress.of(predictions, Npy.readLabels(truth), 2, null), models);
    }
    String said = Shell.python("""
        import sys, numpy as np
        from scipy.optimize import minimize_scalar
        P, y, s = (np.load(f) for f in sys.argv[1:])
        P = P.astype('f8'); P /= P.sum(-1, keepdims=True)
        M, N, C = P.shape; th = np.arccos(C ** -.5)
        for m in range(M):
            a = np.sqrt(P[m]).sum(-1) / np.sqrt(C); b = np.sqrt(P[m, np.arange(N), y])
            f = lambda t: np.arccos(np.clip((np.sin((1 - t) * th) * a + np.sin(t * th) * b)
                                            / np.sin(th), -1, 1)).mean()
            best = minimize_scalar(f, bounds=(0, 1), method='bounded', options={'xatol': 1e-12})
            assert f(s[m]) <= best.fun + 2e-14, (m, s[m], best.x)
        print('good')
        """, table, truth, progress);
    assertEquals("good", said.strip());
  }

  @Test
  void aFlatMinimumGivesItsMiddle() {
    // C = 2, half of the labels wrong, confident: every t is as good.
    float[] p = Tables.oneHot(new int[] {0, 1}, 2);
    try (Predictions table = Predictions.of(Tables.direct(p), 1, 2, 2, Kind.PROBS)) {
      assertEquals(0.5, Progress.of(table, new int[] {0, 0}, 1, null)[0], 1e-6);
    }
  }

  @Test
  void refusesLabelsOfAnotherNumberOrOutOfRange() {
    float[] logits = new float[2 * 3 * 4];
    try (Predictions table = Predictions.of(Tables.direct(logits), 2, 3, 4, Kind.LOGITS)) {
      PredictionsTest.assertMessage(InvalidDataException.class,
          "there are 2 labels for 3 samples; give one label per sample", () -> Progress.of(table, new int[2], 1, null));
      PredictionsTest.assertMessage(InvalidDataException.class, "label 1 is 4; the table has 4 classes, 0 to 3",
          () -> Progress.of(table, new int[] {0, 4, 0}, 1, null));
      PredictionsTest.assertMessage(InvalidDataException.class, "label 2 is -1; the table has 4 classes",
          () -> Progress.of(table, new int[] {0, 0, -1}, 1, null));
      assertEquals(0, Progress.of(table, new int[3], 1, null)[0], 1e-7, "ignorance has progress 0");
    }
  }

  @Test
  void geodesicEndsAtItsEndsAndKeepsTheAngle() {
    int samples = 13;
    int classes = 6;
    Random random = new Random(55);
    double[] p = Tables.toDouble(Tables.softmax(Tables.logits(random, 1, samples, classes, 2), classes));
    double[] q = Tables.toDouble(Tables.softmax(Tables.logits(random, 1, samples, classes, 2), classes));
    double[] pLogs = Oracle.logOfProbabilities(p, classes);
    double[] qLogs = Oracle.logOfProbabilities(q, classes);
    double[] t = {0, 0.3, 1};
    double[] path = Geodesic.interpolate(p, q, samples, classes, t);
    for (int n = 0; n < samples; n++) {
      double whole = 0;
      double part = 0;
      for (int c = 0; c < classes; c++) {
        int k = n * classes + c;
        assertEquals(Math.exp(pLogs[k]), path[k], 1e-15, "t = 0");
        assertEquals(Math.exp(qLogs[k]), path[2 * samples * classes + k], 1e-15, "t = 1");
        whole += Math.exp(0.5 * (pLogs[k] + qLogs[k]));
        part += Math.exp(0.5 * pLogs[k]) * Math.sqrt(path[samples * classes + k]);
      }
      double sum = Arrays.stream(path, (samples + n) * classes, (samples + n + 1) * classes).sum();
      assertEquals(1, sum, 1e-14, "a point of the path is a distribution");
      // arccos loses half its digits towards 0; these angles are above 0.1.
      assertEquals(0.3 * Math.acos(whole), Math.acos(part), 1e-13, "arc length is proportional to t");
    }
    assertArrayEquals(path, Geodesic.interpolate(p, q, samples, classes, t), "same bits");
  }

  @Test
  void geodesicOfEqualEndsStays() {
    double[] p = {0.25, 0.75, 1, 0};
    double[] path = Geodesic.interpolate(p, p.clone(), 2, 2, new double[] {0.5});
    assertArrayEquals(p, path, 2.3e-16, "to the rounding of a root and its square");
  }

  @Test
  void geodesicRefusesWhatHasNone() {
    double[] p = {0.5, 0.5};
    PredictionsTest.assertMessage(IllegalArgumentException.class, "outside [0, 1]",
        () -> Geodesic.interpolate(p, p, 1, 2, new double[] {1.5}));
    PredictionsTest.assertMessage(IllegalArgumentException.class, "outside [0, 1]",
        () -> Geodesic.interpolate(p, p, 1, 2, new double[] {Double.NaN}));
    PredictionsTest.assertMessage(InvalidDataException.class, "second end of the geodesic: sample 0",
        () -> Geodesic.interpolate(p, new double[] {0.5, 0.6}, 1, 2, new double[] {0.5}));
    PredictionsTest.assertMessage(InvalidDataException.class, "first end of the geodesic: sample 0: class 1",
        () -> Geodesic.interpolate(new double[] {1, -0.0001}, p, 1, 2, new double[] {0.5}));
    PredictionsTest.assertMessage(IllegalArgumentException.class, "are not both (1, 3)",
        () -> Geodesic.interpolate(p, p, 1, 3, new double[] {0.5}));
    PredictionsTest.assertMessage(IllegalArgumentException.class, "1 point",
        () -> Geodesic.interpolate(p, p, 1, 2, new double[0]));
  }
}
