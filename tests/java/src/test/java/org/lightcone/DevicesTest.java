// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The devices as Java sees them, on machines with and without one. */
class DevicesTest {
  @Test
  void eachEntryIsAvailableOrSaysWhyNot() {
    List<Devices.Entry> entries = Devices.list();
    assertFalse(entries.isEmpty());
    for (Devices.Entry entry : entries) {
      assertEquals(entry.available(), entry.reason().isEmpty());
      assertTrue(!entry.available() || !entry.name().isEmpty());
    }
  }

  @Test
  void whatIsNoDeviceLibraryIsRefusedByName(@TempDir Path folder) throws Exception {
    Path missing = folder.resolve("liblightcone_cuda.so");
    assertTrue(assertThrows(LightconeIoException.class, () -> Devices.load(missing)).getMessage()
        .contains(missing.toString()));
    Files.writeString(missing, "no library");
    assertThrows(LightconeIoException.class, () -> Devices.load(missing));
  }

  @Test
  void aSmallTableIsMeasuredOnTheCpuAndTheReportSaysWhy() {
    DistanceOptions options = DistanceOptions.defaults();
    Devices.Choice choice = Devices.choose(options, 5, 10, 3);
    assertEquals(Device.CPU, choice.device());
    try (Predictions table = Predictions.of(Tables.direct(Tables.logits(new Random(1), 5, 10, 3, 1)), 5, 10, 3, Kind.LOGITS);
        DistanceMatrix matrix = DistanceMatrix.compute(table, options, null)) {
      assertEquals(Device.CPU, matrix.report().device());
      assertEquals("", matrix.report().deviceName());
      assertEquals(choice.reason(), matrix.report().deviceReason());
    }
  }

  @Test
  void aDeviceThatCannotDoItIsRefusedWithTheReason() {
    DistanceOptions options =
        DistanceOptions.defaults().withDevice(Device.CUDA).withPrecision(DistanceOptions.Precision.COMPAT);
    String message = assertThrows(UnsupportedException.class, () -> Devices.choose(options, 5, 10, 3)).getMessage();
    assertTrue(message.contains("compat"), message);
  }

  @Test
  void devicesHaveTheNamesOfTheCommandLine() {
    for (Device device : Device.values()) {
      assertEquals(device, Device.parse(device.toString()));
    }
    assertThrows(IllegalArgumentException.class, () -> Device.parse("tpu"));
  }
}
