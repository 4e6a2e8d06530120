// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lightcone.Npy;

/** train, status, distances and report on stores of tiny runs. */
class StoreCommandsTest {
  private static final String TINY = """
      data: {name: fashion-mnist, train: 200, test: 100}
      record: {train: 100, test: 50}
      sweep: {network: [fc], optimizer: [{name: sgd, lr: 0.1}], batch: [100], seed: [1, 2]}
      epochs: 2
      checkpoints: {per-epoch: 1}
      """;
  /** Records before training and after each of the two epochs. */
  private static final int TINY_RECORDS = 3;

  @TempDir Path folder;

  private Path spec(String yaml) throws IOException {
    return Files.writeString(folder.resolve("sweep.yaml"), yaml);
  }

  private Path store() {
    return folder.resolve("store");
  }

  private static void counts(JsonNode json, int runs, int done, int failed, int left) {
    assertEquals(List.of(runs, done, failed, left), List.of(json.get("runs").asInt(), json.get("done").asInt(),
        json.get("failed").asInt(), json.get("left").asInt()), json.toString());
    assertTrue(json.get("seconds").asDouble() >= 0);
  }

  @Test
  void fromASpecToAReport() throws Exception {
    Path spec = spec(TINY);
    counts(Cli.run("train", spec, "--store", store(), "--dry-run", "--json").json(), 2, 0, 0, 2);
    assertFalse(Files.exists(store()), "a dry run made a store");

    Object[] train = {"train", spec, "--store", store(), "--json", "--threads", 1};
    counts(Cli.run("train", spec, "--store", store(), "--json", "--threads", 1, "--shard", "1/2").json(), 1, 1, 0, 0);
    counts(Cli.run("status", "--store", store(), "--json").json(), 2, 1, 0, 1);
    counts(Cli.run(train).json(), 2, 2, 0, 0);
    counts(Cli.run("status", "--store", store(), "--json").json(), 2, 2, 0, 0);

    Path matrix = folder.resolve("D.npy");
    JsonNode distances = Cli.run("distances", "--store", store(), "--split", "test", "--out", matrix, "--json").json();
    assertEquals(2 * TINY_RECORDS, distances.get("models").asInt());
    assertEquals(50, distances.get("samples").asInt());
    assertEquals(4 * TINY_RECORDS * TINY_RECORDS, NpyFile.read(matrix).length);
    JsonNode rows = new ObjectMapper().readTree(folder.resolve("D.index.json").toFile()).get("rows");
    assertEquals(2 * TINY_RECORDS, rows.size());
    assertEquals(rows.get(0).get("run"), rows.get(TINY_RECORDS - 1).get("run"));
    assertNotEquals(rows.get(0).get("run"), rows.get(TINY_RECORDS).get("run"));
    assertEquals(0, rows.get(TINY_RECORDS).get("record").asInt());

    int classes = distances.get("classes").asInt();
    float[] ignorance = new float[50 * classes];
    Arrays.fill(ignorance, 1f / classes);
    Path added = folder.resolve("Q.npy");
    Npy.writeFloats(added, ignorance, 1, 50, classes);
    Object[] cross = {"distances", "--store", store(), "--split", "test", "--against", added, "--out", matrix, "--json",
        "--kind", "probs"};
    assertEquals(1, Cli.run(cross).json().get("against").asInt());
    assertEquals(2 * TINY_RECORDS, NpyFile.read(matrix).length);
    Cli.run(Arrays.copyOf(cross, cross.length - 2)).fails(2, "--kind", "Q.npy");

    Path page = folder.resolve("report.html");
    JsonNode report = Cli.run("report", "--store", store(), "--out", page, "--json").json();
    assertEquals(2, report.get("runs").asInt());
    assertEquals(2 * TINY_RECORDS, report.get("models").asInt());
    assertEquals(100, report.get("samples").asInt());
    String html = Files.readString(page);
    assertTrue(html.contains("fc sgd lr 0.1 batch 100 seed 2"), "the page names its runs");
    assertTrue(html.contains("train") && html.contains("test"));
  }

  @Test
  void ctrlCStopsCleanlyAndTheSameCommandGoesOn() throws Exception {
    // Enough that the fourth record is far from the last, few enough to resume in seconds.
    int epochs = 40;
    Path spec = spec(TINY.replace("epochs: 2", "epochs: " + epochs).replace("[1, 2]", "[1]"));
    Object[] train = {"train", spec, "--store", store(), "--json", "--threads", 1};
    Process process = Cli.start(folder, train);
    while (process.isAlive() && records() < 3) {
      Thread.sleep(20);
    }
    assertTrue(process.isAlive(), "it ended before it could be stopped: " + Files.readString(folder.resolve("err.txt")));
    Cli.interrupt(process);
    Cli.Ran stopped = Cli.finish(folder, process);
    assertEquals(130, stopped.code(), stopped.err());
    assertTrue(stopped.err().contains("stopping cleanly"), stopped.err());
    JsonNode status = Cli.run("status", "--store", store(), "--json").json();
    counts(status, 1, 0, 0, 1);
    assertEquals("stopped", status.get("list").get(0).get("status").asText());

    // The number of threads changes bits: another one needs the flag that allows it.
    Cli.run("train", spec, "--store", store(), "--threads", 2).fails(1, "--threads 1", "--allow-thread-change");
    counts(Cli.fork(folder, train).json(), 1, 1, 0, 0);
    assertEquals(epochs + 1, records());
  }

  private long records() throws IOException {
    if (!Files.isDirectory(store().resolve("runs"))) {
      return 0;
    }
    try (Stream<Path> runs = Files.list(store().resolve("runs"))) {
      Path metrics = runs.map(run -> run.resolve("metrics.jsonl")).findFirst().orElse(store());
      if (!Files.isRegularFile(metrics)) {
        return 0;
      }
      try (Stream<String> lines = Files.lines(metrics)) {
        return lines.count();
      }
    }
  }

  @Test
  void badSpecsNameTheLineAndTheMend() throws Exception {
    Object[] args = {"train", folder.resolve("none.yaml"), "--store", store()};
    Cli.run(args).fails(1, "none.yaml");
    args[1] = spec(TINY.replace("[fc]", "[resnet]"));
    Cli.run(args).fails(1, "sweep.yaml", "3", "resnet", "allcnn");
    spec(TINY.replace("epochs", "epoch"));
    Cli.run(args).fails(1, "sweep.yaml", "4", "epoch");
    spec(TINY.replace("train: 200", "train: -200"));
    Cli.run(args).fails(1, "sweep.yaml", "1");
    spec("this: [is not");
    Cli.run(args).fails(1, "sweep.yaml");
    assertFalse(Files.exists(store()), "a spec that cannot be run made a store");
    spec(TINY);
    Cli.run("train", args[1], "--store", store(), "--shard", "3/2").fails(2, "--shard");
    Cli.run("train", args[1]).fails(2, "--store");
  }

  @Test
  void aStoreThatCannotBeUsedIsNamed() throws Exception {
    for (String verb : new String[] {"status", "report", "distances"}) {
      Object[] args = verb.equals("status") ? new Object[] {verb, "--store", store()}
          : verb.equals("report") ? new Object[] {verb, "--store", store(), "--out", folder.resolve("r.html")}
          : new Object[] {verb, "--store", store(), "--split", "train", "--out", folder.resolve("D.npy")};
      Cli.run(args).fails(1, store().toString(), "lightcone train");
    }
    Files.createDirectories(store().resolve("runs"));
    Files.writeString(store().resolve("lightcone.json"), "{\"format\": 99, \"samples\": {}}");
    Cli.run("status", "--store", store()).fails(1, "99");
    Files.writeString(store().resolve("lightcone.json"), "{\"format\": 1, \"samples\": {}}");
    Cli.run("distances", "--store", store(), "--split", "train", "--out", folder.resolve("D.npy")).fails(1, "train");
    assertEquals(0, Cli.run("report", "--store", store(), "--out", folder.resolve("r.html")).code(),
        "a store without runs has a report too");
    assertFalse(Files.exists(folder.resolve("D.npy")));
  }
}
