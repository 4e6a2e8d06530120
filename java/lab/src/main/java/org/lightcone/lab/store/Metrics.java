// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * metrics.jsonl: one line per record, written after its predictions; a line cut short by a kill does not
 * count.
 */
final class Metrics {
  // A line is about 250 bytes: two million records.
  private static final long MAX_BYTES = 512L << 20;

  /** A line: the record and the CRC-32C of its predictions by split. */
  record Line(RunRecord record, Map<String, String> checksums) {
  }

  private Metrics() {
  }

  /** The whole lines of a file, up to the first that is damaged or out of order. */
  static List<Line> read(Path file) {
    List<Line> lines = new ArrayList<>();
    String text;
    try {
      // Bytes that are no UTF-8 become replacement characters: their line is then damaged, the ones before are not.
      text = new String(AtomicFiles.readAll(file, MAX_BYTES), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return lines;
    } catch (IOException e) {
      throw AtomicFiles.failure(file, e);
    }
    int from = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      Line line = parse(text.substring(from, end));
      if (line == null || line.record().index() != lines.size()) {
        break;
      }
      lines.add(line);
      from = end + 1;
    }
    return lines;
  }

  /** Adds a line and syncs it; after a failure the file is as before. */
  static void append(Path file, Line line) {
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      long before = out.size();
      try {
        AtomicFiles.writeFully(out, ByteBuffer.wrap(text(line).getBytes(StandardCharsets.UTF_8)), before);
        out.force(false);
      } catch (IOException e) {
        out.truncate(before);
        throw e;
      }
    } catch (IOException e) {
      throw AtomicFiles.failure(file, e);
    }
  }

  /** Replaces the file by these lines. */
  static void write(Path file, List<Line> lines) {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(text(line)));
    AtomicFiles.write(file, text.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static String text(Line line) {
    RunRecord r = line.record();
    ObjectNode json = Json.object();
    json.put("record", r.index()).put("step", r.step()).put("epoch", r.epoch());
    json.put("train_loss", r.trainLoss()).put("train_error", r.trainError());
    json.put("test_loss", r.testLoss()).put("test_error", r.testError());
    json.put("seconds", r.seconds());
    ObjectNode crc = json.putObject("crc32c");
    line.checksums().forEach(crc::put);
    return Json.line(json) + "\n";
  }

  private static Line parse(String text) {
    JsonNode json;
    try {
      json = Json.MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return null;
    }
    for (String key : List.of("record", "step", "epoch", "train_loss", "train_error", "test_loss",
        "test_error")) {
      if (!json.path(key).isNumber()) {
        return null;
      }
    }
    Map<String, String> checksums = new TreeMap<>();
    json.path("crc32c").properties().forEach(e -> checksums.put(e.getKey(), e.getValue().asText()));
    return new Line(new RunRecord(json.get("record").asInt(), json.get("step").asLong(),
        json.get("epoch").asDouble(), json.get("train_loss").asDouble(), json.get("train_error").asDouble(),
        json.get("test_loss").asDouble(), json.get("test_error").asDouble(), json.path("seconds").asDouble()),
        checksums);
  }
}
