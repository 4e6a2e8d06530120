// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lightcone.cli.bench.Comparison;

/** bench: its result file, and what it says of two of them. No time is judged. */
class BenchCommandTest {
  @Test
  void aRowIsVerifiedWrittenAndComparedWithItself(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("r.json");
    JsonNode json = Cli.run("bench", "--quick", "--kernel", "refinement", "--out", file, "--json").json();
    assertEquals(json, new ObjectMapper().readTree(file.toFile()));
    for (String key : new String[] {"machine", "commit", "compiler", "ceilings", "rows"}) {
      assertTrue(json.has(key), key);
    }
    JsonNode row = json.get("rows").get(0);
    assertTrue(row.get("verified").asBoolean(), json.toString());
    assertTrue(row.get("max_rel_error").asDouble() <= 2e-6 && row.get("median_s").asDouble() > 0, json.toString());
    assertTrue(row.get("p10_s").asDouble() <= row.get("median_s").asDouble()
        && row.get("median_s").asDouble() <= row.get("p90_s").asDouble(), json.toString());

    JsonNode compared = Cli.run("bench", "--quick", "--kernel", "refinement", "--compare", file, "--json").json();
    assertEquals(1, compared.get("comparison").size());
  }

  @Test
  void aVerdictNeedsIntervalsThatDoNotMeet() {
    // Old: 1 s, p10 0.9, p90 1.1.
    assertEquals("faster", verdict(0.8, 0.7, 0.89));
    assertEquals("within noise", verdict(0.8, 0.7, 0.91));
    assertEquals("slower", verdict(1.2, 1.11, 1.3));
    assertEquals("within noise", verdict(1.2, 1.09, 1.3));
    // Intervals without width: 1% is no difference.
    assertEquals("within noise", compare(row(1, 1, 1), row(0.99, 0.99, 0.99)).json().get(0).get("verdict").asText());
  }

  @Test
  void rowsOfOtherSizesAndMachinesAreSaidAndNotCompared() {
    ObjectNode old = row(1, 1, 1);
    ObjectNode now = row(1, 1, 1).put("M", 7);
    Comparison comparison = compare(old, now);
    assertEquals(0, comparison.json().size());
    String said = String.join("\n", comparison.lines());
    assertTrue(said.contains("old A, new B") && said.contains("1 rows that only the new result has, 1"), said);
  }

  private static String verdict(double median, double p10, double p90) {
    return compare(row(1, 0.9, 1.1), row(median, p10, p90)).json().get(0).get("verdict").asText();
  }

  private static ObjectNode row(double median, double p10, double p90) {
    return JsonNodeFactory.instance.objectNode().put("kernel", "k").put("mode", "m").put("M", 2).put("N", 3).put("C", 4)
        .put("threads", 1).put("isa", "avx2").put("median_s", median).put("p10_s", p10).put("p90_s", p90);
  }

  private static Comparison compare(ObjectNode old, ObjectNode now) {
    return new Comparison(file("A", old), file("B", now));
  }

  private static ObjectNode file(String machine, ObjectNode row) {
    ObjectNode file = JsonNodeFactory.instance.objectNode().put("machine", machine).put("commit", "c")
        .put("compiler", "GNU 12");
    file.putArray("rows").add(row);
    return file;
  }
}
