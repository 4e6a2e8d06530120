// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Distance matrices in memory and in files. */
class DistanceMatrixTest {
  @TempDir Path folder;

  private Path save(float[] entries, long... shape) {
    Path file = folder.resolve("D.npy");
    Npy.writeFloats(file, entries, shape);
    return file;
  }

  @Test
  void computeToWritesWhatComputeGives() throws Exception {
    int models = 70;
    float[] logits = Tables.logits(new Random(41), models, 30, 10, 2);
    Path file = folder.resolve("D.npy");
    try (Predictions table = Predictions.of(Tables.direct(logits), models, 30, 10, Kind.LOGITS);
        DistanceMatrix memory = DistanceMatrix.compute(table, DistanceOptions.defaults(), null);
        DistanceMatrix written = DistanceMatrix.computeTo(file, table, DistanceOptions.defaults(), null);
        DistanceMatrix read = DistanceMatrix.read(file)) {
      assertEquals(models, read.models());
      assertTrue(written.report().writeSeconds() > 0);
      for (int i = 0; i < models; i++) {
        assertArrayEquals(Tables.matrix(memory)[i], Tables.matrix(written)[i], 0f);
        assertArrayEquals(Tables.matrix(memory)[i], Tables.matrix(read)[i], 0f);
      }
      assertThrows(IllegalStateException.class, read::report);
      assertThrows(IndexOutOfBoundsException.class, () -> read.get(0, models));
      assertThrows(IndexOutOfBoundsException.class, () -> read.get(-1, 0));
      Path again = folder.resolve("again.npy");
      read.write(again);
      assertEquals(-1, Files.mismatch(file, again), "read and written again, it is the same file");
    }
    assertEquals("(70, 70) float32", Shell.python(
        "import sys, numpy as np; d = np.load(sys.argv[1]); assert (d == d.T).all(); print(d.shape, d.dtype)",
        file).strip());
  }

  @Test
  void nothingIsComputedForATargetThatCannotBe() {
    Path file = folder.resolve("no/D.npy");
    float[] logits = new float[2 * 3 * 4];
    try (Predictions table = Predictions.of(Tables.direct(logits), 2, 3, 4, Kind.LOGITS);
        Control control = new Control()) {
      PredictionsTest.assertMessage(LightconeIoException.class, "does not exist; create it first",
          () -> DistanceMatrix.computeTo(file, table, DistanceOptions.defaults(), control).close());
      assertEquals(0, control.total(), "the computation must not have begun");
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "0 1 1 0        | 1 4 | its shape is (1, 4), a distance matrix is square",
    "0 1 1 0        | 4   | its shape is (4,), wanted is (models, models)",
    "0 1 2 0        | 2 2 | its entry (0, 1) is 1.0 and entry (1, 0) is 2.0; a distance matrix is symmetric",
    "0 1 Infinity 0 | 2 2 | its entry (0, 1) is 1.0 and entry (1, 0) is Infinity",
    "0 NaN 1 0      | 2 2 | its entry (0, 1) is NaN; distances are not negative and no NaN",
    "0 -1 -1 0      | 2 2 | its entry (0, 1) is -1.0; distances are not negative",
    "0 1 1 0.5      | 2 2 | its entry (1, 1) is 0.5; the distance of a model to itself is 0",
  })
  void refusesWhatIsNoDistanceMatrix(String entries, String shape, String part) {
    String[] parts = entries.split(" ");
    float[] values = new float[parts.length];
    for (int k = 0; k < parts.length; k++) {
      values[k] = Float.parseFloat(parts[k]);
    }
    Path file = save(values, java.util.Arrays.stream(shape.split(" ")).mapToLong(Long::parseLong).toArray());
    PredictionsTest.assertMessage(InvalidDataException.class, file + " cannot be used: " + part,
        () -> DistanceMatrix.read(file).close());
  }

  @Test
  void roundingAsymmetryIsAveragedAway() {
    Path file = save(new float[] {0, 1, 100, 1.00001f, 0, 3, 100, 3, 0}, 3, 3);
    try (DistanceMatrix d = DistanceMatrix.read(file)) {
      assertEquals(d.get(0, 1), d.get(1, 0));
      assertEquals(1.000005f, d.get(0, 1), 1e-6f);
    }
  }

  @Test
  void readsFloat64AndAsymmetryAcrossBlocks() {
    int models = 150;
    double[] entries = new double[models * models];
    for (int i = 0; i < models; i++) {
      for (int j = 0; j < models; j++) {
        entries[i * models + j] = Math.abs(i - j);
      }
    }
    Path file = folder.resolve("D8.npy");
    Npy.writeDoubles(file, entries, models, models);
    try (DistanceMatrix d = DistanceMatrix.read(file)) {
      assertEquals(149f, d.get(149, 0));
    }
    entries[149 * models + 3] += 1;
    Npy.writeDoubles(file, entries, models, models);
    PredictionsTest.assertMessage(InvalidDataException.class, "its entry (3, 149) is 146.0 and entry (149, 3) is 147.0",
        () -> DistanceMatrix.read(file).close());
  }

  @Test
  void optionsRefuseImpossibleValues() {
    DistanceOptions defaults = DistanceOptions.defaults();
    assertThrows(IllegalArgumentException.class, () -> defaults.withCap(0));
    assertThrows(IllegalArgumentException.class, () -> defaults.withCap(Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> defaults.withIsa(null));
    for (String text : List.of("5:3", "-1:4", "1:4:0", "1", "a:b", "1:2:3:4", "")) {
      assertThrows(IllegalArgumentException.class, () -> DistanceOptions.SampleRange.parse(text), text);
    }
    float[] logits = new float[2 * 3 * 4];
    try (Predictions table = Predictions.of(Tables.direct(logits), 2, 3, 4, Kind.LOGITS)) {
      PredictionsTest.assertMessage(IllegalArgumentException.class, "samples 0:4:1 are not a range of the 3 samples",
          () -> DistanceMatrix.compute(table,
              defaults.withSamples(DistanceOptions.SampleRange.parse("0:4")), null).close());
    }
  }

  @Test
  void whatTheMachineCannotHoldIsRefusedBeforehand() {
    // 2^20 models: 4 TiB of distances. The table: logits of zero, one sample, two classes.
    long models = 1L << 20;
    Path file = folder.resolve("P.npy");
    Npy.writeFloats(file, new float[(int) models * 2], models, 1, 2);
    try (Predictions table = Predictions.open(file, Kind.LOGITS)) {
      LightconeException e = assertThrows(LightconeException.class,
          () -> DistanceMatrix.compute(table, DistanceOptions.defaults(), null).close());
      assertTrue(e.getMessage().startsWith("no memory for the distances of 1048576 models: "), e.getMessage());
      assertTrue(e.getMessage().contains("TB are needed and this machine has"), e.getMessage());
      assertFalse(e.getMessage().contains("\n"));
    }
  }
}
