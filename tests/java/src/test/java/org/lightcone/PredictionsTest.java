// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables: what is read is what was given, and what is wrong is named. */
class PredictionsTest {
  private static final int MODELS = 3;
  private static final int SAMPLES = 4;
  private static final int CLASSES = 5;

  @TempDir Path folder;

  private static float[] good() {
    return Tables.softmax(Tables.logits(new Random(31), MODELS, SAMPLES, CLASSES, 2), CLASSES);
  }

  private Path save(float[] p, long... shape) {
    Path file = folder.resolve("P.npy");
    Npy.writeFloats(file, p, shape);
    return file;
  }

  @Test
  void readsNormalisedLogProbabilities() {
    float[] p = good();
    double[] wanted = Oracle.logOfProbabilities(Tables.toDouble(p), CLASSES);
    try (Predictions table = Predictions.open(save(p, MODELS, SAMPLES, CLASSES), Kind.PROBS)) {
      assertEquals(MODELS, table.models());
      assertEquals(SAMPLES, table.samples());
      assertEquals(CLASSES, table.classes());
      double[] logs = new double[2 * CLASSES];
      table.read(2, 1, 2, logs);
      DoubleBuffer buffer = Tables.doubles(3 * CLASSES).position(CLASSES);
      table.read(2, 1, 2, buffer);
      assertEquals(CLASSES, buffer.position(), "the position does not move");
      for (int k = 0; k < logs.length; k++) {
        assertEquals(wanted[(2 * SAMPLES + 1) * CLASSES + k], logs[k], 1e-14);
        assertEquals(logs[k], buffer.get(CLASSES + k));
      }
    }
  }

  @Test
  void readsAFileOfFloat64WithoutRounding() {
    double[] p = Tables.toDouble(good());
    p[0] += 1e-12;
    Path file = folder.resolve("P8.npy");
    Npy.writeDoubles(file, p, MODELS, SAMPLES, CLASSES);
    double[] wanted = Oracle.logOfProbabilities(p, CLASSES);
    try (Predictions table = Predictions.open(file, Kind.PROBS)) {
      double[] logs = new double[CLASSES];
      table.read(0, 0, 1, logs);
      assertEquals(wanted[0], logs[0], 1e-15);
    }
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "NaN       | class 3 is NaN",
    "Infinity  | class 3 is inf",
    "-0.25     | class 3 has the negative probability -0.25",
    "0.9       | the probabilities sum to",
  })
  void aBadRowIsNamedByFileModelSampleAndValue(float value, String part) {
    float[] p = good();
    p[(1 * SAMPLES + 2) * CLASSES + 3] = value;
    // A later bad row must not be the one that is named.
    p[(2 * SAMPLES + 1) * CLASSES] = Float.NaN;
    Path file = save(p, MODELS, SAMPLES, CLASSES);
    InvalidDataException e =
        assertThrows(InvalidDataException.class, () -> Predictions.open(file, Kind.PROBS).close());
    assertTrue(e.getMessage().startsWith(file + ": model 1, sample 2: "), e.getMessage());
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void aWrongKindIsSuspected() {
    Path file = save(Tables.logits(new Random(32), MODELS, SAMPLES, CLASSES, 1), MODELS, SAMPLES, CLASSES);
    InvalidDataException e =
        assertThrows(InvalidDataException.class, () -> Predictions.open(file, Kind.LOG_PROBS).close());
    assertTrue(e.getMessage().contains("(are they logits or probabilities?)"), e.getMessage());
    Predictions.open(file, Kind.LOGITS).close();
  }

  @Test
  void logitsNeedOneFiniteEntry() {
    float[] logits = new float[MODELS * SAMPLES * CLASSES];
    Arrays.fill(logits, CLASSES, 2 * CLASSES, Float.NEGATIVE_INFINITY);
    InvalidDataException e = assertThrows(InvalidDataException.class,
        () -> Predictions.of(Tables.direct(logits), MODELS, SAMPLES, CLASSES, Kind.LOGITS).close());
    assertTrue(e.getMessage().contains("model 0, sample 1: every logit is -inf"), e.getMessage());
  }

  @Test
  void rowsWithinATousandthAreRenormalised() {
    float[] p = good();
    for (int k = 0; k < p.length; k++) {
      p[k] *= 1.0009f;
    }
    double[] wanted = Oracle.logOfProbabilities(Tables.toDouble(p), CLASSES);
    try (Predictions table = Predictions.of(Tables.direct(p), MODELS, SAMPLES, CLASSES, Kind.PROBS)) {
      double[] logs = new double[CLASSES];
      table.read(1, 1, 1, logs);
      assertEquals(wanted[(SAMPLES + 1) * CLASSES], logs[0], 1e-14);
    }
  }

  @Test
  void refusesFilesOfAnotherShapeOrType() {
    float[] p = good();
    Path flat = save(p, MODELS * SAMPLES, CLASSES);
    assertMessage(InvalidDataException.class, "its shape is (12, 5), wanted is (models, samples, classes)",
        () -> Predictions.open(flat, Kind.PROBS).close());
    Path single = save(new float[3], 3, 1, 1);
    assertMessage(InvalidDataException.class, "at least one model, one sample and two classes",
        () -> Predictions.open(single, Kind.PROBS).close());
    Path ints = folder.resolve("i.npy");
    Npy.writeInts(ints, new int[4], 1, 2, 2);
    assertMessage(InvalidDataException.class, "its elements are <i4, wanted are <f4, <f8",
        () -> Predictions.open(ints, Kind.PROBS).close());
    assertMessage(LightconeIoException.class, "no such file",
        () -> Predictions.open(folder.resolve("none.npy"), Kind.PROBS).close());
  }

  @Test
  void opensAPathThatIsNotAscii() throws Exception {
    Path named;
    try {
      named = folder.resolve("pr\u00e4diktion.npy");
    } catch (java.nio.file.InvalidPathException e) {
      return; // This locale has no such names, so no user can give one.
    }
    Files.move(save(good(), MODELS, SAMPLES, CLASSES), named);
    Predictions.open(named, Kind.PROBS).close();
  }

  @Test
  void blocksMustCoverTheTableOnce() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(MODELS * SAMPLES * CLASSES * 4).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(good());
    long stride = SAMPLES * CLASSES * 4;
    Predictions.Builder builder = Predictions.builder(MODELS, SAMPLES, CLASSES)
        .addMemory(bytes, "A", Kind.PROBS, DType.FLOAT32, 0, 2, 0, SAMPLES, stride);
    assertMessage(IllegalArgumentException.class, "do not cover model 2 exactly once", () -> builder.build(1, null).close());
    builder.addMemory(bytes, "B", Kind.PROBS, DType.FLOAT32, 1, 2, 0, SAMPLES, stride);
    assertMessage(IllegalArgumentException.class, "do not cover model 1 exactly once", () -> builder.build(1, null).close());
    assertMessage(IllegalArgumentException.class, "does not lie in the table", () ->
        Predictions.builder(2, SAMPLES, CLASSES)
            .addMemory(bytes, "A", Kind.PROBS, DType.FLOAT32, 1, 2, 0, SAMPLES, stride).build(1, null).close());
  }

  @Test
  void memoryOutsideTheBufferIsNeverRead() {
    ByteBuffer bytes = ByteBuffer.allocateDirect(100).order(ByteOrder.nativeOrder());
    Predictions.Builder builder = Predictions.builder(MODELS, SAMPLES, CLASSES);
    assertMessage(IllegalArgumentException.class, "does not lie in the buffer's 100 bytes", () ->
        builder.addMemory(bytes, "A", Kind.PROBS, DType.FLOAT32, 0, 3, 0, SAMPLES, 80));
    assertMessage(IllegalArgumentException.class, "does not lie in the buffer's 100 bytes", () ->
        builder.addMemory(bytes, "A", Kind.PROBS, DType.FLOAT32, 0, 2, 0, 1, Long.MAX_VALUE));
    assertMessage(IllegalArgumentException.class, "is larger than the buffer's 59 numbers", () ->
        Predictions.of(Tables.floats(59), MODELS, SAMPLES, CLASSES, Kind.PROBS).close());
    assertMessage(IllegalArgumentException.class, "is larger than the buffer's 59 numbers", () ->
        Predictions.of(Tables.floats(59), 1 << 30, 1 << 30, 1 << 30, Kind.PROBS).close());
    assertMessage(IllegalArgumentException.class, "must be a direct buffer", () ->
        Predictions.of(FloatBuffer.allocate(60), MODELS, SAMPLES, CLASSES, Kind.PROBS).close());
    assertMessage(IllegalArgumentException.class, "order(ByteOrder.nativeOrder())", () ->
        Predictions.of(ByteBuffer.allocateDirect(240).asFloatBuffer(), MODELS, SAMPLES, CLASSES, Kind.PROBS).close());
    try (Predictions table = Predictions.of(Tables.direct(good()), MODELS, SAMPLES, CLASSES, Kind.PROBS)) {
      assertMessage(IllegalArgumentException.class, "there is room for 9 numbers",
          () -> table.read(0, 0, 2, new double[9]));
      assertMessage(IllegalArgumentException.class, "there is room for 9 numbers",
          () -> table.read(0, 0, 2, Tables.doubles(9)));
      assertMessage(IllegalArgumentException.class, "do not lie in the table",
          () -> table.read(0, 3, 2, new double[10]));
      assertMessage(IllegalArgumentException.class, "do not lie in the table",
          () -> table.read(3, 0, 1, new double[10]));
    }
  }

  @Test
  void aBufferIsReadFromItsPosition() {
    float[] p = good();
    FloatBuffer shifted = Tables.floats(p.length + 7).position(7).put(p).position(7);
    double[] wanted = Oracle.logOfProbabilities(Tables.toDouble(p), CLASSES);
    try (Predictions table = Predictions.of(shifted, MODELS, SAMPLES, CLASSES, Kind.PROBS)) {
      double[] logs = new double[CLASSES];
      table.read(0, 0, 1, logs);
      assertEquals(wanted[0], logs[0], 1e-15);
    }
  }

  @Test
  void unknownNamesListTheKnownOnes() {
    assertMessage(IllegalArgumentException.class, "unknown kind 'prob'; use one of: probs, log-probs, logits",
        () -> Kind.parse("prob"));
    assertMessage(IllegalArgumentException.class, "unknown metric 'x'; use one of: bhattacharyya", () -> Metric.parse("x"));
    assertMessage(IllegalArgumentException.class, "use one of: auto, portable, avx2, avx512", () -> Isa.parse("sse"));
    for (Kind kind : Kind.values()) {
      assertEquals(kind, Kind.parse(kind.toString()));
    }
  }

  static void assertMessage(Class<? extends Throwable> type, String part, org.junit.jupiter.api.function.Executable call) {
    Throwable e = assertThrows(type, call);
    assertTrue(e.getMessage().contains(part), "\"" + e.getMessage() + "\" lacks \"" + part + "\"");
  }
}
