// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packed layout: its arithmetic, and what lies where for sizes that straddle tiles. */
class PackedTilesTest {
  @TempDir Path folder;

  /** A matrix whose entries tell where they belong. */
  private Path matrix(int models, long seed) {
    Random random = new Random(seed);
    float[] entries = new float[models * models];
    for (int i = 0; i < models; i++) {
      for (int j = i + 1; j < models; j++) {
        entries[i * models + j] = entries[j * models + i] = random.nextFloat();
      }
    }
    Path file = folder.resolve("D" + models + ".npy");
    Npy.writeFloats(file, entries, models, models);
    return file;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 95, 96, 97, 191, 192, 193, 300})
  void everyEntryLiesWhereTheHeaderSays(int models) {
    Path file = matrix(models, models);
    double[] wanted = Npy.readDoubles(file);
    try (DistanceMatrix d = DistanceMatrix.read(file)) {
      float[][] rows = Tables.matrix(d);
      float[] seen = new float[models * models];
      d.bands(1, band -> {
        assertEquals(band.bytes(), band.tiles().limit());
        int edge = TileLayout.EDGE;
        int tile = 0;
        for (int i = band.begin(); i < band.end(); i++) {
          FloatBuffer row = band.row(i);
          for (int j = i; j < d.layout().blocks(); j++, tile++) {
            assertEquals(tile * (long) TileLayout.TILE_BYTES, d.layout().offset(i, j));
            for (int r = 0; r < edge; r++) {
              for (int c = 0; c < edge; c++) {
                float entry = row.get((j - i) * edge * edge + r * edge + c);
                if (i * edge + r < models && j * edge + c < models) {
                  seen[(i * edge + r) * models + j * edge + c] = entry;
                  seen[(j * edge + c) * models + i * edge + r] = entry;
                } else {
                  assertEquals(0, entry, "beyond M");
                }
              }
            }
          }
        }
      });
      assertEquals(1, d.passes());
      for (int i = 0; i < models; i++) {
        for (int j = 0; j < models; j++) {
          float want = (float) wanted[i * models + j];
          assertEquals(want, d.get(i, j));
          assertEquals(want, rows[i][j]);
          assertEquals(want, seen[i * models + j]);
        }
      }
    }
  }

  @Test
  void sizesBeyondAnInt() {
    TileLayout large = new TileLayout(65_536);
    assertEquals(683, large.blocks());
    assertEquals(683L * 684 / 2 * 36_864, large.bytes());
    assertEquals(large.bytes() - TileLayout.TILE_BYTES, large.offset(682, 682));
    assertEquals(64, large.modelsIn(682));
    TileLayout most = TileLayout.of(TileLayout.MOST_MODELS, "it");
    assertEquals(most.bytes(), most.bytes(0, 17) + most.bytes(17, most.blocks()));
    assertThrows(InvalidDataException.class, () -> TileLayout.of(TileLayout.MOST_MODELS + 1L, "it"));
  }

  @Test
  void aRunOfBlockRowsFitsItsBytes() {
    TileLayout layout = new TileLayout(10 * TileLayout.EDGE);
    assertEquals(1, layout.endWithin(0, 1), "at least one block row");
    assertEquals(1, layout.endWithin(0, 19L * TileLayout.TILE_BYTES - 1));
    assertEquals(2, layout.endWithin(0, 19L * TileLayout.TILE_BYTES));
    assertEquals(10, layout.endWithin(4, Long.MAX_VALUE));
  }
}
