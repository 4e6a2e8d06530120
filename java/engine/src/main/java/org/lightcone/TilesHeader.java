// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * The head of a .tiles file, format version 1. All numbers little-endian:
 *
 * <pre>
 * 0            magic, 8 bytes: 93 "LCTILES"
 * 8            u32 format version; u32 bytes of the manifest, at most 65,536
 * 16           u64 P, byte at which the table begins
 * 24           u32 entries of the table, B = ceil(models / 96); u32 bytes of an entry, 128 ({@link TilesEntry})
 * 32           u64 D, byte at which the tiles begin; u64 bytes of all tiles, B (B + 1) / 2 x 36,864
 * 48           8 bytes 0
 * 56           u32 CRC32C of the manifest; u32 CRC32C of bytes [0, 60)
 * 64           manifest, a JSON object in UTF-8
 * P            the table; P is the next multiple of 4096 after the manifest
 * D            the packed tiles of native/lightcone.h; D is the next multiple of 4096 after the table
 * </pre>
 *
 * <p>Manifest: {@code {"models", "tile", "dtype", "engine", "options": {}, "input": {}}}, the last two with text values
 * only: everything that a bit of the tiles depends on, and facts about the predictions that do not depend on their
 * path. A computation goes on in a file only where all of it is the same.
 *
 * <p>A file is complete when its entries cover all block rows. While it is written it is called {@code .NAME.part} and
 * its tiles may be missing where no entry stands. A band is durable by this order: tiles, sync, entry, sync.
 *
 * @param layout where the tiles lie
 * @param engine version of the engine that computed them
 * @param options metric, refinement, infinity policy, samples, instruction set, bytes of panels
 * @param input shape, element types and contents of the predictions; empty if they are not known
 */
record TilesHeader(TileLayout layout, String engine, Map<String, String> options, Map<String, String> input) {
  /** Bytes before the manifest. */
  static final int PREFIX = 64;
  private static final long MAGIC = 0x53454c49_54434c93L;
  private static final int VERSION = 1;
  private static final int MOST_MANIFEST = 1 << 16;
  private static final int PAGE = 4096;
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  TilesHeader {
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    input = Collections.unmodifiableMap(new LinkedHashMap<>(input));
  }

  // ---- reading: pure functions of bytes -------------------------------------------------------------

  /** Whether a file that begins so is one of tiles. */
  static boolean recognises(ByteBuffer start) {
    return start.remaining() >= 8 && start.order(ByteOrder.LITTLE_ENDIAN).getLong(start.position()) == MAGIC;
  }

  /**
   * Bytes of prefix, manifest and table together, from the first 64 or more bytes of a file.
   *
   * @param file stands for it in messages
   * @throws InvalidDataException for anything but an intact prefix
   */
  static int headBytes(String file, byte[] start) {
    return Math.toIntExact(prefix(file, start).getLong(32));
  }

  /** Reads prefix and manifest, of which {@code bytes} has all and may have more. */
  static TilesHeader parse(String file, byte[] bytes) {
    ByteBuffer prefix = prefix(file, bytes);
    int size = prefix.getInt(12);
    if (bytes.length < PREFIX + size) {
      throw bad(file, "it is truncated within the manifest");
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, PREFIX, size);
    if ((int) crc.getValue() != prefix.getInt(56)) {
      throw bad(file, "its manifest was altered: the checksum differs");
    }
    TilesHeader header = manifest(file, bytes, size);
    if (prefix.getInt(24) != header.layout.blocks() || prefix.getLong(40) != header.layout.bytes()
        || prefix.getLong(16) != header.tableOffset(size) || prefix.getLong(32) != header.dataOffset(size)) {
      throw bad(file, "its sizes are not those of " + header.layout.models() + " models");
    }
    return header;
  }

  private static ByteBuffer prefix(String file, byte[] start) {
    ByteBuffer prefix = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    if (!recognises(prefix)) {
      throw bad(file, "it is no .tiles file, its first bytes are not \\x93LCTILES");
    }
    if (start.length < PREFIX) {
      throw bad(file, "it is truncated within the header");
    }
    if (prefix.getInt(8) != VERSION) {
      throw bad(file, "its format version is " + Integer.toUnsignedString(prefix.getInt(8)) + ", known is " + VERSION);
    }
    CRC32C crc = new CRC32C();
    crc.update(start, 0, PREFIX - 4);
    if ((int) crc.getValue() != prefix.getInt(60)) {
      throw bad(file, "its header was altered: the checksum differs");
    }
    int manifest = prefix.getInt(12);
    int entries = prefix.getInt(24);
    if (manifest < 2 || manifest > MOST_MANIFEST || entries < 1 || entries > TileLayout.MOST_MODELS / TileLayout.EDGE
        || prefix.getInt(28) != TilesEntry.BYTES || prefix.getLong(48) != 0
        || prefix.getLong(32) < PREFIX
        // Manifest and table are each followed by less than a page.
        || prefix.getLong(32) > PREFIX + manifest + entries * (long) TilesEntry.BYTES + 2 * PAGE) {
      throw bad(file, "its header has impossible sizes");
    }
    return prefix;
  }

  private static TilesHeader manifest(String file, byte[] bytes, int size) {
    long models = -1;
    long tile = -1;
    String dtype = null;
    String engine = null;
    Map<String, String> options = null;
    Map<String, String> input = null;
    try (JsonParser json = JSON.createParser(bytes, PREFIX, size)) {
      expect(json.nextToken() == JsonToken.START_OBJECT, file);
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        switch (name) {
          case "models" -> models = number(json, file);
          case "tile" -> tile = number(json, file);
          case "dtype" -> dtype = text(json, value, file);
          case "engine" -> engine = text(json, value, file);
          case "options" -> options = texts(json, value, file);
          case "input" -> input = texts(json, value, file);
          default -> throw bad(file, "its manifest has the unknown key '" + name + "'");
        }
      }
      expect(json.currentToken() == JsonToken.END_OBJECT && json.nextToken() == null, file);
    } catch (IOException e) {
      throw new InvalidDataException(file + " cannot be used: its manifest is no JSON object", e);
    }
    expect(engine != null && options != null && input != null, file);
    if (models < 1 || models > TileLayout.MOST_MODELS || tile != TileLayout.EDGE || !"float32".equals(dtype)) {
      throw bad(file, "its manifest speaks of " + models + " models in tiles of " + tile + " and numbers of " + dtype
          + "; known are at most " + TileLayout.MOST_MODELS + " models, tiles of " + TileLayout.EDGE + " and float32");
    }
    TilesHeader header = new TilesHeader(new TileLayout((int) models), engine, options, input);
    byte[] written;
    try {
      written = header.manifest();
    } catch (UncheckedIOException e) {
      throw new InvalidDataException(file + " cannot be used: its manifest has text that is no UTF-8", e);
    }
    // One form only: the places of table and tiles follow from the manifest's length.
    expect(Arrays.equals(written, 0, written.length, bytes, PREFIX, PREFIX + size), file);
    return header;
  }

  private static Map<String, String> texts(JsonParser json, JsonToken value, String file) throws IOException {
    expect(value == JsonToken.START_OBJECT, file);
    Map<String, String> texts = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      texts.put(name, text(json, json.nextToken(), file));
    }
    expect(json.currentToken() == JsonToken.END_OBJECT, file);
    return texts;
  }

  private static String text(JsonParser json, JsonToken value, String file) throws IOException {
    expect(value == JsonToken.VALUE_STRING, file);
    return json.getText();
  }

  private static long number(JsonParser json, String file) throws IOException {
    expect(json.currentToken() == JsonToken.VALUE_NUMBER_INT, file);
    return json.getLongValue();
  }

  private static void expect(boolean condition, String file) {
    if (!condition) {
      throw bad(file, "its manifest is incomplete or of another form");
    }
  }

  static InvalidDataException bad(String file, String why) {
    return new InvalidDataException(file + " cannot be used: " + why);
  }

  // ---- writing ---------------------------------------------------------------------------------------

  /** Everything before the tiles, with an empty table. */
  byte[] format() {
    byte[] manifest = manifest();
    if (manifest.length > MOST_MANIFEST) {
      throw new IllegalStateException("a manifest of " + manifest.length + " bytes: at most " + MOST_MANIFEST);
    }
    ByteBuffer head = ByteBuffer.allocate((int) dataOffset(manifest.length)).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(MAGIC).putInt(VERSION).putInt(manifest.length).putLong(tableOffset(manifest.length))
        .putInt(layout.blocks()).putInt(TilesEntry.BYTES).putLong(dataOffset(manifest.length)).putLong(layout.bytes())
        .putLong(0);
    CRC32C crc = new CRC32C();
    crc.update(manifest, 0, manifest.length);
    head.putInt((int) crc.getValue());
    crc.reset();
    crc.update(head.array(), 0, PREFIX - 4);
    head.putInt((int) crc.getValue()).put(manifest);
    return head.array();
  }

  private byte[] manifest() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeNumberField("models", layout.models());
      json.writeNumberField("tile", TileLayout.EDGE);
      json.writeStringField("dtype", "float32");
      json.writeStringField("engine", engine);
      json.writeObjectFieldStart("options");
      for (Map.Entry<String, String> option : options.entrySet()) {
        json.writeStringField(option.getKey(), option.getValue());
      }
      json.writeEndObject();
      json.writeObjectFieldStart("input");
      for (Map.Entry<String, String> fact : input.entrySet()) {
        json.writeStringField(fact.getKey(), fact.getValue());
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("a manifest in memory", e);
    }
    return bytes.toByteArray();
  }

  private long tableOffset(int manifestBytes) {
    return pages(PREFIX + manifestBytes);
  }

  private long dataOffset(int manifestBytes) {
    return tableOffset(manifestBytes) + pages(layout.blocks() * (long) TilesEntry.BYTES);
  }

  private static long pages(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  /** Byte at which the table begins. */
  long tableOffset() {
    return tableOffset(manifest().length);
  }

  /** Byte at which the tiles begin. */
  long dataOffset() {
    return dataOffset(manifest().length);
  }

  /** Bytes of the complete file. */
  long fileBytes() {
    return dataOffset() + layout.bytes();
  }

  // ---- comparing -------------------------------------------------------------------------------------

  /** What is another here than in {@code wanted}, as "its metric is jeffreys and not bhattacharyya", or null. */
  String difference(TilesHeader wanted) {
    if (layout.models() != wanted.layout.models()) {
      return "its number of models is " + layout.models() + " and not " + wanted.layout.models();
    }
    String found = difference("", options, wanted.options);
    if (found == null) {
      found = difference("input's ", input, wanted.input);
    }
    if (found == null && !engine.equals(wanted.engine)) {
      found = "its engine is version " + engine + " and not " + wanted.engine;
    }
    return found;
  }

  private static String difference(String of, Map<String, String> here, Map<String, String> wanted) {
    Map<String, String> all = new LinkedHashMap<>(here);
    all.putAll(wanted);
    for (String key : all.keySet()) {
      String is = here.getOrDefault(key, "not given");
      String want = wanted.getOrDefault(key, "not given");
      if (!is.equals(want)) {
        return "its " + of + key + " is " + is + " and not " + want;
      }
    }
    return null;
  }
}
