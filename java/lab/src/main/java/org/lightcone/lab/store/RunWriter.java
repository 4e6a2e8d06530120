// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The one writer of a run. Opening it takes the run's lock, drops what a kill left half-written, and finds
 * the whole records; closing it gives the lock back. Not thread-safe.
 */
public final class RunWriter implements AutoCloseable {
  private final Path folder;
  private final String id;
  private final RunLock lock;
  private final ObjectNode json;
  private final Map<String, ZarrArray> arrays = new TreeMap<>();
  private final List<Metrics.Line> lines = new ArrayList<>();

  private RunWriter(Path folder, String id, RunLock lock, ObjectNode json) {
    this.folder = folder;
    this.id = id;
    this.lock = lock;
    this.json = json;
  }

  /** Opens or creates run {@code id}; {@code header} is what run.json holds when the run is new. */
  static RunWriter open(Path folder, String id, ObjectNode header, List<SampleSet> sets, int classes) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw AtomicFiles.failure(folder, e);
    }
    RunLock lock = RunLock.acquire(folder, id);
    try {
      ObjectNode stored = Json.read(folder.resolve("run.json"));
      RunWriter writer = new RunWriter(folder, id, lock, stored == null ? header.deepCopy() : stored);
      writer.sweepLeftovers();
      for (SampleSet set : sets) {
        writer.openArray(set, classes);
      }
      writer.recover();
      if (stored == null) {
        writer.writeJson();
      }
      return writer;
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** The run's id. */
  public String id() {
    return id;
  }

  /** run.json as it stands; change it and call {@link #status}, which writes it. */
  public ObjectNode json() {
    return json;
  }

  /** The whole records, in order. */
  public List<RunRecord> records() {
    return lines.stream().map(Metrics.Line::record).toList();
  }

  /** The run's training states. */
  public Snapshots snapshots() {
    return new Snapshots(folder.resolve("snapshots"));
  }

  /** Sets the status and writes run.json. */
  public void status(Status status, String reason) {
    json.put("status", status.word()).put("reason", reason).put("records", lines.size());
    writeJson();
  }

  /**
   * Adds a record. It is there whole or not at all, whatever happens.
   *
   * @param record its index must be the number of records so far
   * @param predictions per split (N, C) float32 log-probabilities, little-endian, from position 0
   * @throws DiskFullException if there is no space; the records before are untouched
   */
  public void append(RunRecord record, Map<String, ByteBuffer> predictions) {
    if (record.index() != lines.size() || !predictions.keySet().equals(arrays.keySet())) {
      throw new IllegalArgumentException("Run " + id + " has " + lines.size() + " records of splits "
          + arrays.keySet() + "; record " + record.index() + " of " + predictions.keySet()
          + " does not follow.");
    }
    Map<String, String> checksums = new TreeMap<>();
    arrays.forEach((split, array) -> {
      ByteBuffer bytes = predictions.get(split);
      if (bytes.capacity() != array.recordBytes()) {
        throw new IllegalArgumentException("A record of split " + split + " has " + array.recordBytes()
            + " bytes, not " + bytes.capacity() + ".");
      }
      array.write(record.index(), bytes);
      checksums.put(split, ZarrArray.crc(bytes));
    });
    arrays.forEach((split, array) -> array.setRecords(record.index() + 1, split));
    Metrics.Line line = new Metrics.Line(record, Collections.unmodifiableMap(checksums));
    Metrics.append(metrics(), line);
    lines.add(line);
  }

  /** Whether stored record {@code index} holds exactly these bytes. */
  public boolean holds(int index, Map<String, ByteBuffer> predictions) {
    for (Map.Entry<String, ZarrArray> entry : arrays.entrySet()) {
      ByteBuffer stored = ByteBuffer.allocateDirect(entry.getValue().recordBytes());
      if (!entry.getValue().read(index, stored)
          || !stored.clear().equals(predictions.get(entry.getKey()).duplicate().clear())) {
        return false;
      }
    }
    return true;
  }

  /** Drops all records from {@code count} on. */
  public void truncate(int count) {
    if (count < lines.size()) {
      lines.subList(count, lines.size()).clear();
    }
    // The metrics first: readers take the smallest count of the three.
    Metrics.write(metrics(), lines);
    arrays.forEach((split, array) -> array.setRecords(lines.size(), split));
  }

  @Override
  public void close() {
    lock.close();
  }

  private Path metrics() {
    return folder.resolve("metrics.jsonl");
  }

  private void writeJson() {
    Json.write(folder.resolve("run.json"), json);
  }

  private void openArray(SampleSet set, int classes) {
    Path path = folder.resolve("predictions").resolve(set.split());
    ZarrArray array = ZarrArray.open(path);
    if (array == null) {
      array = ZarrArray.create(path, set.split(), set.labels().length, classes);
    }
    if (array.samples() != set.labels().length || array.classes() != classes) {
      throw new StoreException(path + " holds predictions for " + array.samples() + " samples and "
          + array.classes() + " classes, but this run records " + set.labels().length + " and " + classes
          + "; use another store.");
    }
    arrays.put(set.split(), array);
  }

  /** Keeps the longest prefix of records whose metrics, chunk files and checksums are all whole. */
  private void recover() {
    List<Metrics.Line> found = Metrics.read(metrics());
    int whole = found.size();
    for (ZarrArray array : arrays.values()) {
      whole = array.wholeRecords(whole);
    }
    for (Map.Entry<String, ZarrArray> entry : arrays.entrySet()) {
      ByteBuffer bytes = ByteBuffer.allocateDirect(entry.getValue().recordBytes());
      for (int i = 0; i < whole; i++) {
        if (!entry.getValue().read(i, bytes.clear())
            || !ZarrArray.crc(bytes).equals(found.get(i).checksums().get(entry.getKey()))) {
          whole = i;
        }
      }
    }
    lines.addAll(found.subList(0, whole));
    boolean cut = Files.exists(metrics()) && whole < found.size();
    for (ZarrArray array : arrays.values()) {
      cut |= array.records() != whole;
    }
    if (cut || tornLine(found.size())) {
      truncate(whole);
    }
  }

  /** Whether metrics.jsonl holds more than its whole lines. */
  private boolean tornLine(int whole) {
    try (Stream<String> all = Files.exists(metrics()) ? Files.lines(metrics()) : Stream.empty()) {
      return all.count() != whole;
    } catch (IOException e) {
      throw AtomicFiles.failure(metrics(), e);
    }
  }

  /** Deletes what a killed writer left beside its files; only the holder of the lock may. */
  private void sweepLeftovers() {
    try (Stream<Path> files = Files.walk(folder)) {
      files.filter(f -> f.getFileName().toString().matches("\\..*\\.part")).toList()
          .forEach(AtomicFiles::discard);
    } catch (IOException e) {
      throw AtomicFiles.failure(folder, e);
    }
  }
}
