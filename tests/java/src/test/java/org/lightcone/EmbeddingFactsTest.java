// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exact identities of section 2: explained shares, weights, placement, other distances, alignment, landmarks. */
class EmbeddingFactsTest {
  private static final double[] AXES = {9, -4, 3, 2, -1, 0.5};

  private static DistanceMatrix matrix(int models, long seed) {
    return Matrices.intervals(Matrices.points(seed, models, AXES), AXES);
  }

  private static double largest(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).max().orElse(0);
  }

  /** Dense below, Krylov above the crossover. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 40, 97, 850})
  void explainedSharesAreThoseOfBruteForce(int models) {
    int dims = Math.min(models - 1, 9);
    try (DistanceMatrix d = matrix(models, models)) {
      double[][] rows = Matrices.rows(d);
      Embedding e = InPca.embed(d, dims, 2);
      for (int k = 1; k <= dims; k++) {
        double missed = 0;
        double missedSquares = 0;
        double total = 0;
        double squares = 0;
        for (int i = 0; i < models; i++) {
          for (int j = 0; j < models; j++) {
            double error = rows[i][j] - Matrices.interval(e, k, i, j);
            missed += Math.abs(error);
            missedSquares += error * error;
            total += rows[i][j];
            squares += rows[i][j] * rows[i][j];
          }
        }
        assertEquals(1 - missed / total, e.pairwise()[k - 1], 1e-11);
        // |W|^2 - sum lambda^2 cancels to a few 1e-16 of |D|^2, and the root of that is 1e-7.
        assertEquals(1 - Math.sqrt(missedSquares / squares), e.pairwiseL2()[k - 1], 1e-6);
      }
    }
  }

  @Test
  void explainedStressIsThatOfTheCentredMatrix() {
    try (DistanceMatrix d = matrix(60, 5)) {
      double[][] w = Oracle.centred(Tables.matrix(d));
      double norm = Arrays.stream(w).flatMapToDouble(Arrays::stream).map(x -> x * x).sum();
      Embedding e = InPca.embed(d, 6, 1);
      double[][] left = w.clone();
      for (int k = 0; k < 6; k++) {
        double missed = 0;
        for (int i = 0; i < 60; i++) {
          for (int j = 0; j < 60; j++) {
            left[i][j] -= e.signature()[k] * e.coordinates()[i][k] * e.coordinates()[j][k];
            missed += left[i][j] * left[i][j];
          }
        }
        assertEquals(1 - Math.sqrt(missed / norm), e.stress()[k], 1e-10);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 850})
  void embeddedModelsArePlacedWhereTheyAre(int models) {
    try (DistanceMatrix d = matrix(models, 8)) {
      double[][] rows = Matrices.rows(d);
      Embedding e = InPca.embed(d, EmbeddingOptions.of(8).withTolerance(1e-12), null);
      Placement placed = Placement.of(e, rows);
      Placement joint = Placement.joint(e, d, 0, 2, null);
      double tolerance = 1e-9 * Math.sqrt(largest(rows));
      for (int i = 0; i < models; i++) {
        assertArrayEquals(e.coordinates()[i], placed.coordinates()[i], tolerance);
        assertArrayEquals(e.coordinates()[i], joint.coordinates()[i], tolerance, "Eq 10 with the same distances");
      }
      assertEquals(0, placed.dropped().length);
    }
  }

  @Test
  void otherDistancesOfTheSameModelsGoByTheFirstMeansAndAxes() {
    int models = 50;
    try (DistanceMatrix first = matrix(models, 8);
        DistanceMatrix second = matrix(models, 9);
        DistanceMatrix small = matrix(9, 1)) {
      Embedding e = InPca.embed(first, 5, 1);
      double[][] d2 = Matrices.rows(second);
      double mean = Arrays.stream(e.means()).sum() / models;
      Placement joint = Placement.joint(e, second, 0, 1, null);
      for (int i = 0; i < models; i++) {
        for (int k = 0; k < 5; k++) {
          double x = 0;
          for (int j = 0; j < models; j++) {
            double w = -0.5 * (d2[i][j] - e.means()[i] - e.means()[j] + mean);
            x += w * e.coordinates()[j][k] * e.signature()[k] / Math.abs(e.eigenvalues()[k]);
          }
          assertEquals(x, joint.coordinates()[i][k], 1e-11 * Math.sqrt(largest(d2)));
        }
      }
      Embedding of9 = InPca.embed(small, 2, 1);
      assertThrows(IllegalArgumentException.class, () -> Placement.joint(of9, second, 0, 1, null));
    }
  }

  @Test
  void nearNullDimensionsAreNamedAndNotDividedBy() {
    // Rank 2, so that the third to fifth dimensions are rounding.
    double[] axes = {4, 1};
    double[][] x = Matrices.points(3, 40, axes);
    try (DistanceMatrix d = Matrices.intervals(x, axes)) {
      Embedding e = InPca.embed(d, 5, 1);
      Placement placed = Placement.of(e, Matrices.rows(d));
      assertTrue(placed.dropped().length >= 2 && placed.dropped()[0] >= 2, Arrays.toString(placed.dropped()));
      for (double[] at : placed.coordinates()) {
        for (int k : placed.dropped()) {
          assertEquals(0, at[k]);
        }
      }
    }
  }

  @Test
  void integerWeightsEqualRepetition() {
    int models = 30;
    int[] times = new Random(4).ints(models, 1, 4).toArray();
    int[] repeated = new int[Arrays.stream(times).sum()];
    int at = 0;
    for (int i = 0; i < models; i++) {
      for (int k = 0; k < times[i]; k++) {
        repeated[at++] = i;
      }
    }
    try (DistanceMatrix d = matrix(models, 2)) {
      double[][] rows = Matrices.rows(d);
      Embedding weighted = InPca.embed(d,
          EmbeddingOptions.of(6).withWeights(Arrays.stream(times).asDoubleStream().toArray()), null);
      try (DistanceMatrix all = Matrices.of(repeated.length, (i, j) -> rows[repeated[i]][repeated[j]])) {
        Embedding e = InPca.embed(all, 6, 1);
        for (int i = 0; i < repeated.length; i++) {
          for (int k = 0; k < 6; k++) {
            assertEquals(e.coordinates()[i][k], weighted.coordinates()[repeated[i]][k], 1e-10, "model " + i);
          }
        }
        assertArrayEquals(e.stress(), weighted.stress(), 1e-10);
        assertArrayEquals(e.pairwise(), weighted.pairwise(), 1e-10);
        assertArrayEquals(e.pairwiseL2(), weighted.pairwiseL2(), 1e-7);
        // Eigenvalues are those for a total weight of M.
        for (int k = 0; k < 6; k++) {
          assertEquals(e.eigenvalues()[k] / repeated.length, weighted.eigenvalues()[k] / models, 1e-10);
        }
      }
    }
  }

  /** By the coordinates and not by the eigenvectors, whose largest entries are often those of heavy models. */
  @Test
  void theLargestCoordinateIsPositiveWhateverTheWeights() {
    Random random = new Random(12);
    for (int round = 0; round < 30; round++) {
      double[] weights = random.doubles(30).map(x -> x < 0.1 ? 0 : Math.exp(12 * x - 6)).toArray();
      try (DistanceMatrix d = matrix(30, round)) {
        Embedding e = InPca.embed(d, EmbeddingOptions.of(6).withWeights(weights), null);
        for (int k = 0; k < 6; k++) {
          double largest = 0;
          for (int i = 0; i < 30; i++) {
            double x = e.coordinates()[i][k];
            largest = weights[i] > 0 && Math.abs(x) > Math.abs(largest) ? x : largest;
          }
          assertTrue(largest > 0, "round " + round + ", dimension " + k + ": " + largest);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {31, 900})
  void modelsOfWeightZeroAreWhereEq9PutsThem(int models) {
    int kept = models - 20;
    try (DistanceMatrix d = matrix(models, 6)) {
      double[][] rows = Matrices.rows(d);
      double[] weights = new double[models];
      Arrays.fill(weights, 0, kept, 3.5);
      Embedding weighted = InPca.embed(d, EmbeddingOptions.of(6).withWeights(weights).withTolerance(1e-12), null);
      try (DistanceMatrix some = Matrices.of(kept, (i, j) -> rows[i][j])) {
        Embedding e = InPca.embed(some, EmbeddingOptions.of(6).withTolerance(1e-12), null);
        double[][] others = new double[20][];
        Arrays.setAll(others, q -> Arrays.copyOf(rows[kept + q], kept));
        double[][] placed = Placement.of(e, others).coordinates();
        for (int i = 0; i < models; i++) {
          for (int k = 0; k < 6; k++) {
            double wanted = i < kept ? e.coordinates()[i][k] : placed[i - kept][k];
            assertEquals(wanted, weighted.coordinates()[i][k], 1e-8, "model " + i);
          }
        }
        assertArrayEquals(e.stress(), weighted.stress(), 1e-9);
        assertArrayEquals(e.pairwise(), weighted.pairwise(), 1e-9);
        if (models <= InPca.DENSE_ORDER) {
          assertEquals(e.passes(), weighted.passes(), "they cost no pass");
        }
      }
    }
  }

  @Test
  void equalWeightsChangeNothing() {
    try (DistanceMatrix d = matrix(50, 7)) {
      double[] weights = new double[50];
      Arrays.fill(weights, 0.25);
      Embedding e = InPca.embed(d, 4, 1);
      Embedding weighted = InPca.embed(d, EmbeddingOptions.of(4).withWeights(weights).withThreads(1), null);
      assertArrayEquals(e.eigenvalues(), weighted.eigenvalues());
      assertTrue(Arrays.deepEquals(e.coordinates(), weighted.coordinates()));
    }
  }

  @Test
  void duplicatesAndAllZeroDistancesAreEmbedded() {
    for (int models : new int[] {12, 850}) {
      try (DistanceMatrix d = Matrices.of(models, (i, j) -> 0)) {
        Embedding e = InPca.embed(d, 3, 2);
        assertArrayEquals(new double[] {0, 0, 0}, e.eigenvalues());
        assertArrayEquals(new double[] {1, 1, 1}, e.stress());
        assertArrayEquals(new double[] {1, 1, 1}, e.pairwise());
        assertTrue(Arrays.stream(e.coordinates()).flatMapToDouble(Arrays::stream).allMatch(x -> x == 0));
      }
      // Three places, each taken by a third of the models: rank 2.
      double[][] places = {{0, 1, 4}, {1, 0, 2}, {4, 2, 0}};
      try (DistanceMatrix d = Matrices.of(models, (i, j) -> places[i % 3][j % 3])) {
        Embedding e = InPca.embed(d, 4, 2);
        for (int i = 0; i < models; i++) {
          for (int j = 0; j < models; j++) {
            assertEquals(places[i % 3][j % 3], Matrices.interval(e, 2, i, j), 4e-12);
          }
        }
        assertEquals(0, e.eigenvalues()[2], 1e-12 * Math.abs(e.eigenvalues()[0]));
      }
    }
  }

  @Test
  void alignmentFindsEveryRigidMotion() {
    for (int dims = 1; dims <= 4; dims++) {
      double[][] x = Matrices.points(dims, 25, new double[] {4, 3, 2, 1});
      double[] lengths = new double[dims];
      Arrays.fill(lengths, 1);
      double[] mirrored = Lapack.orthogonalFactor(flat(Matrices.points(9, dims, lengths)), dims);
      double[][] from = new double[25][dims];
      double[][] to = new double[25][dims];
      for (int i = 0; i < 25; i++) {
        for (int l = 0; l < dims; l++) {
          from[i][l] = x[i][l];
          to[i][l] = 7 + l;
          for (int k = 0; k < dims; k++) {
            // The first axis turned round: a reflection in one of two cases.
            to[i][l] += x[i][k] * mirrored[k * dims + l] * (k == 0 ? -1 : 1);
          }
        }
      }
      Alignment a = Alignment.of(from, to);
      assertEquals(0, a.rmsd(), 1e-13 * 40);
      for (int i = 0; i < 25; i++) {
        assertArrayEquals(to[i], a.coordinates()[i], 1e-12);
      }
    }
    Alignment apart = Alignment.of(new double[][] {{0}, {2}}, new double[][] {{0}, {4}});
    assertEquals(1, apart.rmsd(), 1e-14);
    assertThrows(IllegalArgumentException.class, () -> Alignment.of(new double[2][1], new double[3][1]));
  }

  /** Mean |d - interval| over all pairs. */
  private static double brute(double[][] x, double[] axes, LandmarkEmbedding e) {
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      for (int j = 0; j < i; j++) {
        double interval = 0;
        for (int k = 0; k < 3; k++) {
          double step = e.coordinates()[i][k] - e.coordinates()[j][k];
          interval += e.embedding().signature()[k] * step * step;
        }
        sum += Math.abs(Math.abs(Matrices.interval(x[i], x[j], axes)) - interval);
      }
    }
    return sum / (0.5 * x.length * (x.length - 1));
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  @Test
  void landmarksReachWhatTheirDimensionsHoldAndSaySo() {
    int models = 2_000;
    double[][] x = Matrices.points(1, models, 9, 4, 3);
    // Three space-like dimensions are exact; magnitudes of intervals with a time-like axis need more than three.
    for (boolean exact : new boolean[] {true, false}) {
      double[] axes = {9, exact ? 4 : -4, 3};
      DistanceBlocks blocks = new DistanceBlocks() {
        @Override
        public int models() {
          return models;
        }

        @Override
        public double[][] block(int[] rows, int[] columns) {
          double[][] d = new double[rows.length][columns.length];
          for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < columns.length; j++) {
              d[i][j] = Math.abs(Matrices.interval(x[rows[i]], x[columns[j]], axes));
            }
          }
          return d;
        }
      };
      LandmarkEmbedding e = LandmarkEmbedding.of(blocks, 60, 100, EmbeddingOptions.of(3).withThreads(1), null);
      assertEquals(60, Arrays.stream(e.landmarks()).distinct().count());
      if (exact) {
        assertEquals(1, e.pairwise(), 1e-5, "but for float32");
      } else {
        assertEquals(brute(x, axes, e), e.meanError(), 4 * e.standardError(), "the estimate is that of all pairs");
      }
      assertTrue(e.standardError() > 0 && e.standardError() < 0.2 * e.meanError(), "" + e.standardError());
      LandmarkEmbedding again = LandmarkEmbedding.of(blocks, 60, 100, EmbeddingOptions.of(3).withThreads(2), null);
      assertTrue(Arrays.deepEquals(e.coordinates(), again.coordinates()), "deterministic");
    }
  }
}
