// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;
import org.lightcone.AtomicFile;

/**
 * The rolling pair of training states of one run. Each is an archive and, committed after it, a JSON file
 * with its checksum: a state without a fitting checksum does not count, so that one of the two is sound at
 * any moment.
 */
public final class Snapshots {
  /**
   * A sound state.
   *
   * @param archive the file written by LibTorch
   * @param step optimiser steps done
   * @param records records done
   * @param trainingSeconds seconds spent in optimiser steps until then
   * @param recordingSeconds seconds spent in records until then
   */
  public record Snapshot(Path archive, long step, int records, double trainingSeconds,
      double recordingSeconds) {
  }

  /** Writes an archive to the path it is given. */
  @FunctionalInterface
  public interface Writer {
    void write(Path archive) throws IOException;
  }

  private static final int PAIR = 2;

  private final Path folder;

  Snapshots(Path folder) {
    this.folder = folder;
  }

  /** The sound states, the furthest first. */
  public List<Snapshot> sound() {
    List<Snapshot> found = new ArrayList<>();
    for (int i = 0; i < PAIR; i++) {
      Snapshot snapshot = read(i);
      if (snapshot != null) {
        found.add(snapshot);
      }
    }
    found.sort(Comparator.comparingLong(Snapshot::step).reversed());
    return found;
  }

  /**
   * Replaces the older state.
   *
   * @throws DiskFullException if there is no space; the newer of the two former states is then untouched
   */
  public void write(long step, int records, double trainingSeconds, double recordingSeconds, Writer writer) {
    int slot = olderSlot();
    Path archive = archive(slot);
    Path aside = AtomicFile.aside(archive);
    try {
      Files.createDirectories(folder);
      writer.write(aside);
      ObjectNode json = Json.object();
      json.put("step", step).put("records", records).put("training_seconds", trainingSeconds)
          .put("recording_seconds", recordingSeconds).put("bytes", Files.size(aside))
          .put("crc32c", crc(aside));
      AtomicFile.adopt(aside, archive);
      Json.write(sidecar(slot), json);
    } catch (IOException e) {
      AtomicFiles.discard(aside);
      throw AtomicFiles.failure(archive, e);
    }
  }

  /** Deletes all states, because the run has ended. */
  public void clear() {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        AtomicFiles.discard(file);
      }
    } catch (IOException e) {
      throw AtomicFiles.failure(folder, e);
    }
    AtomicFiles.discard(folder);
  }

  private int olderSlot() {
    Snapshot first = read(0);
    Snapshot second = read(1);
    if (first == null || second == null) {
      return first == null ? 0 : 1;
    }
    return first.step() <= second.step() ? 0 : 1;
  }

  private Snapshot read(int slot) {
    ObjectNode json;
    try {
      json = Json.read(sidecar(slot));
    } catch (StoreException e) {
      return null;
    }
    Path archive = archive(slot);
    try {
      if (json == null || Files.size(archive) != json.path("bytes").asLong(-1)
          || !crc(archive).equals(json.path("crc32c").asText())) {
        return null;
      }
    } catch (IOException e) {
      return null;
    }
    return new Snapshot(archive, json.path("step").asLong(), json.path("records").asInt(),
        json.path("training_seconds").asDouble(), json.path("recording_seconds").asDouble());
  }

  private Path archive(int slot) {
    return folder.resolve("snapshot-" + slot + ".pt");
  }

  private Path sidecar(int slot) {
    return folder.resolve("snapshot-" + slot + ".json");
  }

  private static String crc(Path file) throws IOException {
    CRC32C crc = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
      while (in.read(buffer) >= 0) {
        crc.update(buffer.flip());
        buffer.clear();
      }
    }
    return String.format("%08x", crc.getValue());
  }
}
