// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.store.RunRecord;
import org.lightcone.lab.store.Status;
import org.lightcone.lab.store.Store;
import org.lightcone.lab.store.StoreException;

/** Training: what is recorded, determinism, stops and resumption, divergence. */
class TrainingTest {
  private static final Checkpoints EACH = new Checkpoints.PerEpoch(2);
  private static final OptimizerSpec SGDN = OptimizerSpec.of("sgdn", 0.05);

  @TempDir
  Path folder;

  @Test
  void aRunLearnsAndItsMetricsFitItsPredictions() {
    Path store = folder.resolve("s");
    Summary summary = Small.sweep(Small.spec(Small.run("fc", SGDN, 1, 6, EACH)), store);
    assertEquals(List.of(1, 1, 0, 0), List.of(summary.runs(), summary.done(), summary.failed(),
        summary.left()));
    RunInfo run = Small.only(store);
    List<RunRecord> records = Store.open(store).records(run.id());
    assertEquals(13, records.size());
    assertEquals(24, records.get(12).step());
    assertEquals(6.0, records.get(12).epoch());
    // Chance is 0.9; 60 trained images are learnt well within six epochs.
    assertTrue(records.get(0).trainError() > 0.7 && records.get(12).trainError() < 0.3, records.toString());
    // Mean and error once more, from the stored bytes.
    ByteBuffer bytes = ByteBuffer.wrap(Small.predictions(store, run.id(), "test"))
        .order(ByteOrder.LITTLE_ENDIAN);
    int[] labels = Store.open(store).labels("test");
    for (RunRecord record : records) {
      double loss = 0;
      int wrong = 0;
      for (int label : labels) {
        float[] row = new float[10];
        double sum = 0;
        for (int c = 0; c < 10; c++) {
          row[c] = bytes.getFloat();
          sum += Math.exp(row[c]);
        }
        // Ten float32 terms, each within 2^-23 relative of its exact value times |log p| < 30.
        assertEquals(1, sum, 5e-5);
        loss -= row[label];
        for (int c = 0; c < 10; c++) {
          if (row[c] > row[label]) {
            wrong++;
            break;
          }
        }
      }
      assertEquals(record.testLoss(), loss / labels.length);
      assertEquals(record.testError(), (double) wrong / labels.length);
    }
    assertTrue(run.trainingSeconds() > 0 && run.recordingSeconds() > 0);
    assertEquals(1, run.threads());
    assertFalse(Files.exists(store.resolve("runs/" + run.id() + "/snapshots")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fc", "allcnn", "wrn-10-4-8"})
  void theSameSeedGivesTheSameBitsAndAnotherSeedOthers(String network) {
    RunSpec run = Small.run(network, OptimizerSpec.of("adam", 0.001), 3, 1, Checkpoints.at(0, 2));
    RunSpec other = Small.run(network, OptimizerSpec.of("adam", 0.001), 4, 1, Checkpoints.at(1));
    Small.sweep(Small.spec(run), folder.resolve("a"));
    // A run before it in the same process must leave no trace.
    Small.sweep(Small.spec(other, run), folder.resolve("b"));
    Small.assertSame(folder.resolve("a"), folder.resolve("b"), run.id(1));
    assertNotEquals(Store.open(folder.resolve("b")).records(run.id(1)).get(1).testLoss(),
        Store.open(folder.resolve("b")).records(other.id(1)).get(0).testLoss());
  }

  /**
   * The warm-up must make the fresh network's statistics those of its data: evaluation then agrees with
   * training.
   */
  @Test
  void batchNormWarmUpBringsAFreshNetworkNearIgnorance() {
    RunSpec warm = Small.run("wrn-10-4-8", SGDN, 1, 1, Checkpoints.at(0));
    RunSpec cold = new RunSpec(warm.data(), warm.recordTrain(), warm.recordTest(), warm.network(),
        warm.optimizer(), warm.batch(), warm.seed(), warm.epochs(), warm.checkpoints(), false);
    Path store = folder.resolve("s");
    Small.sweep(Small.spec(warm, cold), store);
    double ignorance = Math.log(10);
    double warmLoss = Store.open(store).records(warm.id(1)).get(0).trainLoss();
    double coldLoss = Store.open(store).records(cold.id(1)).get(0).trainLoss();
    assertNotEquals(warmLoss, coldLoss);
    // PyTorch's initial logits have a spread well below 1 on normalised features: cross-entropy within 0.2
    // nats.
    assertEquals(ignorance, warmLoss, 0.2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sgd", "sgdn", "adam"})
  void aStoppedRunEndsWithTheSameBits(String optimizer) {
    RunSpec run = Small.run("fc", OptimizerSpec.of(optimizer, 0.01), 7, 5, EACH);
    Small.sweep(Small.spec(run), folder.resolve("whole"));
    Path store = folder.resolve("parts");
    // Asked again and again; each stop leaves a state from which the next call goes on.
    int stops = 0;
    for (int step : new int[] {1, 3, 8, 9, 19}) {
      StopSignal stop = new StopSignal();
      Summary summary = Sweep.run(Small.spec(run), store, SweepOptions.of(1).withStop(stop),
          stopAt(step, stop));
      assertTrue(summary.stopped());
      assertEquals(1, summary.left());
      RunInfo info = Small.only(store);
      assertEquals(Status.STOPPED, info.status());
      assertTrue(info.reason().contains("interrupted"), info.reason());
      stops++;
    }
    assertEquals(5, stops);
    Summary last = Small.sweep(Small.spec(run), store);
    assertEquals(1, last.done());
    Small.assertSame(folder.resolve("whole"), store, run.id(1));
    // Once more: nothing is left to do, nothing changes.
    assertEquals(1, Small.sweep(Small.spec(run), store).done());
    Small.assertSame(folder.resolve("whole"), store, run.id(1));
  }

  @Test
  void replayedRecordsMustEqualTheStoredOnes() throws IOException {
    RunSpec run = Small.run("fc", SGDN, 7, 5, EACH);
    Path store = folder.resolve("s");
    StopSignal stop = new StopSignal();
    Sweep.run(Small.spec(run), store, SweepOptions.of(1).withStop(stop), stopAt(12, stop));
    Path runFolder = store.resolve("runs/" + run.id(1));
    int before = Store.open(store).records(run.id(1)).size();
    // Without snapshots the run replays from its first step, through all stored records.
    Path snapshots = runFolder.resolve("snapshots");
    for (Path file : Files.list(snapshots).toList()) {
      Files.delete(file);
    }
    stop = new StopSignal();
    Sweep.run(Small.spec(run), store, SweepOptions.of(1).withStop(stop), stopAt(3, stop));
    assertEquals(before, Store.open(store).records(run.id(1)).size());
    for (Path file : Files.list(snapshots).toList()) {
      Files.delete(file);
    }
    // A stored record that training does not give again: change one bit, and its checksum with it.
    Path chunk = runFolder.resolve("predictions/test/c/0/0/0");
    try (RandomAccessFile file = new RandomAccessFile(chunk.toFile(), "rw")) {
      long at = Small.TEST * 40L + 5 * 4;
      file.seek(at);
      int low = file.read();
      file.seek(at);
      file.write(low ^ 1);
    }
    recomputeChecksum(runFolder, 1);
    Summary summary = Small.sweep(Small.spec(run), store);
    assertEquals(1, summary.left());
    assertTrue(summary.problems().get(0).contains("record 1") && summary.problems().get(0).contains("does"
        + " not reproduce"),
        summary.problems().toString());
    assertEquals(Status.STOPPED, Small.only(store).status());
  }

  @Test
  void aDivergingRunIsMarkedFailedAndTheOthersGoOn() {
    RunSpec wild = Small.run("fc", new OptimizerSpec("sgd", 1e30, 0, 0), 1, 3, EACH);
    RunSpec tame = Small.run("fc", OptimizerSpec.of("sgd", 0.01), 1, 1, EACH);
    Path store = folder.resolve("s");
    Summary summary = Small.sweep(Small.spec(wild, tame), store);
    assertEquals(List.of(2, 1, 1, 0), List.of(summary.runs(), summary.done(), summary.failed(),
        summary.left()));
    RunInfo failed = Store.open(store).run(wild.id(1));
    assertEquals(Status.FAILED, failed.status());
    assertTrue(failed.reason().contains("NaN") && failed.reason().contains("step"), failed.reason());
    List<RunRecord> kept = Store.open(store).records(wild.id(1));
    assertTrue(!kept.isEmpty() && kept.size() < 7, kept.toString());
    kept.forEach(r -> assertTrue(Double.isFinite(r.trainLoss()) && Double.isFinite(r.testLoss())));
    // It is not tried again.
    assertEquals(0.0, Small.sweep(Small.spec(wild, tame), store).trainingSeconds());
  }

  @Test
  void anotherThreadCountIsRefusedUnlessAllowed() {
    RunSpec run = Small.run("fc", SGDN, 2, 3, EACH);
    Path store = folder.resolve("s");
    StopSignal stop = new StopSignal();
    Sweep.run(Small.spec(run), store, SweepOptions.of(1).withStop(stop), stopAt(6, stop));
    String message = assertThrows(StoreException.class,
        () -> Sweep.run(Small.spec(run), store, SweepOptions.of(2), SweepListener.SILENT)).getMessage();
    assertTrue(message.contains("--threads 1") && message.contains("--allow-thread-change"), message);
    Summary summary = Sweep.run(Small.spec(run), store, SweepOptions.of(2).withAllowThreadChange(true),
        SweepListener.SILENT);
    assertEquals(1, summary.done());
    RunInfo info = Small.only(store);
    assertEquals(2, info.threads());
    assertEquals(1, info.json().path("threads_before").path(0).asInt());
    assertEquals(7, Store.open(store).records(info.id()).size());
  }

  @Test
  void aStoreKeepsToItsSamples() {
    Path store = folder.resolve("s");
    RunSpec run = Small.run("fc", SGDN, 1, 1, Checkpoints.at(0));
    Small.sweep(Small.spec(run), store);
    RunSpec other = new RunSpec(run.data(), Small.TRAIN + 1, Small.TEST, "fc", SGDN, 50, 1, 1,
        Checkpoints.at(0), true);
    String message = assertThrows(StoreException.class, () -> Small.sweep(Small.spec(other), store))
        .getMessage();
    assertTrue(message.contains("other train samples") && message.contains("another store"), message);
  }

  @Test
  void progressCountsDownAndRunsNotBegunAreListed() {
    RunSpec first = Small.run("fc", SGDN, 1, 2, EACH);
    RunSpec second = Small.run("fc", SGDN, 2, 2, EACH);
    Path store = folder.resolve("s");
    StopSignal stop = new StopSignal();
    SweepListener.Progress[] last = new SweepListener.Progress[1];
    Sweep.run(Small.spec(first, second), store, SweepOptions.of(1).withStop(stop), new SweepListener() {
      @Override
      public void progress(Progress progress) {
        last[0] = progress;
      }

      @Override
      public void ended(RunInfo run) {
        stop.request();
      }
    });
    assertEquals(List.of(2, 1, 8L, 8L, 5, 5), List.of(last[0].runs(), last[0].finished(), last[0].step(),
        last[0].steps(), last[0].record(), last[0].records()));
    assertTrue(last[0].imagesPerSecond() > 0 && last[0].secondsLeft() > 0, last[0].toString());
    assertEquals(List.of(Status.DONE, Status.PLANNED),
        Store.open(store).runs().stream().map(RunInfo::status).toList());
    assertEquals(new Store.Counts(2, 1, 0, 1), Store.open(store).counts());
    assertArrayEquals(new Object[0], Store.open(store).records(second.id(1)).toArray());
  }

  /** Asks for a stop as soon as {@code step} steps are done. */
  private static SweepListener stopAt(long step, StopSignal stop) {
    return new SweepListener() {
      @Override
      public void stepped(long done) {
        if (done >= step) {
          stop.request();
        }
      }
    };
  }

  private static void recomputeChecksum(Path runFolder, int record) throws IOException {
    byte[] chunk = Files.readAllBytes(runFolder.resolve("predictions/test/c/0/0/0"));
    java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
    crc.update(chunk, record * Small.TEST * 40, Small.TEST * 40);
    Path metrics = runFolder.resolve("metrics.jsonl");
    List<String> lines = new java.util.ArrayList<>(Files.readAllLines(metrics));
    lines.set(record, lines.get(record).replaceAll("\"test\":\"[0-9a-f]{8}\"",
        String.format("\"test\":\"%08x\"", crc.getValue())));
    Files.write(metrics, lines);
  }
}
