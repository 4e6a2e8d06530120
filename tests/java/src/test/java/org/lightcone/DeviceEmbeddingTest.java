// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Embeddings with the matrix on a device against those of the CPU: on the GPU where there is one, elsewhere on the emulated
 * device of the native build.
 */
class DeviceEmbeddingTest {
  private static final double TOLERANCE = 1e-10;

  @BeforeAll
  static void loadsADevice() {
    if (!Devices.list().get(0).available()) {
      Path emulated = Path.of(System.getProperty("lightcone.root", ""),
          "java/engine/target/native/tests/cuda/liblightcone_cuda_emulated.so");
      assertTrue(Files.exists(emulated), emulated.toString());
      Devices.load(emulated);
    }
    assertTrue(Devices.list().get(0).available());
  }

  private static DistanceMatrix matrix(int models) {
    double[] axes = {9, -4, 2, 1, -0.5, 0.25, 0.1, -0.05};
    return Matrices.intervals(Matrices.points(5, models, axes), axes);
  }

  private static EmbeddingOptions options(int dims, Device device) {
    return EmbeddingOptions.of(dims).withTolerance(TOLERANCE).withThreads(2).withDevice(device);
  }

  private static void assertSame(Embedding cpu, Embedding device) {
    assertEquals(Device.CPU, cpu.device());
    assertEquals(Device.CUDA, device.device());
    double largest = Math.abs(cpu.eigenvalues()[0]);
    // A residual r bounds the distance to an eigenvalue by r (symmetric matrices), on either side.
    assertArrayEquals(cpu.eigenvalues(), device.eigenvalues(), 2 * TOLERANCE * largest);
    assertArrayEquals(cpu.signature(), device.signature());
    for (double residual : device.residuals()) {
      // Measured with a product of its own: the tolerance, and rounding of M terms.
      assertTrue(residual <= TOLERANCE + 1e-12, "residual " + residual);
    }
    assertArrayEquals(cpu.pairwise(), device.pairwise(), 1e-6);
    assertArrayEquals(cpu.stress(), device.stress(), 1e-6);
  }

  @Test
  void eigenpairsOfTheDeviceAreThoseOfTheCpu() {
    try (DistanceMatrix d = matrix(230)) {
      Embedding device = InPca.embed(d, options(6, Device.CUDA), null);
      assertSame(InPca.embed(d, options(6, Device.CPU), null), device);
      assertEquals("asked for", device.deviceReason());
      // Coordinates, not only what is derived from them: the intervals of 6 of 8 axes and little else.
      Embedding again = InPca.embed(d, options(6, Device.CUDA), null);
      for (int i = 0; i < 230; i++) {
        assertArrayEquals(device.coordinates()[i], again.coordinates()[i]); // the bits
      }
    }
  }

  @Test
  void weightsAndModelsOfWeightZero() {
    double[] weights = new double[205];
    Arrays.setAll(weights, i -> i % 7 == 3 ? 0 : 1 + i % 5);
    try (DistanceMatrix d = matrix(205)) {
      Embedding cpu = InPca.embed(d, options(4, Device.CPU).withWeights(weights), null);
      Embedding device = InPca.embed(d, options(4, Device.CUDA).withWeights(weights), null);
      assertSame(cpu, device);
      for (int k = 0; k < 4; k++) {
        double scale = Math.sqrt(Math.abs(cpu.eigenvalues()[k]));
        for (int i = 0; i < 205; i++) {
          assertEquals(cpu.coordinates()[i][k], device.coordinates()[i][k], 1e-7 * scale);
        }
      }
    }
  }

  @Test
  void theTilesOfAFileGoToTheDeviceInBands(@TempDir Path folder) {
    Path file = folder.resolve("d.tiles");
    try (Predictions table = Predictions.of(
            Tables.direct(Tables.logits(new java.util.Random(3), 210, 7, 3, 1)), 210, 7, 3, Kind.LOGITS)) {
      DistanceFile.compute(file, table, DistanceOptions.defaults().withThreads(2).withDevice(Device.CPU),
          DistancePlan.machineBytes(), null);
    }
    try (PackedTiles d = PackedTiles.open(file)) {
      assertSame(InPca.embed(d, options(5, Device.CPU), null), InPca.embed(d, options(5, Device.CUDA), null));
    }
  }

  @Test
  void whereTheVectorsAreIsSaid() {
    String missing = CudaBlocks.unavailable();
    try (DistanceMatrix d = matrix(230)) {
      String dense = InPca.embed(d, options(6, Device.CUDA), null).dense();
      assertEquals(missing == null ? "the device, by cuBLAS and cuSOLVER" : "the CPU: " + missing, dense);
      assertFalse(missing != null && missing.isBlank());
      Embedding auto = InPca.embed(d, options(6, Device.AUTO), null);
      assertEquals(Device.CPU, auto.device());
      assertTrue(auto.deviceReason().contains("dense LAPACK"), auto.deviceReason());
    }
    try (DistanceMatrix d = matrix(InPca.DENSE_ORDER + 1)) {
      Embedding auto = InPca.embed(d, options(2, Device.AUTO), null);
      assertEquals(Device.CPU, auto.device());
      assertTrue(auto.deviceReason().contains("start of a device"), auto.deviceReason());
    }
  }

  @Test
  void whatOnlyTheCpuSolvesIsRefused() {
    try (DistanceMatrix d = matrix(50)) {
      String message =
          assertThrows(UnsupportedException.class, () -> InPca.embed(d, options(40, Device.CUDA), null)).getMessage();
      assertTrue(message.contains("dense LAPACK"), message);
      try (Control control = new Control(); DistanceMatrix large = matrix(230)) {
        control.cancel();
        assertThrows(CancelledException.class, () -> InPca.embed(large, options(6, Device.CUDA), control));
      }
    }
  }
}
