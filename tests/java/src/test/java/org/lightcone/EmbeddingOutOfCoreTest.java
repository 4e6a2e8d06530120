// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Embedding a .tiles file: the numbers of the matrix in memory, the passes that are claimed, and limits that hold. */
class EmbeddingOutOfCoreTest {
  private static final int MODELS = 1_000;
  @TempDir static Path folder;

  @BeforeAll
  static void computeBoth() {
    int samples = 6;
    int classes = 3;
    float[] logits = Tables.logits(new Random(5), MODELS, samples, classes, 1.5);
    try (Predictions table = Predictions.of(Tables.direct(logits), MODELS, samples, classes, Kind.LOGITS)) {
      DistanceFile.compute(folder.resolve("D.tiles"), table, DistanceOptions.defaults(), 4L << 30, null);
      DistanceFile.compute(folder.resolve("D.npy"), table, DistanceOptions.defaults(), 4L << 30, null);
    }
  }

  private static PackedTiles open(String name) {
    return PackedTiles.open(folder.resolve(name));
  }

  @Test
  void productsByBlockRowsHaveTheBitsOfTheWholeMatrix() {
    int columns = 24;
    double[][] products = new double[2][MODELS * columns];
    for (int run = 0; run < 2; run++) {
      try (PackedTiles d = open(run == 0 ? "D.npy" : "D.tiles");
          CentredDistances a = new CentredDistances(d, null, 1, 2, null);
          OffHeap memory = OffHeap.allocate(2L * MODELS * columns * Double.BYTES, "a test")) {
        Random random = new Random(1);
        DoubleBuffer x = memory.doubles(0, MODELS * columns);
        DoubleBuffer y = memory.doubles((long) MODELS * columns * Double.BYTES, MODELS * columns);
        for (int k = 0; k < MODELS * columns; k++) {
          x.put(k, random.nextGaussian());
        }
        a.multiply(columns, x, y);
        y.get(products[run]);
        assertEquals(2, a.passes());
      }
    }
    assertArrayEquals(products[0], products[1]);
  }

  @Test
  void theFileGivesTheEmbeddingOfTheMatrixInItsPasses() {
    Embedding[] embeddings = new Embedding[2];
    for (int run = 0; run < 2; run++) {
      try (PackedTiles d = open(run == 0 ? "D.npy" : "D.tiles")) {
        embeddings[run] = InPca.embed(d, EmbeddingOptions.of(10).withThreads(2), null);
        assertEquals(d.passes(), embeddings[run].passes(), "every pass is counted");
      }
    }
    // Blocks of another width: both are within their residuals of the truth.
    double[] values = embeddings[0].eigenvalues();
    double largest = Math.abs(values[0]);
    assertArrayEquals(values, embeddings[1].eigenvalues(), 2e-8 * largest);
    assertArrayEquals(embeddings[0].pairwise(), embeddings[1].pairwise(), 1e-6);
    for (int k = 0; k < 9; k++) {
      double gap = largest;
      for (int l = 0; l < 10; l++) {
        gap = l == k ? gap : Math.min(gap, Math.abs(values[k] - values[l]));
      }
      // The sine of a vector's angle to the true one is at most its residual over the gap.
      double bound = 2 * 1.1e-8 * largest / gap * Math.sqrt(Math.abs(values[k]));
      for (int i = 0; i < MODELS; i++) {
        assertEquals(embeddings[0].coordinates()[i][k], embeddings[1].coordinates()[i][k], bound, i + ", " + k);
      }
    }
    assertTrue(Arrays.stream(embeddings[1].residuals()).allMatch(r -> r <= 1.1e-8));
  }

  @Test
  void thePlanCountsTheBuffersThatAreTaken() {
    TileLayout layout = new TileLayout(60_000);
    EmbeddingOptions options = EmbeddingOptions.of(3).withMemory(Memory.resident() + (600L << 20));
    InPca.Plan plan = InPca.Plan.of(60_000, false, options);
    assertTrue(plan.bufferBytes() >= 2 * layout.bytes(0, 1), "a run has one block row at least: " + plan);
  }

  @Test
  void vectorsBeyondOneBufferAreRefusedWithASentence() {
    UnsupportedException e = assertThrows(UnsupportedException.class,
        () -> InPca.Plan.of(151_407, true, EmbeddingOptions.of(1_500)));
    assertTrue(e.getMessage().startsWith("1500 dimensions of 151407 models: "), e.getMessage());
  }

  @Test
  void aLimitThatIsTooSmallIsRefusedAndCancellingStops() {
    try (PackedTiles d = open("D.tiles");
        Control control = new Control()) {
      assertTrue(assertThrows(UnsupportedException.class,
          () -> InPca.embed(d, EmbeddingOptions.of(10).withMemory(1 << 20), null)).getMessage().contains("--memory"));
      control.cancel();
      assertThrows(CancelledException.class, () -> InPca.embed(d, EmbeddingOptions.of(10), control));
    }
  }
}
