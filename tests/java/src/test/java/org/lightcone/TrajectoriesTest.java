// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lightcone.Trajectories.Measure;
import org.lightcone.Trajectories.Measures;
import org.lightcone.Trajectories.Places;
import org.lightcone.TrajectoryOptions.Range;
import org.lightcone.TrajectoryOptions.Tail;

/** Re-indexed runs and their distances (Eq 5) through the public classes, against the engine's other parts. */
class TrajectoriesTest {
  private static final int SAMPLES = 23;
  private static final int CLASSES = 5;
  /** Runs of 3, 4 and 2 checkpoints. */
  private static final Runs RUNS =
      new Runs(new long[] {0, 3, 7, 9}, new double[] {0.1, 0.4, 0.8, 0.05, 0.3, 0.2, 0.9, 0.2, 0.7});

  private static Predictions table() {
    return Predictions.of(
        Tables.direct(Tables.logits(new Random(61), 9, SAMPLES, CLASSES, 2)), 9, SAMPLES, CLASSES, Kind.LOGITS);
  }

  @Test
  void pairsAreTheMeanDistanceOfTheInterpolatedRows() {
    TrajectoryOptions options = TrajectoryOptions.defaults().withPoints(5).withThreads(2);
    int[] labels = Tables.labels(new Random(62), SAMPLES, CLASSES);
    try (Predictions table = table()) {
      Measures all = Trajectories.measure(table, RUNS, EnumSet.allOf(Measure.class), labels, new int[] {0, 1, 0},
          options, null);
      double[][] paths = new double[3][];
      for (int r = 0; r < 3; r++) {
        paths[r] = Trajectories.points(table, RUNS, r, options, null);
      }
      double[][] sums = new double[3][3];
      int size = SAMPLES * CLASSES;
      for (int k = 0; k < 5; k++) {
        double[] rows = new double[3 * size];
        for (int r = 0; r < 3; r++) {
          System.arraycopy(paths[r], k * size, rows, r * size, size);
        }
        try (Predictions point = Predictions.of(Tables.direct(rows), 3, SAMPLES, CLASSES, Kind.PROBS);
            DistanceMatrix d = DistanceMatrix.compute(point, DistanceOptions.defaults(), null)) {
          for (int u = 0; u < 3; u++) {
            for (int v = 0; v < 3; v++) {
              assertEquals(d.get(u, v), all.pointPairs()[k][u][v], 4e-6 * d.get(u, v));
              sums[u][v] += all.pointPairs()[k][u][v] / 5;
            }
          }
        }
      }
      for (int u = 0; u < 3; u++) {
        assertArrayEquals(sums[u], all.pairs()[u], 1e-14);
      }
      assertEquals(all.pairs()[0][2], all.configurations()[0][0]);
      assertEquals((all.pairs()[0][1] + all.pairs()[1][2]) / 2, all.configurations()[0][1], 1e-15);
      assertEquals(0, Arrays.stream(all.tubeWidths()[1]).max().orElseThrow(), 1e-14, "a run alone is its own mean");
      Measures pairs =
          Trajectories.measure(table, RUNS, Set.of(Measure.PAIRS), null, null, options.withThreads(1), null);
      assertArrayEquals(all.pairs(), pairs.pairs(), "threads and company change nothing");
      assertNull(pairs.toGeodesic());
    }
  }

  @Test
  void placesAreThoseOfTheContract() {
    Places places = Trajectories.reindex(RUNS, TrajectoryOptions.defaults().withPoints(10));
    // Run 1 at 0.2: its first index above is 0.3, although 0.2 itself comes later.
    assertEquals(3, places.lower()[1][1]);
    assertEquals(4, places.upper()[1][1]);
    assertEquals(0.6, places.fraction()[1][1], 1e-15);
    assertEquals(8, places.lower()[2][9], "held at its end");
    Places stretched = Trajectories.reindex(RUNS, TrajectoryOptions.defaults().withPoints(2).withTail(Tail.STRETCH));
    assertEquals(2, stretched.lower()[0][1]);
    assertEquals(1.0 / 3, Trajectories.reindex(RUNS, TrajectoryOptions.defaults().withPoints(3).withRange(Range.COMMON))
        .fraction()[2][0], 1e-15);
  }

  @Test
  void aPathBetweenTwoModelsIsTheGeodesicOfTheirRows() {
    double[] t = {0, 0.25, 1};
    try (Predictions table = table()) {
      double[][] ends = new double[2][SAMPLES * CLASSES];
      table.read(2, 0, SAMPLES, ends[0]);
      table.read(5, 0, SAMPLES, ends[1]);
      for (double[] end : ends) {
        Arrays.setAll(end, k -> Math.exp(end[k]));
      }
      assertArrayEquals(Geodesic.interpolate(ends[0], ends[1], SAMPLES, CLASSES, t),
          Geodesic.between(table, 2, 5, t, 2, null), 1e-14);
      PredictionsTest.assertMessage(IllegalArgumentException.class, "model 9 is not one of the 9 models",
          () -> Geodesic.between(table, 2, 9, t, 1, null));
    }
  }

  @Test
  void whatCannotBeIsNamed() {
    TrajectoryOptions options = TrajectoryOptions.defaults();
    try (Predictions table = table()) {
      PredictionsTest.assertMessage(InvalidDataException.class, "the index has 2 entries for 9 models",
          () -> Trajectories.measure(table, new Runs(new long[] {0, 2}, new double[2]), Set.of(Measure.PAIRS), null,
              null, options, null));
      PredictionsTest.assertMessage(InvalidDataException.class, "needs one label for each of the 23 samples",
          () -> Trajectories.measure(table, RUNS, Set.of(Measure.TO_GEODESIC), new int[2], null, options, null));
      PredictionsTest.assertMessage(InvalidDataException.class, "group 1 has no run",
          () -> Trajectories.measure(table, RUNS, Set.of(Measure.CONFIGURATIONS), null, new int[] {0, 2, 0}, options,
              null));
      PredictionsTest.assertMessage(IllegalArgumentException.class, "run 1 is models [2, 2), which is empty",
          () -> Trajectories.reindex(new Runs(new long[] {0, 2, 2}, RUNS.index()), options));
      PredictionsTest.assertMessage(IllegalArgumentException.class, "run 3 is not one of the 3 runs",
          () -> Trajectories.points(table, RUNS, 3, options, null));
      PredictionsTest.assertMessage(IllegalArgumentException.class, "no measure is asked for",
          () -> Trajectories.measure(table, RUNS, Set.of(), null, null, options, null));
    }
  }
}
