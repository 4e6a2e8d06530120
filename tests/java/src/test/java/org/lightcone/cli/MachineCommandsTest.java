// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** doctor and networks. */
class MachineCommandsTest {
  @Test
  void doctorSaysWhatWorksAndWhyNot() {
    JsonNode json = Cli.run("doctor", "--json").json();
    for (String key : new String[] {"version", "backends", "memory", "threads", "libtorch", "glibc"}) {
      assertTrue(json.has(key), key);
    }
    JsonNode cpu = json.get("backends").get(0);
    assertEquals("cpu", cpu.get("name").asText());
    assertTrue(cpu.get("available").asBoolean(), json.toString());
    assertTrue(cpu.get("isa").asText().matches("portable|avx2|avx512"));
    JsonNode cuda = json.get("backends").get(1);
    assertEquals("cuda", cuda.get("name").asText());
    assertTrue(cuda.get("available").asBoolean() || !cuda.get("reason").asText().isEmpty());
    assertTrue(json.get("memory").asLong() > 0 && json.get("threads").asInt() > 0);
  }

  @Test
  void networksHaveTheExactCounts() {
    Map<String, Long> counts = new HashMap<>();
    for (JsonNode network : Cli.run("networks", "--json").json()) {
      assertEquals(3, network.get("input").size());
      assertEquals(10, network.get("classes").asInt());
      counts.put(network.get("name").asText(), network.get("parameters").asLong());
    }
    assertEquals(3837066L, counts.get("fc"));
    assertEquals(399486L, counts.get("allcnn"));
    assertEquals(300226L, counts.get("wrn-10-4-8"));
  }

  @Test
  void networksRefusesImpossibleShapes() {
    Cli.run("networks", "--input", "28").fails(2, "--input");
    Cli.run("networks", "--classes", 1).fails(2, "--classes");
  }
}
