// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** JSON files of the store. */
final class Json {
  /** Thread-safe once configured, as Jackson documents. */
  static final ObjectMapper MAPPER = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  // The largest is plan.json, about a kilobyte a run: a hundred thousand runs.
  private static final long MAX_BYTES = 128L << 20;

  private Json() {
  }

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** One line of JSON. */
  static String line(JsonNode node) {
    try {
      return MAPPER.writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A JSON tree could not be written.", e);
    }
  }

  static void write(Path file, JsonNode node) {
    String text;
    try {
      text = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("A JSON tree could not be written.", e);
    }
    AtomicFiles.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The object in a file, or null if there is no such file. */
  static ObjectNode read(Path file) {
    try {
      JsonNode node = MAPPER.readTree(AtomicFiles.readAll(file, MAX_BYTES));
      if (!(node instanceof ObjectNode object)) {
        throw new StoreException(file + " holds no JSON object; it is damaged, restore it from a copy.");
      }
      return object;
    } catch (NoSuchFileException e) {
      return null;
    } catch (JsonProcessingException e) {
      throw new StoreException(file + " is not sound JSON (" + e.getOriginalMessage()
          + "); it is damaged, restore it from a copy.", e);
    } catch (IOException e) {
      throw AtomicFiles.failure(file, e);
    }
  }
}
