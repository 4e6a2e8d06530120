// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lightcone.Npy;

/** plan: what it predicts, and how far from what then happens. */
class PlanCommandTest {
  /** Attempts before a factor of two counts: another process may have taken the machine in one of them. */
  private static final int ATTEMPTS = 5;

  @Test
  void theTimeIsWithinAFactorOfTwoOfARun(@TempDir Path folder) {
    int models = 1500;
    int samples = 600;
    int classes = 10;
    Path table = folder.resolve("p.npy");
    Npy.writeFloats(table, table(models, samples, classes), models, samples, classes);
    String said = "";
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      JsonNode plan = Cli.run("plan", "--models", models, "--samples", samples, "--classes", classes, "--json").json();
      JsonNode run = Cli.run("distances", "--predictions", table, "--kind", "logits", "--out", folder.resolve("d.npy"),
          "--json").json();
      assertEquals(0, run.get("refined_share").asDouble());
      double predicted = sum(plan.get("seconds"), "read", "distances", "write");
      double measured = sum(run.get("seconds"), "read", "distances", "write");
      if (predicted <= 2 * measured && measured <= 2 * predicted) {
        return;
      }
      said += predicted + " s predicted, " + measured + " s measured; ";
    }
    throw new AssertionError(said);
  }

  private static double sum(JsonNode seconds, String... names) {
    double sum = 0;
    for (String name : names) {
      sum += seconds.get(name).asDouble();
    }
    return sum;
  }

  @Test
  void diskAndReadsAreThoseOfTheRun(@TempDir Path folder) throws Exception {
    int models = 1000;
    Path table = folder.resolve("p.npy");
    Npy.writeFloats(table, table(models, 20, 10), models, 20, 10);
    for (String name : new String[] {"d.npy", "d.tiles"}) {
      Path out = folder.resolve(name);
      List<Object> args = new ArrayList<>(List.of("plan", "--models", models, "--samples", 20, "--classes", 10,
          "--memory", "4g", "--json"));
      if (name.equals("d.tiles")) {
        args.add("--tiles");
      }
      JsonNode plan = Cli.run(args.toArray()).json();
      JsonNode run = Cli.run("distances", "--predictions", table, "--kind", "logits", "--memory", "4g", "--out", out,
          "--json").json();
      assertEquals(plan.get("bands").asInt(), run.get("bands").asInt(), name);
      assertTrue(run.get("reads").asInt() >= 1 && run.get("reads").asInt() <= plan.get("reads").asInt(), run.toString());
      long disk = plan.get("disk_bytes").asLong();
      // The file's head may come to it: 16 KiB here.
      assertTrue(Files.size(out) >= disk && Files.size(out) <= disk + (16 << 10), Files.size(out) + " of " + plan);
    }
  }

  private static float[] table(int models, int samples, int classes) {
    float[] logits = new float[models * samples * classes];
    SplittableRandom random = new SplittableRandom(1);
    for (int k = 0; k < logits.length; k++) {
      logits[k] = (float) (3 * random.nextDouble());
    }
    return logits;
  }

  @Test
  void aPlanTellsMemoryAndTimesAndWritesNothing(@TempDir Path folder) throws Exception {
    // Limits that hold whatever this process, which earlier tests have fed, has now: far above, and 1 GiB too little.
    JsonNode plan = Cli.run("plan", "--models", 20000, "--samples", 100, "--classes", 10, "--dims", 5, "--memory", "64g",
        "--json").json();
    long matrix = 20000L * 20000 * 4;
    assertEquals(matrix, plan.get("disk_bytes").asLong(), "in memory, and a .npy");
    long needed = plan.get("memory_bytes").asLong();
    assertTrue(needed > matrix / 2, plan.toString());
    for (String key : new String[] {"validate", "read", "distances", "write", "embed", "total", "refine_at_most"}) {
      assertTrue(plan.get("seconds").get(key).asDouble() > 0, key + " in " + plan);
    }
    for (String key : new String[] {"fma_per_second", "read_bytes_per_second", "disk_write_bytes_per_second"}) {
      assertTrue(plan.get("ceilings").get(key).asDouble() > 0, key + " in " + plan);
    }
    long embedding = plan.get("embed_memory_bytes").asLong();
    assertTrue(embedding > matrix / 2 && embedding <= 64L << 30, plan.toString());
    long less = needed - (1L << 30);
    JsonNode banded = Cli.run("plan", "--models", 20000, "--samples", 100, "--classes", 10, "--dims", 5, "--memory", less,
        "--tiles", "--json").json();
    assertTrue(banded.get("bands").asInt() > 1, banded.toString());
    assertTrue(banded.get("memory_bytes").asLong() <= less, banded.toString());
    assertTrue(banded.get("reads").asInt() >= banded.get("bands").asInt(), banded.toString());
    long embeddingOnDisk = banded.get("embed_memory_bytes").asLong();
    assertTrue(embeddingOnDisk <= less, banded.toString());
    try (var files = Files.list(folder)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void impossibleSizesAreRefusedByName() {
    Cli.run("plan", "--models", 1, "--samples", 10, "--classes", 10).fails(2, "--models 1", "at least 2 models");
    Cli.run("plan", "--models", 10, "--samples", 10, "--classes", 10, "--dims", 10).fails(2, "--dims 10", "9");
    Cli.run("plan", "--models", 10, "--samples", 10, "--classes", 10, "--metric", "l7").fails(2, "--metric", "l7");
  }
}
