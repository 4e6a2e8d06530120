// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.lightcone.EngineInfo;

/**
 * What a benchmark found.
 *
 * @param rows in the order of the table
 * @param ceilings of the machine
 */
public record BenchResult(List<RowResult> rows, ObjectNode ceilings) {
  /** Rows that ran and are not right, in words. */
  public List<String> wrong() {
    return rows.stream().filter(row -> row.skipped() == null && !row.verified()).map(row -> row.key().toString())
        .toList();
  }

  /** The result file's content: the contract's {@code {"machine", "commit", "compiler", "ceilings", "rows"}}. */
  public ObjectNode json(String machine, String commit) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("machine", machine).put("commit", commit).put("compiler", EngineInfo.query().compiler());
    json.set("ceilings", ceilings);
    ArrayNode array = json.putArray("rows");
    rows.forEach(row -> array.add(row.json()));
    ArrayNode scalings = json.putArray("scaling");
    scaling().forEach((row, times) -> scalings.addObject().put("kernel", row.key().kernel())
        .put("M", row.key().models()).put("N", row.key().samples()).put("C", row.key().classes())
        .put("isa", row.key().isa())
        .put("threads", row.key().threads()).put("times_one_thread", times));
    return json;
  }

  /** The table for people. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>(Table.of(rows));
    scaling().forEach((row, times) -> lines.add(String.format(Locale.ROOT, "%s %s, %s: %d threads are %.2f times one",
        row.key().kernel(), row.key().sizes(), row.key().isa(), row.key().threads(), times)));
    return lines;
  }

  /** How many times faster than one thread the rows of several are, where both were run. */
  private Map<RowResult, Double> scaling() {
    Map<RowKey, RowResult> timed = rows.stream().filter(row -> row.timing() != null)
        .collect(Collectors.toMap(RowResult::key, Function.identity(), (a, b) -> a));
    Map<RowResult, Double> scaling = new java.util.LinkedHashMap<>();
    for (RowResult row : rows) {
      RowResult one = timed.get(row.key().withThreads(1));
      if (row.timing() != null && row.key().threads() > 1 && one != null) {
        scaling.put(row, row.rate() / one.rate());
      }
    }
    return scaling;
  }
}
