// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Columns of numbers as base64 of little-endian arrays, so that 150,000 models open quickly.
 *
 * <p>A column is one of three encodings: {@code f32} (plain), {@code u16} (quantised between lo and hi: half a
 * step is 1/131068 of the range, far below a pixel) and {@code dict} (16-bit indices into a table of float32
 * values, exact). Equal columns, such as the run indices of the train and the test view, are stored once.
 */
final class Packing {
  /** Above this many models coordinates are quantised: below, a float32 column is small enough to keep exact. */
  static final int EXACT_MODELS = 20_000;
  private static final int DICT_LIMIT = 4096;
  private static final int MISSING = 65535;   // u16 code for NaN; codes 0..65534 span the range

  private final ArrayNode blobs = JsonNodeFactory.instance.arrayNode();
  private final Map<String, Integer> known = new HashMap<>();

  ArrayNode blobs() {
    return blobs;
  }

  /** Whole numbers or shares with few distinct values: a table when that is smaller, never lossy below 2^24. */
  ObjectNode exact(double[] values) {
    Map<Integer, Integer> codes = new HashMap<>();
    for (double v : values) {
      codes.putIfAbsent(Float.floatToIntBits((float) v), codes.size());
      if (codes.size() > DICT_LIMIT) {
        return plain(values);
      }
    }
    if (values.length < 4 * codes.size()) {
      return plain(values);
    }
    ByteBuffer index = little(2 * values.length);
    for (double v : values) {
      index.putShort((short) (int) codes.get(Float.floatToIntBits((float) v)));
    }
    ByteBuffer table = little(4 * codes.size());
    codes.forEach((bits, code) -> table.putInt(4 * code, bits));
    ObjectNode column = node("dict", index);
    column.put("table", blob(table));
    return column;
  }

  /** Measured values: float32 for small reports, 16 bits for large ones. */
  ObjectNode measured(double[] values) {
    return values.length <= EXACT_MODELS ? plain(values) : quantised(values);
  }

  private ObjectNode plain(double[] values) {
    ByteBuffer bytes = little(4 * values.length);
    for (double v : values) {
      bytes.putFloat((float) v);
    }
    return node("f32", bytes);
  }

  private ObjectNode quantised(double[] values) {
    double lo = Double.POSITIVE_INFINITY;
    double hi = Double.NEGATIVE_INFINITY;
    for (double v : values) {
      if (Double.isFinite(v)) {
        lo = Math.min(lo, v);
        hi = Math.max(hi, v);
      }
    }
    if (lo > hi) {
      lo = hi = 0;
    }
    double scale = hi > lo ? (MISSING - 1) / (hi - lo) : 0;
    ByteBuffer bytes = little(2 * values.length);
    for (double v : values) {
      bytes.putShort((short) (Double.isFinite(v) ? Math.round((v - lo) * scale) : MISSING));
    }
    ObjectNode column = node("u16", bytes);
    column.put("lo", lo);
    column.put("hi", hi);
    return column;
  }

  private ObjectNode node(String encoding, ByteBuffer bytes) {
    ObjectNode column = JsonNodeFactory.instance.objectNode();
    column.put("e", encoding);
    column.put("b", blob(bytes));
    return column;
  }

  private int blob(ByteBuffer bytes) {
    String text = Base64.getEncoder().encodeToString(bytes.array());
    return known.computeIfAbsent(text, t -> {
      blobs.add(t);
      return blobs.size() - 1;
    });
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
