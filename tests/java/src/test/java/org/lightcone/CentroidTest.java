// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lightcone.Centroid.Mean;

/** Centroids (Table S.1): by hand, and against scipy's own minimiser for the two that minimise. */
class CentroidTest {
  @TempDir Path folder;

  private static final double[] P = {0.7, 0.2, 0.1, 0.1, 0.1, 0.8};

  @Test
  void meansOfTwoRowsByHand() {
    try (Predictions table = Predictions.of(Tables.direct(P), 2, 1, 3, Kind.PROBS)) {
      assertArrayEquals(new double[] {0.4, 0.15, 0.45}, Centroid.of(table, Mean.ARITHMETIC, null, 1, null), 1e-15);
      double sum = Math.sqrt(0.07) + Math.sqrt(0.02) + Math.sqrt(0.08);
      assertArrayEquals(new double[] {Math.sqrt(0.07) / sum, Math.sqrt(0.02) / sum, Math.sqrt(0.08) / sum},
          Centroid.of(table, Mean.GEOMETRIC, new double[] {2, 2}, 1, null), 1e-15);
      assertArrayEquals(new double[] {0.1, 0.1, 0.8},
          Centroid.of(table, Mean.HARMONIC, new double[] {0, 1}, 1, null), 1e-15);
    }
  }

  @Test
  void aWindowOfProgressIsEquation11() {
    assertArrayEquals(new double[] {1, Math.exp(-0.5), Math.exp(-8)},
        Centroid.window(new double[] {0.2, 0.25, 0}, 0.2, 0.05), 1e-15);
    PredictionsTest.assertMessage(IllegalArgumentException.class, "a window of width 0.0",
        () -> Centroid.window(new double[1], 0.2, 0));
  }

  @ParameterizedTest
  @EnumSource(Mean.class)
  void theFileHoldsTheSameNumbers(Mean mean) {
    int samples = 40;
    int classes = 6;
    float[] logits = Tables.logits(new Random(3), 5, samples, classes, 2);
    try (Predictions table = Predictions.of(Tables.direct(logits), 5, samples, classes, Kind.LOGITS)) {
      double[] q = Centroid.of(table, mean, null, 2, null);
      Path npy = folder.resolve("q.npy");
      double entropy = Centroid.computeTo(npy, table, mean, null, 1, null);
      assertArrayEquals(q, Npy.readDoubles(npy), "threads change nothing");
      double sum = 0;
      for (double p : q) {
        sum -= p * Math.log(p);
      }
      assertEquals(sum / samples, entropy, 1e-13);
    }
  }

  @Test
  void scipyFindsNoBetterCentroid() throws Exception {
    int samples = 6;
    float[] p = Tables.softmax(Tables.logits(new Random(4), 5, samples, 4, 2), 4);
    Path table = folder.resolve("P.npy");
    Npy.writeFloats(table, p, 5, samples, 4);
    Path b = folder.resolve("b.npy");
    Path j = folder.resolve("j.npy");
    try (Predictions predictions = Predictions.open(table, Kind.PROBS)) {
      Centroid.computeTo(b, predictions, Mean.BHATTACHARYYA, null, 2, null);
      Centroid.computeTo(j, predictions, Mean.JEFFREYS, null, 2, null);
    }
    assertEquals("good", Shell.python("""
        import sys, numpy as np
        from scipy.optimize import minimize
        P, b, j = (np.load(f).astype('f8') for f in sys.argv[1:])
        P /= P.sum(-1, keepdims=True)
        for n in range(P.shape[1]):
            p = P[:, n]
            soft = lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum()
            d_b = lambda q: -np.log(np.sqrt(p * q).sum(-1)).mean()
            d_j = lambda q: ((p - q) * (np.log(p) - np.log(q))).sum(-1).mean()
            for f, q in ((d_b, b[n]), (d_j, j[n])):
                best = minimize(lambda x: f(soft(x)), np.log(p.mean(0)), method='BFGS', options={'gtol': 1e-10})
                assert f(q) <= best.fun + 1e-14, (n, f(q), best.fun)
                assert np.abs(q - soft(best.x)).max() < 1e-5
        print('good')
        """, table, b, j).strip());
  }

  @Test
  void refusesWhatHasNoCentroid() {
    try (Predictions table = Predictions.of(Tables.direct(new float[] {1, 0, 0, 1}), 2, 1, 2, Kind.PROBS)) {
      PredictionsTest.assertMessage(InvalidDataException.class, "there are 3 weights for 2 models; give one weight",
          () -> Centroid.of(table, Mean.ARITHMETIC, new double[3], 1, null));
      PredictionsTest.assertMessage(InvalidDataException.class, "sum to 0; give one of them a positive weight",
          () -> Centroid.of(table, Mean.ARITHMETIC, new double[2], 1, null));
      Path npy = folder.resolve("none.npy");
      PredictionsTest.assertMessage(InvalidDataException.class, "sample 0 has no such centroid",
          () -> Centroid.computeTo(npy, table, Mean.HARMONIC, null, 1, null));
      assertFalse(Files.exists(npy));
    }
    PredictionsTest.assertMessage(IllegalArgumentException.class, "use one of: arithmetic, sqrt-arithmetic",
        () -> Mean.parse("median"));
  }
}
