// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Planes through triplets: what crosses from Java; the mathematics is tested natively. */
class TripletPlanesTest {
  private static final int DIMENSION = 37;

  private static FloatBuffer images(int count) {
    return Tables.direct(Tables.logits(new Random(71), 1, count, DIMENSION, 1));
  }

  private static float[] row(FloatBuffer rows, int index, int width) {
    float[] row = new float[width];
    rows.duplicate().position(index * width).get(row);
    return row;
  }

  @Test
  void verticesOfARightTriangleAreExact() {
    DoubleBuffer images = Tables.direct(new double[] {1, 0, 0, 1, 3, 4, 3, 3, 4});
    try (TripletPlanes planes = TripletPlanes.of(images, 3, new int[][] {{0, 1, 2}})) {
      assertArrayEquals(new double[] {5, 5, 2}, planes.vertices(0));
      double[][] at = planes.coordinates(0, new PlaneGrid(3, 2, 0, 0.5));
      assertArrayEquals(new double[] {0, 3.75, 7.5}, at[0]);
      assertArrayEquals(new double[] {0, 3}, at[1]);
    }
  }

  @Test
  void verticesAreTheImages() {
    FloatBuffer images = images(5);
    int[][] triplets = {{0, 1, 2}, {4, 3, 1}};
    try (TripletPlanes planes = TripletPlanes.of(images, DIMENSION, triplets)) {
      assertEquals(2, planes.triplets());
      for (int q = 0; q < 2; q++) {
        double[] v = planes.vertices(q);
        FloatBuffer out = Tables.floats(3 * DIMENSION);
        planes.pointsAt(q, new double[] {0, 0, v[0], 0, v[1], v[2]}, out);
        for (int k = 0; k < 3; k++) {
          assertArrayEquals(row(images, triplets[q][k], DIMENSION), row(out, k, DIMENSION));
        }
      }
    }
  }

  @Test
  void anyStretchOfThePointsIsTheSame() {
    PlaneGrid grid = new PlaneGrid(7, 5, 0.1, 0.1);
    try (TripletPlanes planes = TripletPlanes.of(images(5), DIMENSION, new int[][] {{0, 1, 2}, {4, 3, 1}, {2, 0, 4}})) {
      FloatBuffer all = Tables.floats(105 * DIMENSION);
      planes.points(grid, 0, 105, all, 2, null);
      FloatBuffer part = Tables.floats(40 * DIMENSION);
      planes.points(grid, 33, 40, part, 1, null);
      for (int k = 0; k < 40; k++) {
        assertArrayEquals(row(all, 33 + k, DIMENSION), row(part, k, DIMENSION));
      }
      // At an address, with room between the rows.
      ByteBuffer spaced = ByteBuffer.allocateDirect(40 * 200).order(ByteOrder.nativeOrder());
      planes.points(grid, 33, 40, OffHeap.of(spaced).address(), 200, 2, null);
      for (int k = 0; k < 40; k++) {
        float[] got = new float[DIMENSION];
        spaced.duplicate().order(ByteOrder.nativeOrder()).position(200 * k).asFloatBuffer().get(got);
        assertArrayEquals(row(part, k, DIMENSION), got);
      }
      assertThrows(IndexOutOfBoundsException.class, () -> planes.points(grid, 70, 40, part, 1, null));
      assertThrows(IllegalArgumentException.class, () -> planes.points(grid, 0, 41, part, 1, null));
      assertThrows(IllegalArgumentException.class, () -> planes.points(grid, 0, 1, FloatBuffer.allocate(99), 1, null));
      assertThrows(
          IllegalArgumentException.class, () -> planes.points(grid, 0, 1, part.asReadOnlyBuffer(), 1, null));
    }
  }

  @Test
  void throughALayerOneGetsItsActivations() {
    int width = 4;
    FloatBuffer images = images(3);
    double[] activations = new double[3 * width];
    for (int i = 0; i < 3; i++) {
      for (int h = 0; h < width; h++) {
        for (int d = 0; d < DIMENSION; d++) {
          activations[i * width + h] += (d % (h + 2) - 1) * (double) images.get(i * DIMENSION + d);
        }
      }
    }
    PlaneGrid grid = new PlaneGrid(4, 4, 0.1, 0.1);
    FloatBuffer points = Tables.floats(16 * DIMENSION);
    FloatBuffer hidden = Tables.floats(16 * width);
    try (TripletPlanes planes = TripletPlanes.of(images, DIMENSION, new int[][] {{0, 1, 2}});
        TripletPlanes through = planes.through(Tables.direct(activations), width)) {
      planes.points(grid, 0, 16, points, 1, null);
      through.points(grid, 0, 16, hidden, 1, null);
      assertThrows(IllegalArgumentException.class, () -> planes.through(Tables.direct(new double[8]), width));
    }
    for (int k = 0; k < 16; k++) {
      for (int h = 0; h < width; h++) {
        double wanted = 0;
        for (int d = 0; d < DIMENSION; d++) {
          wanted += (d % (h + 2) - 1) * (double) points.get(k * DIMENSION + d);
        }
        // Float32 rounding of 37 entries below 16, weights below 4.
        assertEquals(wanted, hidden.get(k * width + h), 37 * 4 * 16 * 0x1p-24);
      }
    }
  }

  @Test
  void refusesWhatSpansNoPlane() {
    FloatBuffer images = images(4);
    for (int d = 0; d < DIMENSION; d++) {
      images.put(3 * DIMENSION + d, images.get(d));
    }
    InvalidDataException equal = assertThrows(InvalidDataException.class,
        () -> TripletPlanes.of(images, DIMENSION, new int[][] {{0, 1, 2}, {3, 1, 0}}));
    assertTrue(equal.getMessage().contains("triplet 1 (images 3, 1, 0): images 3 and 0 are equal"), equal.getMessage());
    assertThrows(IllegalArgumentException.class,
        () -> TripletPlanes.of(images, DIMENSION, new int[][] {{0, 1, 4}}));
    assertThrows(IllegalArgumentException.class, () -> TripletPlanes.of(images, DIMENSION, new int[][] {{0, 1}}));
    assertThrows(
        IllegalArgumentException.class, () -> TripletPlanes.of(images, DIMENSION + 1, new int[][] {{0, 1, 2}}));
    assertThrows(IllegalArgumentException.class, () -> TripletPlanes.of(images, DIMENSION, new int[0][]));
    assertThrows(IllegalArgumentException.class, () -> new PlaneGrid(0, 1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new PlaneGrid(1, 1, Double.NaN, 0));
  }

  @Test
  void isNotUsedAfterClose() {
    TripletPlanes planes = TripletPlanes.of(images(3), DIMENSION, new int[][] {{0, 1, 2}});
    planes.close();
    planes.close();
    assertThrows(IllegalStateException.class, () -> planes.vertices(0));
  }
}
