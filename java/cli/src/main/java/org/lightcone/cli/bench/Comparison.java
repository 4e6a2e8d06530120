// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Two result files, row by row with their noise. The verdict of a row is <b>faster</b> where the new runs' p90 lies
 * below the old runs' p10, <b>slower</b> where the new p10 lies above the old p90, and <b>within noise</b> where the
 * two intervals meet; and never by less than 2%, which one machine does from boot to boot.
 */
public final class Comparison {
  private static final double LEAST = 0.02;

  private final JsonNode before;
  private final JsonNode after;

  /** Of two contents of result files. */
  public Comparison(JsonNode before, JsonNode after) {
    this.before = before;
    this.after = after;
  }

  private static Map<RowKey, JsonNode> timed(JsonNode file) {
    Map<RowKey, JsonNode> rows = new LinkedHashMap<>();
    file.path("rows").forEach(row -> {
      if (row.path("median_s").isNumber()) {
        rows.putIfAbsent(RowKey.of(row), row);
      }
    });
    return rows;
  }

  private static String verdict(JsonNode old, JsonNode now) {
    double ratio = old.get("median_s").asDouble() / now.get("median_s").asDouble();
    if (Math.abs(ratio - 1) >= LEAST) {
      if (now.path("p90_s").asDouble() < old.path("p10_s").asDouble()) {
        return "faster";
      }
      if (now.path("p10_s").asDouble() > old.path("p90_s").asDouble()) {
        return "slower";
      }
    }
    return "within noise";
  }

  /**
   * {@code [{"kernel", "mode", "M", "N", "C", "threads", "isa", "speedup", "old_s", "new_s", "verdict"}]}; seconds are
   * p10, median and p90.
   */
  public ArrayNode json() {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    Map<RowKey, JsonNode> old = timed(before);
    timed(after).forEach((key, now) -> {
      JsonNode was = old.get(key);
      if (was != null) {
        ObjectNode entry = json.addObject().put("kernel", key.kernel()).put("mode", key.mode()).put("M", key.models())
            .put("N", key.samples()).put("C", key.classes()).put("threads", key.threads()).put("isa", key.isa())
            .put("speedup", was.get("median_s").asDouble() / now.get("median_s").asDouble());
        entry.set("old_s", interval(was));
        entry.set("new_s", interval(now));
        entry.put("verdict", verdict(was, now));
      }
    });
    return json;
  }

  private static ArrayNode interval(JsonNode row) {
    return JsonNodeFactory.instance.arrayNode().add(row.path("p10_s").asDouble()).add(row.path("median_s").asDouble())
        .add(row.path("p90_s").asDouble());
  }

  /** For people; says first what makes the two incomparable. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (String fact : new String[] {"machine", "compiler"}) {
      if (!before.path(fact).asText().equals(after.path(fact).asText())) {
        lines.add("different " + fact + "s: old " + before.path(fact).asText() + ", new " + after.path(fact).asText());
      }
    }
    lines.add("speed-up over commit " + before.path("commit").asText() + ":");
    for (JsonNode row : json()) {
      JsonNode was = row.get("old_s");
      JsonNode now = row.get("new_s");
      lines.add(String.format(Locale.ROOT, "  %.3f  %-12s  %s: %.4g s (%.4g-%.4g), was %.4g s (%.4g-%.4g)",
          row.get("speedup").asDouble(), row.get("verdict").asText(), RowKey.of(row), now.get(1).asDouble(),
          now.get(0).asDouble(), now.get(2).asDouble(), was.get(1).asDouble(), was.get(0).asDouble(),
          was.get(2).asDouble()));
    }
    Map<RowKey, JsonNode> old = timed(before);
    Map<RowKey, JsonNode> now = timed(after);
    long added = now.keySet().stream().filter(key -> !old.containsKey(key)).count();
    long gone = old.keySet().stream().filter(key -> !now.containsKey(key)).count();
    if (added + gone > 0) {
      lines.add("not compared: " + added + " rows that only the new result has, " + gone
          + " that only the old one has");
    }
    return lines;
  }
}
