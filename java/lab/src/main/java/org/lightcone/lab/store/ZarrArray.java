// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A Zarr v3 array (T, N, C) of float32 log-probabilities, grown record by record: regular chunks of (64
 * records) x (samples) x C in raw little-endian bytes, so that zarr and a plain memory map both read it.
 *
 * <p>A record is written into its chunk files and synced before {@code zarr.json} counts it, by a rename: a
 * kill leaves either the old count or the new one. Chunk files have their full length from the start (sparse
 * where the file system can), as Zarr's raw codec wants.
 */
final class ZarrArray {
  /** Records per chunk: few large reads for an analysis of all records, see the 16 MB below. */
  static final int CHUNK_RECORDS = 64;
  /** A chunk file's largest size, unless one sample alone is larger. */
  static final long CHUNK_BYTES = 16L << 20;

  // What a damaged zarr.json may not ask for: sums of two stay below 2^31, and a list of a record's chunks is short
  // (the writer makes at most one per sample of 16 MB, or 2 GB / 16 MB of them).
  private static final int MAX_RECORDS = 1 << 30;
  private static final int MAX_CHUNK_RECORDS = 1 << 20;
  private static final int MAX_CHUNKS = 1 << 16;

  private final Path folder;
  private final int samples;
  private final int classes;
  private final int chunkRecords;
  private final int chunkSamples;
  private int records;

  private ZarrArray(Path folder, int records, int samples, int classes, int chunkRecords, int chunkSamples) {
    this.folder = folder;
    this.records = records;
    this.samples = samples;
    this.classes = classes;
    this.chunkRecords = chunkRecords;
    this.chunkSamples = chunkSamples;
  }

  /** A new array without records. */
  static ZarrArray create(Path folder, String split, int samples, int classes) {
    long sampleBytes = (long) CHUNK_RECORDS * classes * Float.BYTES;
    int chunkSamples = (int) Math.max(1, Math.min(samples, CHUNK_BYTES / sampleBytes));
    ZarrArray array = new ZarrArray(folder, 0, samples, classes, CHUNK_RECORDS, chunkSamples);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw AtomicFiles.failure(folder, e);
    }
    array.writeMetadata(split);
    return array;
  }

  /** An existing array, or null if there is none. */
  static ZarrArray open(Path folder) {
    Path file = folder.resolve("zarr.json");
    ObjectNode json = Json.read(file);
    if (json == null) {
      return null;
    }
    int[] shape = sizes(json.path("shape"));
    int[] chunk = sizes(json.path("chunk_grid").path("configuration").path("chunk_shape"));
    JsonNode codecs = json.path("codecs");
    boolean ours = json.path("zarr_format").asInt() == 3 && json.path("data_type").asText().equals("float32")
        && shape != null && chunk != null && codecs.size() == 1
        && codecs.path(0).path("name").asText().equals("bytes")
        && codecs.path(0).path("configuration").path("endian").asText().equals("little")
        && shape[1] >= 1 && shape[2] >= 1 && chunk[0] >= 1 && chunk[1] >= 1 && chunk[2] == shape[2];
    if (!ours) {
      throw new StoreException(file + " does not describe an array (T, N, C) of raw little-endian float32 in"
          + " chunks of whole classes, which a run's predictions are; it is damaged or was not written by"
          + " Lightcone.");
    }
    if ((long) shape[1] * shape[2] > Integer.MAX_VALUE / Float.BYTES || shape[0] > MAX_RECORDS
        || chunk[0] > MAX_CHUNK_RECORDS || chunk[1] > shape[1] || (shape[1] - 1) / chunk[1] >= MAX_CHUNKS) {
      throw new StoreException(file + " describes " + shape[0] + " records of (" + shape[1] + ", " + shape[2]
          + ") in chunks of " + chunk[0] + " records and " + chunk[1] + " samples, which Lightcone never writes; it is"
          + " damaged, restore it from a copy.");
    }
    return new ZarrArray(folder, shape[0], shape[1], shape[2], chunk[0], chunk[1]);
  }

  /** Three whole numbers from 0 on, or null. */
  private static int[] sizes(JsonNode node) {
    int[] sizes = new int[3];
    if (!node.isArray() || node.size() != sizes.length) {
      return null;
    }
    for (int i = 0; i < sizes.length; i++) {
      JsonNode size = node.get(i);
      if (!size.isIntegralNumber() || !size.canConvertToInt() || size.intValue() < 0) {
        return null;
      }
      sizes[i] = size.intValue();
    }
    return sizes;
  }

  int samples() {
    return samples;
  }

  int classes() {
    return classes;
  }

  /** Records that zarr.json counts. */
  int records() {
    return records;
  }

  /** Of the first {@code limit} records, those before the first chunk file that is missing or too short. */
  int wholeRecords(int limit) {
    int whole = Math.min(limit, records);
    for (PredictionBlock block : blocks(whole)) {
      long size;
      try {
        size = Files.size(block.file());
      } catch (NoSuchFileException e) {
        size = 0;
      } catch (IOException e) {
        throw AtomicFiles.failure(block.file(), e);
      }
      if (size < block.records() * block.recordStrideBytes()) {
        whole = (int) Math.min(whole, block.firstRecord() + size / block.recordStrideBytes());
      }
    }
    return whole;
  }

  /** The rectangles of the first {@code count} records, by records then samples. */
  List<PredictionBlock> blocks(int count) {
    List<PredictionBlock> blocks = new ArrayList<>();
    for (int first = 0; first < count; first += chunkRecords) {
      for (int sample = 0; sample < samples; sample += chunkSamples) {
        blocks.add(new PredictionBlock(chunk(first, sample), 0, first, Math.min(chunkRecords, count - first),
            sample, Math.min(chunkSamples, samples - sample), stride()));
      }
    }
    return blocks;
  }

  /** Writes record {@code index} (N, C) and syncs it; {@code zarr.json} does not count it yet. */
  void write(int index, ByteBuffer record) {
    for (int sample = 0; sample < samples; sample += chunkSamples) {
      Path file = chunk(index, sample);
      try {
        Files.createDirectories(file.getParent());
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
          long full = chunkRecords * stride();
          if (out.size() < full) {
            AtomicFiles.writeFully(out, ByteBuffer.allocate(1), full - 1);
          }
          AtomicFiles.writeFully(out, part(record, sample), index % chunkRecords * stride());
          out.force(false);
        }
      } catch (IOException e) {
        throw AtomicFiles.failure(file, e);
      }
    }
  }

  /** Reads record {@code index} (N, C) into {@code record}; false if a chunk file is missing or too short. */
  boolean read(int index, ByteBuffer record) {
    for (int sample = 0; sample < samples; sample += chunkSamples) {
      Path file = chunk(index, sample);
      try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
        ByteBuffer part = part(record, sample);
        long at = index % chunkRecords * stride();
        while (part.hasRemaining()) {
          int n = in.read(part, at);
          if (n < 0) {
            return false;
          }
          at += n;
        }
      } catch (NoSuchFileException e) {
        return false;
      } catch (IOException e) {
        throw AtomicFiles.failure(file, e);
      }
    }
    return true;
  }

  /** Makes {@code zarr.json} count {@code count} records. */
  void setRecords(int count, String split) {
    if (count != records) {
      int before = records;
      records = count;
      try {
        writeMetadata(split);
      } catch (StoreException e) {
        records = before;
        throw e;
      }
    }
  }

  /** Bytes of one record, N * C * 4. */
  int recordBytes() {
    return Math.multiplyExact(Math.multiplyExact(samples, classes), Float.BYTES);
  }

  static String crc(ByteBuffer record) {
    CRC32C crc = new CRC32C();
    crc.update(record.duplicate().clear());
    return String.format("%08x", crc.getValue());
  }

  private long stride() {
    return (long) chunkSamples * classes * Float.BYTES;
  }

  private Path chunk(int record, int sample) {
    return folder.resolve("c").resolve(Integer.toString(record / chunkRecords))
        .resolve(Integer.toString(sample / chunkSamples)).resolve("0");
  }

  private ByteBuffer part(ByteBuffer record, int firstSample) {
    int row = classes * Float.BYTES;
    int count = Math.min(chunkSamples, samples - firstSample);
    return record.duplicate().clear().limit((firstSample + count) * row).position(firstSample * row);
  }

  private void writeMetadata(String split) {
    ObjectNode json = Json.object();
    json.put("zarr_format", 3).put("node_type", "array");
    json.putArray("shape").add(records).add(samples).add(classes);
    json.put("data_type", "float32");
    ObjectNode grid = json.putObject("chunk_grid");
    grid.put("name", "regular").putObject("configuration").putArray("chunk_shape")
        .add(chunkRecords).add(chunkSamples).add(classes);
    ObjectNode keys = json.putObject("chunk_key_encoding");
    keys.put("name", "default").putObject("configuration").put("separator", "/");
    json.put("fill_value", "NaN");
    ObjectNode codec = json.putArray("codecs").addObject();
    codec.put("name", "bytes").putObject("configuration").put("endian", "little");
    json.putArray("dimension_names").add("record").add("sample").add("class");
    json.putObject("attributes").put("kind", "log-probs").put("split", split);
    Json.write(folder.resolve("zarr.json"), json);
  }
}
