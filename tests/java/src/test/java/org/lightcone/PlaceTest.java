// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Geometry and planes at a place: the same results wherever it is, and a reason where it cannot be. */
class PlaceTest {
  private static final int POINTS = 48;

  private final List<Devices.Choice> ran = new ArrayList<>();

  /** Open for the calls of a test, and buffers behind addresses. */
  private final List<AutoCloseable> open = new ArrayList<>();
  private final List<Object> kept = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable opened : open) {
      opened.close();
    }
    assertFalse(kept.isEmpty());
  }

  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(4 * count).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Every call that takes a place. */
  private List<Executable> calls(Place place, List<Object> results) {
    Random random = new Random(5);
    Predictions table =
        Predictions.of(Tables.direct(Tables.logits(random, 4, 10, 3, 1)), 4, 10, 3, Kind.LOGITS);
    int[] labels = random.ints(10, 0, 3).toArray();
    Runs runs = new Runs(new long[] {0, 2, 4}, new double[] {0.1, 0.5, 0.2, 0.7});
    TrajectoryOptions options = TrajectoryOptions.defaults().withPoints(4);
    FloatBuffer images = floats(4 * 5);
    for (int k = 0; k < images.capacity(); k++) {
      images.put(k, (float) random.nextGaussian());
    }
    TripletPlanes planes = TripletPlanes.of(images, 5, new int[][] {{0, 1, 2}, {3, 1, 0}});
    PlaneGrid grid = new PlaneGrid(3, 2, 0.1, 0.1);
    LabelMaps maps = LabelMaps.allocate(2, POINTS, 3);
    ByteBuffer mask = ByteBuffer.allocateDirect(POINTS);
    for (int p = 0; p < POINTS; p++) {
      mask.put(p, (byte) (p % 5));
    }
    FloatBuffer logits = floats(POINTS * 3);
    for (int k = 0; k < logits.capacity(); k++) {
      logits.put(k, random.nextInt(4));
    }
    open.addAll(List.of(table, planes, maps));
    kept.add(logits);
    long rows = Direct.in(logits, logits.capacity(), "logits").address();
    return List.of(
        () -> results.add(Progress.of(table, labels, place, null)),
        () -> results.add(Geodesic.between(table, 0, 3, new double[] {0, 0.25, 1}, place, null)),
        () -> results.add(Trajectories.points(table, runs, 1, options, place, null)),
        () -> {
          FloatBuffer out = floats(12 * 5);
          planes.points(grid, 0, 12, Direct.out(out, 60, "points").address(), 20, place, false, null);
          float[] points = new float[60];
          out.get(points);
          results.add(points);
        },
        () -> {
          maps.argmax(1, 0, POINTS, rows, DType.FLOAT32, 12, place, false, null);
          int[] found = new int[POINTS];
          for (int p = 0; p < POINTS; p++) {
            found[p] = maps.label(1, p);
          }
          results.add(found);
        },
        () -> results.add(Agreement.of(maps, mask, place, null).count(0, 1)),
        () -> {
          IntBuffer ids = ByteBuffer.allocateDirect(8 * POINTS).order(ByteOrder.nativeOrder()).asIntBuffer();
          Components components =
              Components.of(maps, 6, 4, new Components.Options(4, 2, 3), ids, place, null);
          results.add(components.areas(1, 1));
          results.add(components.regions(1, 0));
        });
  }

  @Test
  void theCpuIsAPlaceThatSaysSo() throws Throwable {
    List<Object> there = new ArrayList<>();
    for (Executable call : calls(Place.on(Device.CPU).withReport(ran::add), there)) {
      call.execute();
    }
    assertEquals(7, ran.size());
    ran.forEach(choice -> assertEquals(Device.CPU, choice.device()));
    List<Object> automatic = new ArrayList<>();
    for (Executable call : calls(Place.on(Device.AUTO).withReport(ran::add), automatic)) {
      call.execute();
    }
    // So little is never worth a device.
    ran.subList(7, 14).forEach(choice -> assertEquals(Device.CPU, choice.device()));
    ran.forEach(choice -> assertFalse(choice.reason().isEmpty()));
    assertEqualResults(there, automatic, 0);
  }

  @Test
  void aDeviceGivesTheSameOrSaysWhyThereIsNone() throws Throwable {
    List<Object> there = new ArrayList<>();
    List<Object> here = new ArrayList<>();
    Place device = Place.on(Device.CUDA).withReport(ran::add).withMemoryBytes(4096);
    List<Executable> calls = calls(device, there);
    if (!Devices.list().get(0).available()) {
      String reason = Devices.list().get(0).reason();
      for (Executable call : calls) {
        assertEquals("device cuda: " + reason, assertThrows(UnsupportedException.class, call).getMessage());
      }
      assertEquals(List.of(), ran);
      return;
    }
    for (Executable call : calls) {
      call.execute();
    }
    ran.forEach(choice -> assertEquals(Device.CUDA, choice.device()));
    for (Executable call : calls(Place.on(Device.CPU), here)) {
      call.execute();
    }
    assertEqualResults(here, there, 1e-7);
  }

  private static void assertEqualResults(List<Object> wanted, List<Object> found, double within) {
    assertEquals(wanted.size(), found.size());
    for (int k = 0; k < wanted.size(); k++) {
      Object want = wanted.get(k);
      Object have = found.get(k);
      if (want instanceof double[] numbers) {
        assertArrayEquals(numbers, (double[]) have, within);
      } else if (want instanceof float[] numbers) {
        assertArrayEquals(numbers, (float[]) have, (float) within);
      } else if (want instanceof int[] numbers) {
        assertArrayEquals(numbers, (int[]) have);
      } else if (want instanceof long[] numbers) {
        assertArrayEquals(numbers, (long[]) have);
      } else {
        assertEquals(want, have);
      }
    }
  }
}
