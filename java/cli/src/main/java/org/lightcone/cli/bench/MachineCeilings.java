// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.lightcone.Ceilings;
import org.lightcone.DType;
import org.lightcone.Isa;

/**
 * The machine's multiply-add rate and read bandwidth, measured before and after every row: a rate that is older than
 * {@code freshSeconds} is measured again. The larger of the two bounds the row.
 */
final class MachineCeilings {
  private record Key(String name, String isa, String dtype, int threads, long bytes) {}

  private static final class Rates {
    double first;
    double last;
    double least = Double.POSITIVE_INFINITY;
    double most;
    long at;
  }

  private final double freshSeconds;
  private final Map<Key, Rates> rates = new LinkedHashMap<>();

  MachineCeilings(double freshSeconds) {
    this.freshSeconds = freshSeconds;
  }

  /** Multiply-adds per second. */
  double fma(Isa isa, DType dtype, int threads) {
    return rate(new Key("fma", isa.toString(), dtype == DType.FLOAT32 ? "float32" : "float64", threads, 0),
        () -> Ceilings.fma(isa, dtype, threads));
  }

  /** Bytes per second read from a buffer of that size. */
  double read(long bytes, int threads) {
    return rate(new Key("read", "", "", threads, bytes), () -> Ceilings.read(bytes, threads));
  }

  private double rate(Key key, DoubleSupplier measure) {
    Rates known = rates.computeIfAbsent(key, k -> new Rates());
    if (known.most == 0 || System.nanoTime() - known.at > freshSeconds * 1e9) {
      known.last = measure.getAsDouble();
      known.first = known.most == 0 ? known.last : known.first;
      known.least = Math.min(known.least, known.last);
      known.most = Math.max(known.most, known.last);
      known.at = System.nanoTime();
    }
    return known.last;
  }

  /** {@code {"fma": [{"isa", "dtype", "threads", "first", "last", "least", "most"}], "read": [{"bytes", ...}]}}. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode fma = json.putArray("fma");
    ArrayNode read = json.putArray("read");
    rates.forEach((key, rate) -> {
      ObjectNode entry;
      if (key.name().equals("fma")) {
        entry = fma.addObject().put("isa", key.isa()).put("dtype", key.dtype());
      } else {
        entry = read.addObject().put("bytes", key.bytes());
      }
      entry.put("threads", key.threads()).put("first", rate.first).put("last", rate.last).put("least", rate.least)
          .put("most", rate.most);
    });
    return json;
  }
}
