// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedding against its definition, an eigensolver of its own, and NumPy. */
class InPcaTest {
  @TempDir Path folder;

  /** Two trajectories from ignorance to confident, different models: eigenvalues of both signs. */
  private static DistanceMatrix distances(int models, long seed) {
    int samples = 40;
    int classes = 10;
    Random random = new Random(seed);
    float[] ends = Tables.logits(random, 2, samples, classes, 1);
    float[] logits = Tables.logits(random, models, samples, classes, 0.1);
    int size = samples * classes;
    for (int i = 0; i < logits.length; i++) {
      int model = i / size;
      logits[i] += 12f * model / models * ends[model % 2 * size + i % size];
    }
    try (Predictions table = Predictions.of(Tables.direct(logits), models, samples, classes, Kind.LOGITS)) {
      return DistanceMatrix.compute(table, DistanceOptions.defaults(), null);
    }
  }

  private DistanceMatrix matrix(float[]... rows) {
    float[] flat = new float[rows.length * rows.length];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, flat, i * rows.length, rows.length);
    }
    Path file = folder.resolve("D.npy");
    Npy.writeFloats(file, flat, rows.length, rows.length);
    return DistanceMatrix.read(file);
  }

  private static double largest(float[][] d) {
    return Arrays.stream(d).mapToDouble(row -> {
      double most = 0;
      for (float entry : row) {
        most = Math.max(most, entry);
      }
      return most;
    }).max().orElse(0);
  }

  private static double interval(Embedding e, int i, int j, int dims) {
    double sum = 0;
    for (int k = 0; k < dims; k++) {
      double difference = e.coordinates()[i][k] - e.coordinates()[j][k];
      sum += e.signature()[k] * difference * difference;
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 17, 60, 150})
  void allDimensionsAreAnIsometry(int models) {
    try (DistanceMatrix d = distances(models, models)) {
      float[][] rows = Tables.matrix(d);
      Embedding e = InPca.embed(d, models - 1, 2);
      double tolerance = 1e-12 * largest(rows);
      for (int i = 0; i < models; i++) {
        for (int j = 0; j < models; j++) {
          assertEquals(rows[i][j], interval(e, i, j, models - 1), tolerance, "models " + i + " and " + j);
        }
      }
      assertEquals(1, e.stress()[models - 2], 1e-6, "all dimensions explain everything");
      assertEquals(1, e.pairwise()[models - 2], 1e-11);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 12, 40})
  void eigenvaluesAgreeWithJacobi(int models) {
    try (DistanceMatrix d = distances(models, 100 + models)) {
      float[][] rows = Tables.matrix(d);
      double[] wanted = Arrays.stream(Oracle.jacobiEigenvalues(Oracle.centred(rows))).boxed()
          .sorted(Comparator.comparingDouble(value -> -Math.abs(value)))
          .mapToDouble(Double::doubleValue).limit(models - 1).toArray();
      Embedding e = InPca.embed(d, models - 1, 1);
      assertArrayEquals(wanted, e.eigenvalues(), 1e-13 * models * Math.abs(wanted[0]));
      for (int k = 0; k < models - 1; k++) {
        assertEquals((int) Math.signum(e.eigenvalues()[k]), e.signature()[k]);
        assertTrue(k == 0 || Math.abs(e.eigenvalues()[k]) <= Math.abs(e.eigenvalues()[k - 1]), "falling magnitude");
      }
      assertTrue(Arrays.stream(e.signature()).anyMatch(sign -> sign < 0), "the test needs time-like dimensions");
    }
  }

  @Test
  void stressAndPairwiseAreTheirFormulas() {
    int models = 23;
    int dims = 9;
    try (DistanceMatrix d = distances(models, 7)) {
      float[][] rows = Tables.matrix(d);
      Embedding e = InPca.embed(d, dims, 2);
      // |W|_F^2 without centring: (|D|^2 - 2 M |r|^2 + M^2 rbar^2) / 4.
      double squares = 0;
      double means = 0;
      double mean = 0;
      double total = 0;
      for (float[] row : rows) {
        double sum = 0;
        for (float entry : row) {
          squares += (double) entry * entry;
          sum += entry;
        }
        total += sum;
        means += (sum / models) * (sum / models);
        mean += sum / models / models;
      }
      double norm2 = (squares - 2 * models * means + models * models * mean * mean) / 4;
      double brute = Arrays.stream(Oracle.centred(rows)).flatMapToDouble(Arrays::stream).map(w -> w * w).sum();
      assertEquals(brute, norm2, 1e-11 * brute, "the two forms of the norm");
      double explained = 0;
      for (int k = 1; k <= dims; k++) {
        explained += e.eigenvalues()[k - 1] * e.eigenvalues()[k - 1];
        assertEquals(1 - Math.sqrt(1 - explained / norm2), e.stress()[k - 1], 1e-11, "chi_" + k);
        double missed = 0;
        for (int i = 0; i < models; i++) {
          for (int j = 0; j < models; j++) {
            missed += Math.abs(rows[i][j] - interval(e, i, j, k));
          }
        }
        assertEquals(1 - missed / total, e.pairwise()[k - 1], 1e-12, "pairwise of " + k);
      }
    }
  }

  @Test
  void fewDimensionsAreTheFirstOfMany() {
    try (DistanceMatrix d = distances(31, 8)) {
      Embedding many = InPca.embed(d, 30, 1);
      Embedding few = InPca.embed(d, 4, 1);
      for (int i = 0; i < 31; i++) {
        assertArrayEquals(Arrays.copyOf(many.coordinates()[i], 4), few.coordinates()[i]);
      }
      assertArrayEquals(Arrays.copyOf(many.stress(), 4), few.stress());
    }
  }

  @Test
  void residualsAreSmallAndTheCoordinatesCentred() {
    int models = 80;
    try (DistanceMatrix d = distances(models, 9)) {
      Embedding e = InPca.embed(d, 10, 2);
      for (int k = 0; k < 10; k++) {
        int dim = k;
        assertTrue(e.residuals()[k] < 1e-14 * models, "residual " + e.residuals()[k]);
        double sum = Arrays.stream(e.coordinates()).mapToDouble(x -> x[dim]).sum();
        double norm2 = Arrays.stream(e.coordinates()).mapToDouble(x -> x[dim] * x[dim]).sum();
        assertEquals(0, sum, 1e-12 * models, "dimension " + k + " is centred");
        assertEquals(Math.abs(e.eigenvalues()[k]), norm2, 1e-12 * norm2);
      }
      assertTrue(e.passes() > 0 && e.seconds() > 0);
    }
  }

  @Test
  void theLargestCoordinateIsPositiveOrTheFirstOfEqualOnes() {
    try (DistanceMatrix d = distances(40, 10)) {
      Embedding e = InPca.embed(d, 39, 2);
      for (int k = 0; k < 39; k++) {
        int dim = k;
        double[] x = Arrays.stream(e.coordinates()).mapToDouble(row -> row[dim]).toArray();
        double most = Arrays.stream(x).map(Math::abs).max().orElseThrow();
        assertTrue(Arrays.stream(x).filter(v -> Math.abs(v) >= most * (1 - 1e-9)).findFirst().orElseThrow() > 0);
      }
    }
    // Two models: coordinates +-sqrt(d)/2, a tie that the first wins.
    try (DistanceMatrix d = matrix(new float[] {0, 4}, new float[] {4, 0})) {
      Embedding e = InPca.embed(d, 1, 1);
      assertEquals(1, e.coordinates()[0][0], 1e-15);
      assertEquals(-1, e.coordinates()[1][0], 1e-15);
      assertEquals(2, e.eigenvalues()[0], 1e-15);
    }
  }

  @Test
  void aTimeLikePairIsSeen() {
    // d02 exceeds what two space-like steps allow: one eigenvalue must be negative.
    try (DistanceMatrix d = matrix(new float[] {0, 1, 9}, new float[] {1, 0, 1}, new float[] {9, 1, 0})) {
      Embedding e = InPca.embed(d, 2, 1);
      assertArrayEquals(new int[] {1, -1}, e.signature());
      assertEquals(9, interval(e, 0, 2, 2), 1e-14);
    }
  }

  @Test
  void agreesWithNumpy() throws Exception {
    int models = 120;
    Path matrixFile = folder.resolve("D.npy");
    Path values = folder.resolve("v.npy");
    try (DistanceMatrix d = distances(models, 11)) {
      d.write(matrixFile);
      Shell.python("""
          import sys, numpy as np
          D = np.load(sys.argv[1]).astype('f8')
          L = np.eye(len(D)) - 1 / len(D)
          w = np.linalg.eigh(-.5 * L @ D @ L)[0]
          np.save(sys.argv[2], w[np.argsort(-abs(w))][:20])
          """, matrixFile, values);
      double[] wanted = Npy.readDoubles(values);
      assertArrayEquals(wanted, InPca.embed(d, 20, 2).eigenvalues(), 1e-12 * Math.abs(wanted[0]));
    }
  }

  @Test
  void sameInputSameBits() {
    try (DistanceMatrix d = distances(90, 12)) {
      Embedding one = InPca.embed(d, 5, 2);
      Embedding two = InPca.embed(d, 5, 2);
      for (int i = 0; i < 90; i++) {
        assertArrayEquals(one.coordinates()[i], two.coordinates()[i]);
      }
    }
  }

  @Test
  void identicalModelsAreOnePoint() {
    try (DistanceMatrix d = matrix(new float[3], new float[3], new float[3])) {
      Embedding e = InPca.embed(d, 2, 1);
      assertArrayEquals(new double[] {0, 0}, e.eigenvalues());
      assertArrayEquals(new int[] {0, 0}, e.signature());
      assertArrayEquals(new double[] {1, 1}, e.stress(), "nothing is left to explain");
    }
  }

  @Test
  void refusesImpossibleDimensionsAndInfiniteDistances() {
    float inf = Float.POSITIVE_INFINITY;
    try (DistanceMatrix d = distances(5, 13)) {
      for (int dims : new int[] {0, -1, 5}) {
        PredictionsTest.assertMessage(IllegalArgumentException.class,
            "the number of dimensions is " + dims + "; 5 models have between 1 and 4", () -> InPca.embed(d, dims, 1));
      }
    }
    try (DistanceMatrix d = matrix(new float[] {0})) {
      PredictionsTest.assertMessage(InvalidDataException.class,
          "an embedding needs at least 2 models and the matrix has 1", () -> InPca.embed(d, 1, 1));
    }
    try (DistanceMatrix d =
        matrix(new float[] {0, 1, 2}, new float[] {1, 0, inf}, new float[] {2, inf, 0})) {
      PredictionsTest.assertMessage(InvalidDataException.class,
          "the distance of models 1 and 2 is infinite", () -> InPca.embed(d, 1, 1));
      PredictionsTest.assertMessage(InvalidDataException.class, "--infinity cap", () -> InPca.embed(d, 1, 1));
    }
  }
}
