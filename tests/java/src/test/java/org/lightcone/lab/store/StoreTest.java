// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.lightcone.AtomicFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The store without any training: files, recovery, locks, refusals. */
class StoreTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TRAIN = 7;
  private static final int TEST = 3;
  private static final int CLASSES = 4;
  private static final List<SampleSet> SETS = List.of(new SampleSet("train",
      new int[] {0, 1, 2, 3, 0, 1, 2}, "a"), new SampleSet("test", new int[] {3, 2, 1}, "b"));
  private static final DataFacts DATA = new DataFacts("toy", "bundled", "c0ffee", List.of(1, 2, 2),
      List.of("w", "x", "y", "z"));

  @TempDir
  Path folder;

  @Test
  void zarrJsonFieldByField() throws IOException {
    write(70);
    JsonNode json = JSON.readTree(folder.resolve("runs/r/predictions/train/zarr.json").toFile());
    assertEquals(JSON.readTree("""
        {"zarr_format": 3, "node_type": "array", "shape": [70, 7, 4], "data_type": "float32",
         "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [64, 7, 4]}},
         "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
         "fill_value": "NaN", "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
         "dimension_names": ["record", "sample", "class"], "attributes": {"kind": "log-probs", "split": "train"}}
        """), json);
    // The raw codec wants every chunk file whole, also the last, half-used one.
    for (String chunk : List.of("c/0/0/0", "c/1/0/0")) {
      assertEquals(64L * TRAIN * CLASSES * 4, Files.size(folder.resolve("runs/r/predictions/train/"
          + chunk)));
    }
  }

  @Test
  void numpyMapsTheChunksThatZarrJsonDescribes() throws IOException, InterruptedException {
    write(70);
    String script = """
        import json, sys, numpy as np
        root = sys.argv[1]
        meta = json.load(open(root + '/zarr.json'))
        t, n, c = meta['shape']
        rows, cols, _ = meta['chunk_grid']['configuration']['chunk_shape']
        out = np.full((t, n, c), np.nan, '<f4')
        for i in range(0, t, rows):
            for j in range(0, n, cols):
                chunk = np.memmap(f'{root}/c/{i // rows}/{j // cols}/0', '<f4', 'r', shape=(rows, cols, c))
                out[i:i + rows, j:j + cols] = chunk[:t - i, :n - j]
        r, s, k = np.indices((t, n, c))
        expected = (-(r * 1000 + s * 10 + k)).astype('<f4') / np.float32(8)
        assert np.array_equal(out, expected), np.argwhere(out != expected)[:3]
        labels = np.load(sys.argv[2])
        assert labels.dtype == np.int32 and labels.tolist() == [0, 1, 2, 3, 0, 1, 2], labels
        print('same')
        """;
    Process python = new ProcessBuilder("/usr/bin/python3", "-c", script,
        folder.resolve("runs/r/predictions/train").toString(),
        folder.resolve("samples/train/labels.npy").toString())
        .redirectErrorStream(true).start();
    String said = new String(python.getInputStream().readAllBytes());
    assertEquals("same\n", said);
    assertEquals(0, python.waitFor());
  }

  /** Many samples: 16 MB chunks hold 64 records of 6,553 samples of 10 classes, so 7,000 samples take two. */
  @Test
  void wideTablesAreSplitBySamples() {
    int samples = 7_000;
    List<SampleSet> wide = List.of(new SampleSet("train", new int[samples], "w"));
    Store store = Store.openOrCreate(folder);
    store.declare(DATA, wide);
    ByteBuffer record = ByteBuffer.allocateDirect(samples * 10 * 4).order(ByteOrder.LITTLE_ENDIAN);
    try (RunWriter writer = store.writer("r", header(), wide, 10)) {
      for (int r = 0; r < 3; r++) {
        for (int i = 0; i < samples * 10; i++) {
          record.putFloat(i * 4, r * 1e6f + i);
        }
        writer.append(record(r), Map.of("train", record));
        assertTrue(writer.holds(r, Map.of("train", record)));
        record.putFloat(4 * 69_999, -1);
        assertFalse(writer.holds(r, Map.of("train", record)));
      }
    }
    List<PredictionBlock> blocks = store.predictionBlocks("r", "train");
    assertEquals(2, blocks.size());
    assertEquals(List.of(0, 3, 0, 6_553), List.of(blocks.get(0).firstRecord(), blocks.get(0).records(),
        blocks.get(0).firstSample(), blocks.get(0).samples()));
    assertEquals(List.of(6_553, 447), List.of(blocks.get(1).firstSample(), blocks.get(1).samples()));
    assertEquals(6_553L * 40, blocks.get(1).recordStrideBytes());
  }

  @Test
  void readersSeeWhatWasWritten() {
    Store store = write(70);
    assertEquals(List.of("train", "test"), store.splits());
    assertArrayEquals(new int[] {3, 2, 1}, store.labels("test"));
    assertEquals(List.of("w", "x", "y", "z"), store.classNames());
    assertArrayEquals(new int[] {1, 2, 2}, store.inputShape());
    assertEquals("b", store.sampleHash("test"));
    assertEquals(DATA, store.data());
    assertEquals(70, store.records("r").size());
    assertEquals(record(69), store.records("r").get(69));
    List<PredictionBlock> blocks = store.predictionBlocks("r", "test");
    assertEquals(List.of(0, 64, 64, 6), List.of(blocks.get(0).firstRecord(), blocks.get(0).records(),
        blocks.get(1).firstRecord(), blocks.get(1).records()));
    assertEquals(TEST * CLASSES * 4L, blocks.get(0).recordStrideBytes());
    String message = assertThrows(StoreException.class, () -> store.labels("validation")).getMessage();
    assertTrue(message.contains("validation") && message.contains("train, test"), message);
    assertThrows(StoreException.class, () -> store.run("nope"));
    assertThrows(StoreException.class, () -> store.predictionBlocks("r", "validation"));
  }

  /** A chunk file that ends early: the records beyond its end are dropped and can be written again. */
  @Test
  void aTornChunkDropsItsRecords() throws IOException {
    Store store = write(5);
    Path chunk = folder.resolve("runs/r/predictions/train/c/0/0/0");
    int recordBytes = TRAIN * CLASSES * 4;
    try (RandomAccessFile file = new RandomAccessFile(chunk.toFile(), "rw")) {
      file.setLength(3L * recordBytes + 17);
    }
    assertEquals(3, store.records("r").size());
    assertEquals(3, store.predictionBlocks("r", "test").get(0).records());
    try (RunWriter writer = writer(store)) {
      assertEquals(3, writer.records().size());
      append(writer, 3);
      append(writer, 4);
    }
    assertEquals(5, store.records("r").size());
    assertEquals(64L * recordBytes, Files.size(chunk));
  }

  @Test
  void damagedBytesAreFoundByTheirChecksum() throws IOException {
    Store store = write(5);
    try (RandomAccessFile file = new RandomAccessFile(
        folder.resolve("runs/r/predictions/test/c/0/0/0").toFile(), "rw")) {
      file.seek(4L * TEST * CLASSES * 4 + 2);
      file.write(0xff);
    }
    try (RunWriter writer = writer(store)) {
      assertEquals(4, writer.records().size());
      append(writer, 4);
    }
    assertEquals(5, store.records("r").size());
  }

  @Test
  void halfALineOfMetricsIsDropped() throws IOException {
    Store store = write(5);
    Path metrics = folder.resolve("runs/r/metrics.jsonl");
    String all = Files.readString(metrics);
    Files.writeString(metrics, all.substring(0, all.length() - 9));
    assertEquals(4, store.records("r").size());
    try (RunWriter writer = writer(store)) {
      assertEquals(4, writer.records().size());
      append(writer, 4);
    }
    assertEquals(all, Files.readString(metrics));
    Files.writeString(metrics, "{\"record\":5,\"st", StandardOpenOption.APPEND);
    try (RunWriter writer = writer(store)) {
      append(writer, 5);
    }
    assertEquals(6, store.records("r").size());
  }

  @Test
  void aNewerFormatIsRefused() throws IOException {
    Store.openOrCreate(folder);
    Files.writeString(folder.resolve("lightcone.json"), "{\"format\": 2}");
    for (org.junit.jupiter.api.function.Executable open : List.<org.junit.jupiter.api.function.Executable>of(
        () -> Store.open(folder), () -> Store.openOrCreate(folder))) {
      String message = assertThrows(StoreException.class, open).getMessage();
      assertTrue(message.contains("format 2") && message.contains("update Lightcone"), message);
    }
    Files.writeString(folder.resolve("lightcone.json"), "{\"form");
    assertTrue(assertThrows(StoreException.class, () -> Store.open(folder)).getMessage()
        .contains("lightcone.json"));
  }

  @Test
  void noStoreIsNoStore() throws IOException {
    assertTrue(assertThrows(StoreException.class, () -> Store.open(folder)).getMessage()
        .contains("no store"));
    Path file = Files.createFile(folder.resolve("file"));
    assertTrue(assertThrows(StoreException.class, () -> Store.openOrCreate(file)).getMessage()
        .contains(file.toString()));
  }

  @Test
  void otherSamplesAreRefused() {
    Store store = write(1);
    List<SampleSet> others = List.of(SETS.get(0), new SampleSet("test", new int[] {3, 2, 1}, "other"));
    String message = assertThrows(StoreException.class, () -> store.declare(DATA, others)).getMessage();
    assertTrue(message.contains("other test samples"), message);
    store.declare(DATA, SETS);
  }

  @Test
  void aRunHasOneWriter() throws IOException, InterruptedException {
    Store store = write(2);
    try (RunWriter writer = writer(store)) {
      writer.status(Status.RUNNING, "");
      String message = assertThrows(RunBusyException.class, () -> writer(store)).getMessage();
      assertTrue(message.contains("run r") || message.contains("Run r"), message);
      assertEquals(Status.RUNNING, store.run("r").status());
      // Asking did not give the lock away: another process still cannot have it.
      assertEquals("held\n", lockFromPython());
    }
    assertEquals("free\n", lockFromPython());
    assertEquals(Status.STOPPED, store.run("r").status());
    try (RunWriter again = writer(store)) {
      assertEquals(2, again.records().size());
    }
  }

  @Test
  void manyThreadsMayCreateOneStore() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> all = new java.util.ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int run = i;
        all.add(pool.submit(() -> {
          Store store = Store.openOrCreate(folder);
          store.declare(DATA, SETS);
          try (RunWriter writer = store.writer("run" + run, header(), SETS, CLASSES)) {
            append(writer, 0);
            writer.status(Status.DONE, "");
          }
        }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      pool.shutdown();
    }
    assertEquals(new Store.Counts(8, 8, 0, 0), Store.open(folder).counts());
  }

  /** /dev/full gives the kernel's own "no space left" on each write. */
  @Test
  void aFullDiskLeavesTheRecordsBefore() throws IOException {
    Store store = write(3);
    Path run = folder.resolve("runs/r");
    for (String place : List.of("predictions/test/c/0/0/0", "predictions/test/zarr.json")) {
      try (RunWriter writer = writer(store)) {
        assertEquals(3, writer.records().size());
        // A chunk is written in place, zarr.json aside: put the full device where the bytes will go.
        Path file = run.resolve(place);
        Path target = place.endsWith("json") ? AtomicFile.aside(file) : file;
        Path saved = run.resolve("saved");
        if (Files.exists(target)) {
          Files.move(target, saved);
        }
        Files.createSymbolicLink(target, Path.of("/dev/full"));
        String message = assertThrows(DiskFullException.class, () -> append(writer, 3)).getMessage();
        assertTrue(message.contains("no space left") && message.contains(file.toString()), message);
        Files.deleteIfExists(target);
        if (Files.exists(saved)) {
          Files.move(saved, target);
        }
        assertEquals(3, store.records("r").size());
        // With space again, the same writer goes on.
        append(writer, 3);
        assertEquals(4, store.records("r").size());
        writer.truncate(3);
      }
    }
    assertThrows(DiskFullException.class, () -> {
      try (RunWriter writer = writer(store)) {
        Path aside = AtomicFile.aside(run.resolve("snapshots/snapshot-0.pt"));
        Files.createDirectories(aside.getParent());
        Files.createSymbolicLink(aside, Path.of("/dev/full"));
        writer.snapshots().write(1, 1, 0, 0, file -> Files.write(file, new byte[10],
            StandardOpenOption.WRITE));
      }
    });
    assertFalse(Files.exists(run.resolve("snapshots/snapshot-0.pt")));
  }

  @Test
  void oneOfTheTwoSnapshotsIsAlwaysSound() throws IOException {
    Store store = write(1);
    try (RunWriter writer = writer(store)) {
      Snapshots snapshots = writer.snapshots();
      for (int step = 1; step <= 3; step++) {
        byte[] state = {(byte) step};
        snapshots.write(step, 1, 0.5, 0.25, file -> Files.write(file, state));
      }
      assertEquals(List.of(3L, 2L), snapshots.sound().stream().map(Snapshots.Snapshot::step).toList());
      // Killed between the two renames: the archive is new, its description old.
      Files.write(snapshots.sound().get(0).archive(), new byte[] {9});
      assertEquals(List.of(2L), snapshots.sound().stream().map(Snapshots.Snapshot::step).toList());
      // The next one replaces the unsound one.
      snapshots.write(4, 1, 0.5, 0.25, file -> Files.write(file, new byte[] {4}));
      assertEquals(List.of(4L, 2L), snapshots.sound().stream().map(Snapshots.Snapshot::step).toList());
      snapshots.clear();
      assertEquals(List.of(), snapshots.sound());
    }
  }

  private Store write(int records) {
    Store store = Store.openOrCreate(folder);
    store.declare(DATA, SETS);
    try (RunWriter writer = writer(store)) {
      for (int r = 0; r < records; r++) {
        append(writer, r);
      }
    }
    return store;
  }

  private static RunWriter writer(Store store) {
    return store.writer("r", header(), SETS, CLASSES);
  }

  private static ObjectNode header() {
    return JSON.createObjectNode().put("label", "toy").put("status", "running").put("threads", 1);
  }

  private static void append(RunWriter writer, int r) {
    writer.append(record(r), Map.of("train", values(r, TRAIN), "test", values(r, TEST)));
  }

  private static RunRecord record(int r) {
    return new RunRecord(r, r * 10L, r / 3.0, 1.0 / (r + 1), 0.5, 2.0 / (r + 1), 0.25, 0.1 * r);
  }

  /** -(1000 r + 10 n + c) / 8, exact in float32. */
  private static ByteBuffer values(int r, int samples) {
    ByteBuffer bytes = ByteBuffer.allocateDirect(samples * CLASSES * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (int n = 0; n < samples; n++) {
      for (int c = 0; c < CLASSES; c++) {
        bytes.putFloat(-(r * 1000 + n * 10 + c) / 8f);
      }
    }
    return bytes.clear();
  }

  private String lockFromPython() throws IOException, InterruptedException {
    String script = """
        import fcntl, sys
        try:
            fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)
            print('free')
        except OSError:
            print('held')
        """;
    Process python = new ProcessBuilder("/usr/bin/python3", "-c", script,
        folder.resolve("runs/r/lock").toString())
        .redirectErrorStream(true).start();
    String said = new String(python.getInputStream().readAllBytes());
    python.waitFor();
    return said;
  }
}
