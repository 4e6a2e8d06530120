// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * InPCA of more models than the matrix D allows, by landmarks (Nystroem): L models are embedded exactly, every model
 * is placed by its distances to them (Eq 9): M L distances instead of M^2 / 2. A sample of models outside the landmarks
 * says how good it is, by their exact distances among each other.
 *
 * <p>Landmarks: from a seeded sample of 4 L models, the first at random and each next one with a probability in
 * proportion to its distance from the nearest landmark so far (k-means++, d being a squared interval). Deterministic.
 *
 * @param coordinates (M, K)
 * @param landmarks (L), the embedding's models in this order
 * @param embedding of the landmarks: eigenvalues, signature, explained stress among them
 * @param dropped dimensions in which nothing was placed, see {@link Placement}
 * @param held the models of the error estimate, (H)
 * @param pairwise explained pairwise distance (Eq 12) of the held-out models in K dimensions, 1 - sum |d - interval| /
 *     sum d over their pairs
 * @param meanError mean |d - interval| over those pairs, nats per sample
 * @param standardError of meanError, by the spread between held-out models
 */
public record LandmarkEmbedding(double[][] coordinates, int[] landmarks, Embedding embedding, int[] dropped, int[] held,
    double pairwise, double meanError, double standardError) {
  private static final long SEED = 0x6c616e646d61726bL;
  /** Candidates for each landmark. */
  private static final int CANDIDATES = 4;
  /** Models placed at a time: with 1,000 landmarks a block of distances is then 8 MB. */
  private static final int ROWS = 1_024;

  /**
   * Embeds.
   *
   * @param distances of all models
   * @param count L, between 2 and M
   * @param held H, models for the error estimate, at least 2 and at most M - L
   * @param options dims K at most L - 1; weights are not taken here
   * @param control to cancel the embedding of the landmarks; may be null
   */
  public static LandmarkEmbedding of(
      DistanceBlocks distances, int count, int held, EmbeddingOptions options, Control control) {
    int models = distances.models();
    if (count < 2 || held < 2 || (long) count + held > models) {
      throw new IllegalArgumentException(count + " landmarks and " + held + " models for the error estimate do not fit "
          + models + " models: at least 2 of each, and not more in all than there are");
    }
    if (options.weights() != null) {
      throw new IllegalArgumentException("an embedding by landmarks takes no weights");
    }
    SplittableRandom random = new SplittableRandom(SEED);
    int[] shuffled = shuffled(models, random);
    int[] candidates = Arrays.copyOf(shuffled, (int) Math.min(models, (long) CANDIDATES * count));
    double[][] among = distances.block(candidates, candidates);
    int[] chosen = choose(among, count, random);
    int[] landmarks = IntStream.of(chosen).map(c -> candidates[c]).toArray();
    Embedding embedding;
    try (DistanceMatrix d = matrix(among, chosen)) {
      embedding = InPca.embed(d, options, control);
    }
    double[][] coordinates = new double[models][];
    int[] dropped = {};
    for (int begin = 0; begin < models; begin += ROWS) {
      int[] rows = IntStream.range(begin, Math.min(models, begin + ROWS)).toArray();
      Placement placed = Placement.of(embedding, distances.block(rows, landmarks));
      System.arraycopy(placed.coordinates(), 0, coordinates, begin, rows.length);
      dropped = placed.dropped();
    }
    boolean[] taken = new boolean[models];
    IntStream.of(landmarks).forEach(model -> taken[model] = true);
    int[] others = IntStream.of(shuffled(models, random)).filter(model -> !taken[model]).limit(held).sorted().toArray();
    double[] error = error(distances.block(others, others), others, coordinates, embedding.signature());
    return new LandmarkEmbedding(
        coordinates, landmarks, embedding, dropped, others, error[0], error[1], error[2]);
  }

  private static int[] shuffled(int models, SplittableRandom random) {
    int[] order = IntStream.range(0, models).toArray();
    for (int k = models - 1; k > 0; k--) {
      int other = random.nextInt(k + 1);
      int swapped = order[k];
      order[k] = order[other];
      order[other] = swapped;
    }
    return order;
  }

  /** k-means++ on the candidates' distances; indices of the candidates. */
  private static int[] choose(double[][] d, int count, SplittableRandom random) {
    int[] chosen = new int[count];
    double[] nearest = d[0].clone();
    boolean[] taken = new boolean[d.length];
    taken[0] = true;
    for (int k = 1; k < count; k++) {
      double total = 0;
      for (int i = 0; i < d.length; i++) {
        total += taken[i] ? 0 : nearest[i];
      }
      double at = random.nextDouble() * total;
      int next = -1;
      // The last candidate that is left stands in where rounding, or distances that are all 0, leave none.
      for (int i = 0; i < d.length && (next < 0 || at >= 0); i++) {
        if (!taken[i]) {
          next = i;
          at -= nearest[i];
        }
      }
      chosen[k] = next;
      taken[next] = true;
      for (int i = 0; i < d.length; i++) {
        nearest[i] = Math.min(nearest[i], d[next][i]);
      }
    }
    return chosen;
  }

  private static DistanceMatrix matrix(double[][] d, int[] chosen) {
    TileLayout layout = TileLayout.of(chosen.length, "the landmarks");
    DistanceMatrix matrix = DistanceMatrix.empty(layout);
    float[] tile = new float[TileLayout.TILE];
    for (int i = 0; i < layout.blocks(); i++) {
      for (int j = i; j < layout.blocks(); j++) {
        for (int r = 0; r < layout.modelsIn(i); r++) {
          for (int c = 0; c < layout.modelsIn(j); c++) {
            int row = i * TileLayout.EDGE + r;
            int column = j * TileLayout.EDGE + c;
            // One triangle, so that the matrix is symmetric to the bit whatever the source rounds.
            tile[r * TileLayout.EDGE + c] = row == column ? 0
                : (float) d[chosen[Math.min(row, column)]][chosen[Math.max(row, column)]];
          }
        }
        matrix.putTile(i, j, tile);
      }
    }
    return matrix;
  }

  /** Explained pairwise distance, mean error and its standard error. */
  private static double[] error(double[][] d, int[] models, double[][] coordinates, int[] signature) {
    int held = models.length;
    double[] means = new double[held];
    double missed = 0;
    double total = 0;
    for (int i = 0; i < held; i++) {
      for (int j = 0; j < held; j++) {
        if (i != j) {
          double interval = 0;
          for (int k = 0; k < signature.length; k++) {
            double step = coordinates[models[i]][k] - coordinates[models[j]][k];
            interval += signature[k] * step * step;
          }
          double error = Math.abs(d[i][j] - interval);
          means[i] += error / (held - 1);
          missed += error;
          total += d[i][j];
        }
      }
    }
    double mean = missed / ((double) held * (held - 1));
    double spread = Arrays.stream(means).map(m -> (m - mean) * (m - mean)).sum();
    // A mean over pairs (a U-statistic of order 2) varies twice as much as the mean of independent models.
    double error = 2 * Math.sqrt(spread / ((double) held * (held - 1)));
    return new double[] {total == 0 ? 1 : 1 - missed / total, mean, error};
  }
}
