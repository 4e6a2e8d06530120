// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Label maps, their agreement and their regions, against what the definitions say. */
class LabelMapsTest {
  private static final int POINTS = 3 * 20 * 21;

  private static LabelMaps random(int maps, int classes) {
    Random random = new Random(72);
    LabelMaps labels = LabelMaps.allocate(maps, POINTS, classes);
    for (int m = 0; m < maps; m++) {
      ByteBuffer bytes = labels.labels(m, 0, POINTS);
      for (int p = 0; p < POINTS; p++) {
        int label = random.nextInt(classes);
        if (labels.labelBytes() == 1) {
          bytes.put((byte) label);
        } else {
          bytes.putShort((short) label);
        }
      }
    }
    return labels;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 10, 256, 257})
  void agreementConfusionAndAreasAreCounts(int classes) {
    int maps = 4;
    ByteBuffer mask = ByteBuffer.allocateDirect(POINTS);
    for (int p = 0; p < POINTS; p++) {
      mask.put(p, (byte) (p % 3));
    }
    try (LabelMaps labels = random(maps, classes)) {
      for (ByteBuffer band : new ByteBuffer[] {null, mask}) {
        Agreement agreement = Agreement.of(labels, band, 2, null);
        Agreement banded = Agreement.of(labels, band, Place.cpu(2), 2 * maps, null);
        RegionAreas areas = RegionAreas.of(labels, band, 2, null);
        for (int i = 0; i < maps; i++) {
          for (int j = 0; j < maps; j++) {
            long equal = 0;
            long counted = 0;
            for (int p = 0; p < POINTS; p++) {
              if (band == null || band.get(p) != 0) {
                counted++;
                equal += labels.label(i, p) == labels.label(j, p) ? 1 : 0;
              }
            }
            assertEquals(counted, agreement.points());
            assertEquals(counted, areas.points());
            assertEquals(equal, agreement.count(i, j));
            assertEquals(equal, banded.count(i, j));
            double a = (double) equal / counted;
            assertEquals(a, agreement.share(i, j));
            assertEquals(a / (2 - a), agreement.jaccard(i, j), 1e-15);
            Confusion confusion = Confusion.of(labels, i, j, band, 1, null);
            assertEquals(a, confusion.agreement());
            assertEquals(confusion.kappa(), agreement.kappa(i, j, areas), 1e-12);
            long row = 0;
            long column = 0;
            for (int c = 0; c < classes; c++) {
              row += confusion.count(1, c);
              column += confusion.count(c, 1);
            }
            assertEquals(areas.count(i, 1), row);
            assertEquals(areas.count(j, 1), column);
            long both = confusion.count(1, 1);
            assertEquals((double) both / (row + column - both), confusion.iou(1));
          }
          assertEquals(1, agreement.share(i, i));
          assertEquals(1, agreement.jaccard(i, i));
          assertEquals(1, agreement.kappa(i, i, areas), 1e-12);
        }
      }
    }
  }

  @Test
  void kappaOfATextbookTable() {
    // Cohen's example: 20 and 15 agreements, 5 and 10 disagreements: a = 0.7, e = 0.5, kappa = 0.4.
    ByteBuffer bytes = ByteBuffer.allocateDirect(100);
    int[][] counts = {{20, 5}, {10, 15}};
    int p = 0;
    for (int a = 0; a < 2; a++) {
      for (int b = 0; b < 2; b++) {
        for (int k = 0; k < counts[a][b]; k++, p++) {
          bytes.put(p, (byte) a).put(50 + p, (byte) b);
        }
      }
    }
    try (LabelMaps labels = LabelMaps.of(bytes, 2, 50, 3)) {
      Confusion confusion = Confusion.of(labels, 0, 1, null, 1, null);
      assertEquals(0.4, confusion.kappa(), 1e-15);
      assertEquals(20 / 35.0, confusion.iou(0));
      assertEquals(Double.NaN, confusion.iou(2));
      RegionAreas areas = RegionAreas.of(labels, null, 1, null);
      assertEquals(0.4, Agreement.of(labels, null, 1, null).kappa(0, 1, areas), 1e-15);
      assertEquals(Math.log(2), areas.renyiEntropy(0, 0), 1e-15);
      assertEquals(Math.log(2), areas.renyiEntropy(0, 1), 1e-15);
      assertEquals(-Math.log(0.6), areas.renyiEntropy(1, Double.POSITIVE_INFINITY), 1e-15);
      assertEquals(-Math.log(0.36 + 0.16), areas.renyiEntropy(1, 2), 1e-15);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 10, 300})
  void argmaxIsUnchangedByShiftAndPowersOfTwo(int classes) {
    int points = 500;
    float[] logits = Tables.logits(new Random(73), 1, points, classes, 1);
    FloatBuffer shifted = Tables.floats(logits.length);
    for (int k = 0; k < logits.length; k++) {
      // Few bits, so that the shift is exact.
      logits[k] = Math.round(logits[k] * 64) / 64f;
      shifted.put(k, 4 * (logits[k] + 3));
    }
    try (LabelMaps labels = LabelMaps.allocate(3, points, classes)) {
      labels.argmax(0, 0, Tables.direct(logits), 2, null);
      labels.argmax(1, 0, shifted, 1, null);
      double[] wide = new double[logits.length];
      for (int k = 0; k < wide.length; k++) {
        wide[k] = logits[k];
      }
      labels.argmax(2, 0, Tables.direct(wide), 1, null);
      for (int p = 0; p < points; p++) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
          best = logits[p * classes + c] > logits[p * classes + best] ? c : best;
        }
        assertEquals(best, labels.label(0, p));
      }
      Agreement agreement = Agreement.of(labels, null, 1, null);
      assertEquals(points, agreement.count(0, 1));
      assertEquals(points, agreement.count(0, 2));
      // From an address, into the middle of a map.
      FloatBuffer rows = Tables.direct(logits);
      labels.argmax(1, 10, 7, OffHeap.of(rows).address(), DType.FLOAT32, 4L * classes, 1, null);
      assertEquals(labels.label(0, 6), labels.label(1, 16));
      rows.put(2 * classes + 1, Float.NaN);
      InvalidDataException bad = assertThrows(
          InvalidDataException.class, () -> labels.argmax(0, 0, rows, 1, null));
      assertTrue(bad.getMessage().contains("row 2"), bad.getMessage());
      assertThrows(IndexOutOfBoundsException.class, () -> labels.argmax(0, 1, rows, 1, null));
      assertThrows(IllegalArgumentException.class,
          () -> labels.argmax(0, 0, rows.duplicate().limit(classes + 1), 1, null));
    }
  }

  @Test
  void componentsOfAllPicturesOfAllMaps() {
    int height = 20;
    int width = 21;
    try (LabelMaps labels = random(2, 2)) {
      // Picture 1 of map 0 is a checkerboard, picture 2 of map 1 one colour.
      ByteBuffer board = labels.labels(0, height * width, height * width);
      for (int k = 0; k < height * width; k++) {
        board.put((byte) ((k / width + k % width) % 2));
      }
      labels.labels(1, 2 * height * width, height * width).put(new byte[height * width]);
      IntBuffer ids = ByteBuffer.allocateDirect(4 * 2 * POINTS).order(ByteOrder.nativeOrder()).asIntBuffer();
      Components eight =
          Components.of(labels, height, width, new Components.Options(8, 1, 500), ids, 2, null);
      Components four = Components.of(labels, height, width, new Components.Options(4, 1, 0), null, 1, null);
      assertEquals(3, eight.pictures());
      assertEquals(2, eight.regions(0, 1));
      assertEquals(height * width, four.regions(0, 1));
      assertEquals(1, four.regions(1, 2));
      for (int m = 0; m < 2; m++) {
        long sum = 0;
        for (int q = 0; q < 3; q++) {
          long[] areas = eight.areas(m, q);
          long[] counted = new long[areas.length];
          for (int k = 0; k < height * width; k++) {
            counted[ids.get(m * POINTS + q * height * width + k)]++;
          }
          assertArrayEquals(counted, areas);
          assertEquals(areas.length, eight.regions(m, q));
          sum += areas.length;
        }
        assertEquals(sum / 3.0, eight.fragmentation(m));
      }
      assertEquals(0, Components.of(labels, height, width, new Components.Options(8, 421, 0), null, 1, null)
          .regions(0, 1));
      assertThrows(IllegalArgumentException.class,
          () -> Components.of(labels, height, width + 1, Components.Options.DEFAULT, null, 1, null));
      assertThrows(IllegalArgumentException.class, () -> new Components.Options(6, 1, 0));
    }
  }

  @Test
  void bandIsAMask() {
    int height = 20;
    int width = 21;
    ByteBuffer bytes = ByteBuffer.allocateDirect(2 * height * width);
    for (int k = 0; k < height * width; k++) {
      bytes.put(k, (byte) (k % width < 10 ? 0 : 1)).put(height * width + k, (byte) (k % width < 11 ? 0 : 1));
    }
    ByteBuffer band = ByteBuffer.allocateDirect(height * width);
    try (LabelMaps labels = LabelMaps.of(bytes, 2, height * width, 2)) {
      labels.boundaryBand(0, 0, height, width, 2, band);
      Agreement agreement = Agreement.of(labels, band, 1, null);
      // Columns 8 to 11, of which 10 differs.
      assertEquals(4 * height, agreement.points());
      assertEquals(3 * height, agreement.count(0, 1));
      labels.boundaryBand(0, 0, height, width, 0, band);
      assertThrows(IllegalArgumentException.class, () -> Agreement.of(labels, band, 1, null));
      assertThrows(IllegalArgumentException.class, () -> Agreement.of(labels, ByteBuffer.allocateDirect(3), 1, null));
      assertThrows(IllegalArgumentException.class, () -> Agreement.of(labels, ByteBuffer.allocate(9999), 1, null));
    }
  }

  @Test
  void labelsThatAreNoClassAreNamed() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(20).put(15, (byte) 3);
    try (LabelMaps labels = LabelMaps.of(bytes, 2, 10, 3)) {
      InvalidDataException bad =
          assertThrows(InvalidDataException.class, () -> RegionAreas.of(labels, null, 1, null));
      assertTrue(bad.getMessage().contains("map 1 has the label 3 at point 5"), bad.getMessage());
      assertThrows(InvalidDataException.class, () -> Confusion.of(labels, 0, 1, null, 1, null));
    }
    assertThrows(IllegalArgumentException.class, () -> LabelMaps.of(bytes, 3, 10, 3));
    assertThrows(IllegalArgumentException.class, () -> LabelMaps.allocate(1, 1, 65537));
    assertThrows(IllegalArgumentException.class, () -> LabelMaps.allocate(0, 1, 2));
  }

  @Test
  void isNotUsedAfterCloseAndStopsWhenCancelled() {
    LabelMaps labels = random(2, 4);
    try (Control control = new Control()) {
      control.cancel();
      assertThrows(CancelledException.class, () -> Agreement.of(labels, null, 1, control));
    }
    labels.close();
    assertThrows(IllegalStateException.class, () -> labels.label(0, 0));
    assertThrows(IllegalStateException.class, () -> Agreement.of(labels, null, 1, null));
  }
}
