// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.DoubleBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The block Krylov method on spectra that are known, and against dense LAPACK. */
class KrylovTest {
  /** diag(values), which no projection or rotation makes easier for a method that starts from random vectors. */
  private record Diagonal(double[] values) implements SymmetricOperator {
    @Override
    public int order() {
      return values.length;
    }

    @Override
    public void multiply(int columns, DoubleBuffer x, DoubleBuffer y) {
      for (int i = 0; i < values.length; i++) {
        for (int k = i * columns; k < (i + 1) * columns; k++) {
          y.put(k, values[i] * x.get(k));
        }
      }
    }

    @Override
    public double norm() {
      double sum = 0;
      for (double value : values) {
        sum += value * value;
      }
      return Math.sqrt(sum);
    }
  }

  private static void check(double[] spectrum, int pairs, int blocks, double tolerance) {
    Diagonal a = new Diagonal(spectrum);
    check(spectrum, pairs, tolerance, Krylov.solve(a, pairs, tolerance, blocks, 2));
    check(spectrum, pairs, tolerance, Krylov.solveInMemory(a, pairs, tolerance, blocks, 2));
  }

  private static void check(double[] spectrum, int pairs, double tolerance, Krylov krylov) {
    try (Krylov solved = krylov) {
      double[] sorted = spectrum.clone();
      int[] order = SymmetricEigen.byMagnitude(sorted);
      double largest = Math.abs(spectrum[order[0]]);
      int n = spectrum.length;
      int columns = solved.columns();
      DoubleBuffer v = solved.vectors();
      for (int k = 0; k < pairs; k++) {
        assertEquals(spectrum[order[k]], solved.values()[k], Math.max(tolerance, 1e-13) * largest, "eigenvalue " + k);
        double residual = 0;
        for (int i = 0; i < n; i++) {
          double error = (spectrum[i] - solved.values()[k]) * v.get(i * columns + k);
          residual += error * error;
        }
        // The recurrence's residual is the true one but for rounding.
        assertTrue(Math.sqrt(residual) <= largest * (tolerance + 1e-13), "residual " + k);
        for (int l = 0; l <= k; l++) {
          double dot = 0;
          for (int i = 0; i < n; i++) {
            dot += v.get(i * columns + k) * v.get(i * columns + l);
          }
          assertEquals(k == l ? 1 : 0, dot, 1e-13, "orthogonality of " + k + " and " + l);
        }
      }
    }
  }

  private static double[] decay(int n, double rate) {
    double[] spectrum = new double[n];
    for (int i = 0; i < n; i++) {
      spectrum[i] = (i % 3 == 1 ? -1 : 1) * Math.pow(rate, i);
    }
    return spectrum;
  }

  @ParameterizedTest
  @CsvSource({"400, 1, 12", "400, 10, 12", "401, 10, 4", "500, 20, 3", "300, 5, 3"})
  void bothSignsAreFoundWithAndWithoutRestarts(int n, int pairs, int blocks) {
    check(decay(n, 0.9), pairs, blocks, 1e-10);
  }

  @Test
  void slowSpectraConvergeThroughRestarts() {
    double[] spectrum = new double[600];
    for (int i = 0; i < spectrum.length; i++) {
      spectrum[i] = (i % 2 == 0 ? 1 : -1) / (1.0 + i);
    }
    check(spectrum, 12, 3, 1e-9);
  }

  @Test
  void nearlyAndExactlyEqualEigenvaluesAreAllFound() {
    double[] spectrum = new double[400];
    for (int i = 0; i < spectrum.length; i++) {
      // Pairs of both signs 1e-9 apart, and ten equal ones.
      spectrum[i] = i < 10 ? 1 : i < 20 ? (i % 2 == 0 ? 1 : -1) * (0.5 + 1e-9 * i) : 0.3 * Math.pow(0.9, i - 20);
    }
    check(spectrum, 20, 12, 1e-10);
  }

  /** More copies of an eigenvalue than a narrow block finds: the check after convergence must. */
  @ParameterizedTest
  @CsvSource({"0, 20", "10, 20", "25, 15", "20, 40"})
  void copiesBeyondTheWidthOfABlockAreFound(int first, int copies) {
    double[] spectrum = new double[1000];
    for (int i = 0; i < spectrum.length; i++) {
      int k = i >= first && i < first + copies ? first : i;
      spectrum[i] = (k % 3 == 1 ? -1 : 1) / ((k + 1.0) * (k + 1));
    }
    check(spectrum, 40, 12, 1e-9);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 30})
  void operatorsOfLowRankAreSolvedThoughTheSpaceRunsOut(int rank) {
    double[] spectrum = new double[300];
    Random random = new Random(rank);
    for (int i = 0; i < rank; i++) {
      spectrum[i] = random.nextGaussian();
    }
    check(spectrum, 10, 6, 1e-10);
  }

  @Test
  void theSameBitsWhateverTheThreads() {
    Diagonal a = new Diagonal(decay(400, 0.95));
    double[][] vectors = new double[2][];
    for (int run = 0; run < 2; run++) {
      try (Krylov solved = Krylov.solveInMemory(a, 10, 1e-8, 4, 1 + 2 * run)) {
        vectors[run] = new double[400 * solved.columns()];
        solved.vectors().get(vectors[run]);
      }
    }
    assertArrayEquals(vectors[0], vectors[1]);
  }

  @Test
  void aMatrixWithNaNEndsInASentence() {
    double[] spectrum = decay(300, 0.9);
    spectrum[5] = Double.NaN;
    assertThrows(LightconeException.class, () -> Krylov.solve(new Diagonal(spectrum), 3, 1e-8, 6, 1).close());
  }

  /** Space-like and time-like axes, two of them nearly equal; beyond the order at which dense LAPACK takes over. */
  @ParameterizedTest
  @ValueSource(ints = {601, 767, 960})
  void agreesWithDenseLapack(int models) {
    double[] axes = {9, -4, 3.9999, 2, -1, 0.5, 0.25};
    double[][] x = Matrices.points(models, models, axes);
    try (DistanceMatrix d = Matrices.intervals(x, axes)) {
      Embedding krylov = InPca.embed(d, EmbeddingOptions.of(7).withTolerance(1e-11).withThreads(2), null);
      double[] all = new double[models];
      try (CentredDistances a = new CentredDistances(d, null, 0, 2, null);
          OffHeap w = OffHeap.allocate(8L * models * models, "a test");
          OffHeap values = OffHeap.allocate(8L * models, "a test")) {
        a.fill(w);
        SymmetricEigen.solve(w, models, values, 1);
        values.doubles(0, models).get(all);
        int[] order = SymmetricEigen.byMagnitude(all);
        double largest = Math.abs(all[order[0]]);
        double norm = 0;
        for (double value : all) {
          norm += value * value;
        }
        assertEquals(Math.sqrt(norm), a.norm(), 1e-12 * a.norm());
        for (int k = 0; k < 7; k++) {
          double lambda = all[order[k]];
          assertEquals(lambda, krylov.eigenvalues()[k], 1e-11 * largest);
          assertTrue(krylov.residuals()[k] <= 2e-11, "residual " + krylov.residuals()[k]);
          DoubleBuffer v = w.doubles(8L * order[k] * models, models);
          double dot = 0;
          for (int i = 0; i < models; i++) {
            dot += v.get(i) * krylov.coordinates()[i][k] / Math.sqrt(Math.abs(lambda));
          }
          double gap = Double.MAX_VALUE;
          for (int l = 0; l < models; l++) {
            gap = Math.min(gap, l == order[k] ? gap : Math.abs(all[l] - lambda));
          }
          // sin of the angle <= residual / gap, and 1 - cos <= sin^2.
          double sine = 2e-11 * largest / gap;
          assertEquals(1, Math.abs(dot), sine * sine + 1e-12, "eigenvector " + k);
        }
      }
    }
  }
}
