// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Intensive principal component analysis: the isometric embedding of a matrix of distances.
 *
 * <p>W = -1/2 L D L with L = I - 11'/M, W = sum_k lambda_k v_k v_k' in float64, ordered by falling |lambda|;
 * coordinates v sqrt |lambda|. Negative eigenvalues are time-like dimensions. With all M - 1 dimensions
 * the intervals equal D (Eq 7).
 *
 * <p>Signs: in every dimension the coordinate of largest magnitude is positive; of several equal to within
 * 1e-9 of it, that of the lowest model counts.
 *
 * <p>Dense LAPACK: about 24 M^2 bytes and 10 M^3 operations. Safe for several threads at once.
 */
public final class InPca {
  /** Magnitudes closer than this are ties for the sign rule: rounding must not choose between them. */
  private static final double TIE = 1e-9;

  private InPca() {}

  /**
   * Embeds.
   *
   * @param dims K, 1 to M - 1
   * @param threads 0: all processors
   * @throws IllegalArgumentException for dims out of range
   * @throws InvalidDataException for fewer than two models or an infinite distance, naming the pair
   * @throws LightconeException if this machine has no memory for it; said before anything is taken
   */
  public static Embedding embed(DistanceMatrix d, int dims, int threads) {
    long start = System.nanoTime();
    if (d.models() > SymmetricEigen.MAX_ORDER) {
      throw new UnsupportedException("the dense embedding takes at most " + SymmetricEigen.MAX_ORDER
          + " models and the matrix has " + d.models() + "; embed a subset of the models");
    }
    float[] row = new float[d.models()];
    FloatBuffer[] rows = new FloatBuffer[d.models()];
    try (OffHeap dense = OffHeap.allocate((long) rows.length * rows.length * Float.BYTES, "the rows of the matrix")) {
      for (int i = 0; i < rows.length; i++) {
        d.row(i, row);
        rows[i] = dense.floats((long) i * rows.length * Float.BYTES, rows.length).put(0, row);
      }
      return embed(rows, dims, threads, start);
    }
  }

  private static Embedding embed(FloatBuffer[] rows, int dims, int threads, long start) {
    int models = rows.length;
    if (models < 2) {
      throw new InvalidDataException("an embedding needs at least 2 models and the matrix has " + models);
    }
    if (dims < 1 || dims > models - 1) {
      throw new IllegalArgumentException("the number of dimensions is " + dims + "; " + models
          + " models have between 1 and " + (models - 1));
    }
    requireFinite(rows);
    Memory.require(SymmetricEigen.bytes(models), "the embedding of " + models + " models");
    double[] means = means(rows, threads);
    double[] eigenvalues = new double[dims];
    double[][] vectors = new double[dims][models];
    double norm2;
    try (OffHeap w = OffHeap.allocate((long) models * models * Double.BYTES, "the centred matrix");
        OffHeap values = OffHeap.allocate((long) models * Double.BYTES, "eigenvalues")) {
      norm2 = centre(rows, means, w, threads);
      SymmetricEigen.solve(w, models, values, threads);
      choose(w, values, eigenvalues, vectors);
    }
    double[] stress = stress(eigenvalues, norm2);
    double[] residuals = residuals(rows, means, eigenvalues, vectors, threads);
    double[][] coordinates = coordinates(eigenvalues, vectors);
    int[] signature = Arrays.stream(eigenvalues).mapToInt(lambda -> (int) Math.signum(lambda)).toArray();
    double[] pairwise = pairwise(rows, coordinates, signature, threads);
    // Passes: infinite entries, means, centring, residuals, pairwise distances.
    return new Embedding(coordinates, eigenvalues, signature, stress, pairwise, residuals, 5,
        (System.nanoTime() - start) * 1e-9);
  }

  private static void requireFinite(FloatBuffer[] rows) {
    for (int i = 0; i < rows.length; i++) {
      for (int j = i + 1; j < rows.length; j++) {
        if (rows[i].get(j) == Float.POSITIVE_INFINITY) {
          throw new InvalidDataException("the distance of models " + i + " and " + j
              + " is infinite and has no place in an embedding; compute the distances with --infinity cap"
              + " (DistanceOptions.withCap)");
        }
      }
    }
  }

  /** Row means of D; the last element is their mean. */
  private static double[] means(FloatBuffer[] rows, int threads) {
    int models = rows.length;
    double[] means = new double[models + 1];
    Workers.rows(threads, models, i -> {
      double sum = 0;
      for (int j = 0; j < models; j++) {
        sum += rows[i].get(j);
      }
      means[i] = sum / models;
    });
    means[models] = Arrays.stream(means, 0, models).sum() / models;
    return means;
  }

  /** One entry of W; the same bits at (i, j) and (j, i), as the sum of the two means commutes. */
  private static double centred(double d, double meanI, double meanJ, double mean) {
    return -0.5 * (d - (meanI + meanJ) + mean);
  }

  /** Fills W and returns its squared Frobenius norm, summed row by row in float64. */
  private static double centre(FloatBuffer[] rows, double[] means, OffHeap w, int threads) {
    int models = rows.length;
    double[] squares = new double[models];
    Workers.rows(threads, models, i -> {
      DoubleBuffer out = w.doubles((long) i * models * Double.BYTES, models);
      double sum = 0;
      for (int j = 0; j < models; j++) {
        double entry = centred(rows[i].get(j), means[i], means[j], means[models]);
        out.put(j, entry);
        sum += entry * entry;
      }
      squares[i] = sum;
    });
    return Arrays.stream(squares).sum();
  }

  /** The eigenpairs of largest magnitude, signs fixed; of equal magnitudes the positive one first. */
  private static void choose(OffHeap w, OffHeap values, double[] eigenvalues, double[][] vectors) {
    int models = vectors[0].length;
    DoubleBuffer all = values.doubles(0, models);
    int[] order = IntStream.range(0, models).boxed()
        .sorted(Comparator.comparingDouble((Integer k) -> -Math.abs(all.get(k)))
            .thenComparingDouble(k -> -all.get(k)))
        .mapToInt(Integer::intValue).toArray();
    for (int k = 0; k < eigenvalues.length; k++) {
      eigenvalues[k] = all.get(order[k]) + 0.0; // -0 becomes 0
      w.doubles((long) order[k] * models * Double.BYTES, models).get(vectors[k]);
      fixSign(vectors[k]);
    }
  }

  private static void fixSign(double[] vector) {
    double largest = Arrays.stream(vector).map(Math::abs).max().orElse(0);
    for (double entry : vector) {
      if (Math.abs(entry) >= largest * (1 - TIE)) {
        if (entry < 0) {
          Arrays.setAll(vector, i -> -vector[i]);
        }
        return;
      }
    }
  }

  private static double[][] coordinates(double[] eigenvalues, double[][] vectors) {
    double[][] coordinates = new double[vectors[0].length][eigenvalues.length];
    for (int k = 0; k < eigenvalues.length; k++) {
      double scale = Math.sqrt(Math.abs(eigenvalues[k]));
      for (int i = 0; i < coordinates.length; i++) {
        coordinates[i][k] = vectors[k][i] * scale;
      }
    }
    return coordinates;
  }

  /** chi_k = 1 - sqrt(1 - sum_{l<=k} lambda_l^2 / |W|_F^2) (Eq 8); nothing to explain counts as explained. */
  private static double[] stress(double[] eigenvalues, double norm2) {
    double[] stress = new double[eigenvalues.length];
    double explained = 0;
    for (int k = 0; k < stress.length; k++) {
      explained += eigenvalues[k] * eigenvalues[k];
      // Rounding may take the share a few ulp above 1.
      stress[k] = norm2 == 0 ? 1 : 1 - Math.sqrt(Math.max(0, 1 - explained / norm2));
    }
    return stress;
  }

  /** |W v - lambda v| / |lambda_1| from D itself, so that LAPACK is judged by the input. */
  private static double[] residuals(
      FloatBuffer[] rows, double[] means, double[] eigenvalues, double[][] vectors, int threads) {
    int models = rows.length;
    int dims = eigenvalues.length;
    double[][] errors = new double[models][dims];
    Workers.rows(threads, models, i -> {
      double[] products = new double[dims];
      double[] row = new double[models];
      for (int j = 0; j < models; j++) {
        row[j] = centred(rows[i].get(j), means[i], means[j], means[models]);
      }
      for (int k = 0; k < dims; k++) {
        double[] vector = vectors[k];
        for (int j = 0; j < models; j++) {
          products[k] += row[j] * vector[j];
        }
        double error = products[k] - eigenvalues[k] * vector[i];
        errors[i][k] = error * error;
      }
    });
    double[] residuals = new double[dims];
    for (int k = 0; k < dims; k++) {
      double sum = 0;
      for (int i = 0; i < models; i++) {
        sum += errors[i][k];
      }
      residuals[k] = eigenvalues[0] == 0 ? 0 : Math.sqrt(sum) / Math.abs(eigenvalues[0]);
    }
    return residuals;
  }

  /** 1 - sum_ij |D_ij - interval_k(i,j)| / sum_ij D_ij for k = 1..K (Eq 12). */
  private static double[] pairwise(FloatBuffer[] rows, double[][] x, int[] signature, int threads) {
    int models = rows.length;
    int dims = signature.length;
    double[][] missed = new double[models][dims];
    double[] totals = new double[models];
    Workers.rows(threads, models, i -> {
      for (int j = i + 1; j < models; j++) {
        double d = rows[i].get(j);
        double interval = 0;
        totals[i] += d;
        for (int k = 0; k < dims; k++) {
          double difference = x[i][k] - x[j][k];
          interval += signature[k] * difference * difference;
          missed[i][k] += Math.abs(d - interval);
        }
      }
    });
    double total = Arrays.stream(totals).sum();
    double[] explained = new double[dims];
    for (int k = 0; k < dims; k++) {
      double sum = 0;
      for (int i = 0; i < models; i++) {
        sum += missed[i][k];
      }
      explained[k] = total == 0 ? 1 : 1 - sum / total;
    }
    return explained;
  }
}
