// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks of distances from a file of predictions are entries of the whole matrix; landmarks from them. */
class PredictionBlocksTest {
  @TempDir Path folder;

  @Test
  void blocksAreEntriesOfTheMatrixAndEmbedByLandmarks() {
    int models = 120;
    int samples = 9;
    int classes = 4;
    float[] p = Tables.softmax(Tables.logits(new Random(2), models, samples, classes, 1), classes);
    Path npy = folder.resolve("P.npy");
    Npy.writeFloats(npy, p, models, samples, classes);
    DistanceOptions options = DistanceOptions.defaults().withThreads(2);
    try (Predictions table = Predictions.open(npy, Kind.PROBS);
        DistanceMatrix d = DistanceMatrix.compute(table, options, null);
        PredictionBlocks blocks = new PredictionBlocks(npy, Kind.PROBS, options, null)) {
      assertEquals(models, blocks.models());
      int[] rows = {5, 6, 7, 119, 0, 50};
      for (int[] columns : new int[][] {{3, 119, 118}, {3, 119, 118}, {7}}) {
        double[][] block = blocks.block(rows, columns);
        for (int i = 0; i < rows.length; i++) {
          for (int j = 0; j < columns.length; j++) {
            double wanted = d.get(rows[i], columns[j]);
            // Both are within 2e-6 of the exact distance.
            assertEquals(wanted, block[i][j], 4e-6 * wanted);
          }
        }
      }
      // As many landmarks and dimensions as an isometry needs are exact for the landmarks themselves.
      LandmarkEmbedding e = LandmarkEmbedding.of(blocks, 60, 40, EmbeddingOptions.of(59).withThreads(1), null);
      for (int i = 0; i < 60; i++) {
        for (int j = 0; j < i; j++) {
          double interval = 0;
          for (int k = 0; k < 59; k++) {
            double step = e.coordinates()[e.landmarks()[i]][k] - e.coordinates()[e.landmarks()[j]][k];
            interval += e.embedding().signature()[k] * step * step;
          }
          double wanted = d.get(e.landmarks()[i], e.landmarks()[j]);
          assertEquals(wanted, interval, 2e-4 * wanted, "landmarks " + i + " and " + j);
        }
      }
      assertTrue(e.pairwise() > 0 && e.pairwise() < 1 && e.meanError() > 0, "others are approximate: " + e.pairwise());
    }
  }
}
