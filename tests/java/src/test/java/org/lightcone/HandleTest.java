// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Life of native objects: close, use after close, close in use, cancellation, leaks. */
class HandleTest {
  @TempDir Path folder;

  private static Predictions small() {
    return Predictions.of(Tables.direct(Tables.logits(new Random(61), 4, 5, 3, 1)), 4, 5, 3, Kind.LOGITS);
  }

  @Test
  void closingTwiceIsClosingOnce() {
    Predictions table = small();
    DistanceMatrix d = DistanceMatrix.compute(table, DistanceOptions.defaults(), null);
    Control control = new Control();
    for (AutoCloseable handle : new AutoCloseable[] {d, table, control}) {
      for (int time = 0; time < 3; time++) {
        org.junit.jupiter.api.Assertions.assertDoesNotThrow(handle::close);
      }
    }
  }

  @Test
  void useAfterCloseSaysSo() {
    Predictions table = small();
    DistanceMatrix d = DistanceMatrix.compute(table, DistanceOptions.defaults(), null);
    Control control = new Control();
    d.close();
    table.close();
    control.close();
    String tableClosed = "the prediction table (4, 5, 3) is closed";
    String matrixClosed = "the distance matrix (4, 4) is closed";
    DistanceOptions options = DistanceOptions.defaults();
    closed(tableClosed, () -> table.read(0, 0, 1, new double[3]));
    closed(tableClosed, () -> table.read(0, 0, 1, Tables.doubles(3)));
    closed(tableClosed, () -> DistanceMatrix.compute(table, options, null));
    closed(tableClosed, () -> DistanceMatrix.computeTo(folder.resolve("D.npy"), table, options, null));
    closed(tableClosed, () -> Progress.of(table, new int[5], 1, null));
    closed(matrixClosed, () -> d.get(0, 0));
    closed(matrixClosed, () -> d.row(0, new float[4]));
    closed(matrixClosed, () -> d.write(folder.resolve("D.npy")));
    closed(matrixClosed, () -> InPca.embed(d, 1, 1));
    closed("the control is closed", control::cancel);
    closed("the control is closed", control::done);
    closed("the control is closed", control::total);
    try (Predictions open = small()) {
      closed("the control is closed", () -> DistanceMatrix.compute(open, options, control));
    }
    assertFalse(Files.exists(folder.resolve("D.npy")));
  }

  private static void closed(String message, org.junit.jupiter.api.function.Executable call) {
    IllegalStateException e = assertThrows(IllegalStateException.class, call);
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  /** A table whose distances take seconds: 1,500 models share the memory of a few. */
  private static Predictions large() {
    int models = 1500;
    int samples = 2000;
    int classes = 10;
    int distinct = 10;
    ByteBuffer bytes = ByteBuffer.allocateDirect(distinct * samples * classes * 4).order(ByteOrder.nativeOrder());
    bytes.asFloatBuffer().put(Tables.logits(new Random(62), distinct, samples, classes, 1));
    Predictions.Builder builder = Predictions.builder(models, samples, classes);
    long stride = samples * classes * 4;
    for (int m = 0; m < models; m += distinct) {
      builder.addMemory(bytes, "block " + m, Kind.LOGITS, DType.FLOAT32, m, distinct, 0, samples, stride);
    }
    return builder.build(0, null);
  }

  @Test
  @Timeout(60)
  void closeInUseThrowsAndCancelStops() throws Exception {
    Path file = folder.resolve("D.npy");
    Predictions table = large();
    Control control = new Control();
    AtomicReference<Throwable> outcome = new AtomicReference<>();
    DistanceOptions slow = DistanceOptions.defaults().withThreads(1).withIsa(Isa.PORTABLE);
    Thread computing = new Thread(() -> {
      try {
        DistanceMatrix.computeTo(file, table, slow, control).close();
      } catch (Throwable e) {
        outcome.set(e);
      }
    });
    computing.start();
    while (control.done() == 0 && computing.isAlive()) {
      Thread.sleep(5);
    }
    IllegalStateException e = assertThrows(IllegalStateException.class, table::close);
    assertTrue(e.getMessage().contains("the prediction table (1500, 2000, 10) is in use by another call"), e.getMessage());
    assertThrows(IllegalStateException.class, control::close);
    assertTrue(control.done() > 0 && control.done() <= control.total(), control.done() + " of " + control.total());
    // Reading beside the computation is allowed.
    table.read(1499, 0, 1, new double[10]);
    long start = System.nanoTime();
    control.cancel();
    computing.join();
    double seconds = (System.nanoTime() - start) * 1e-9;
    assertTrue(outcome.get() instanceof CancelledException, "ended with " + outcome.get());
    // Promised are 0.1 s; ten times that leaves room for a machine that is shared.
    assertTrue(seconds < 1, "stopped after " + seconds + " s");
    assertFalse(Files.exists(file), "a cancelled computation writes nothing");
    table.close();
    control.close();
    assertThrows(IllegalStateException.class, () -> table.read(0, 0, 1, new double[10]));
  }

  @Test
  void aCancelledControlStopsTheNextCallToo() {
    try (Predictions table = small(); Control control = new Control()) {
      control.cancel();
      assertThrows(CancelledException.class,
          () -> DistanceMatrix.compute(table, DistanceOptions.defaults(), control).close());
    }
  }

  /** In its own JVM, whose heap is touched in full beforehand: what grows is native memory. */
  @Test
  void aLoopDoesNotGrowTheProcess() throws Exception {
    Shell.Result result = Shell.java(List.of("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-cp",
        Shell.join(Shell.engineClassPath()) + File.pathSeparator
            + Path.of(HandleTest.class.getProtectionDomain().getCodeSource().getLocation().toURI()),
        LeakLoop.class.getName(), folder.toString()));
    assertEquals(0, result.status(), result.output());
    long grown = Long.parseLong(result.output().strip());
    // Leaking the smallest piece, one matrix per round, would add 39 MB.
    long smallest = (long) LeakLoop.ROUNDS * LeakLoop.MODELS * LeakLoop.MODELS * Float.BYTES;
    assertTrue(grown < smallest / 3, "the process grew by " + grown + " bytes in " + LeakLoop.ROUNDS + " rounds");
  }

  @Test
  void whatIsNeverClosedIsReported() throws InterruptedException {
    LinkedBlockingQueue<String> warnings = new LinkedBlockingQueue<>();
    Logger logger = Logger.getLogger("org.lightcone");
    Handler listener = new Handler() {
      @Override
      public void publish(LogRecord record) {
        warnings.add(record.getMessage());
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
    logger.addHandler(listener);
    logger.setUseParentHandlers(false);
    try {
      forget();
      String warning = null;
      for (int attempt = 0; attempt < 50 && warning == null; attempt++) {
        System.gc();
        warning = warnings.poll(200, TimeUnit.MILLISECONDS);
      }
      assertNotNull(warning, "no warning about the forgotten table");
      assertTrue(warning.startsWith("the prediction table (4, 5, 3) was never closed"), warning);
    } finally {
      logger.setUseParentHandlers(true);
      logger.removeHandler(listener);
    }
  }

  private static void forget() {
    assertEquals(4, small().models());
  }
}
