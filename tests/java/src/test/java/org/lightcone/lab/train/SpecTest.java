// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Specs: what they expand to, and how a wrong one is refused. */
class SpecTest {
  private static final String SOUND = """
      data: {name: fashion-mnist, train: 2000, test: 500}
      record: {train: 1000, test: 500}       # a comment
      sweep:
        network: [fc, allcnn]
        optimizer:
          - {name: sgd, lr: 0.1}
          - name: adam
            lr: 1e-3
            weight-decay: 1e-5
        batch: [200]
        seed: [42, 43]
      epochs: 6
      checkpoints: paper
      """;

  @Test
  void aSweepIsTheProductInCanonicalOrder() {
    Spec spec = Spec.parse(SOUND, "spec.yaml", null);
    assertEquals("""
        fc sgd lr 0.1 batch 200 seed 42
        fc sgd lr 0.1 batch 200 seed 43
        fc adam lr 0.001 wd 1.0E-5 batch 200 seed 42
        fc adam lr 0.001 wd 1.0E-5 batch 200 seed 43
        allcnn sgd lr 0.1 batch 200 seed 42
        allcnn sgd lr 0.1 batch 200 seed 43
        allcnn adam lr 0.001 wd 1.0E-5 batch 200 seed 42
        allcnn adam lr 0.001 wd 1.0E-5 batch 200 seed 43""",
        spec.runs().stream().map(RunSpec::label).collect(Collectors.joining("\n")));
    RunSpec run = spec.runs().get(2);
    assertEquals(new DataSpec("fashion-mnist", "bundled", 2000, 500), run.data());
    assertEquals(new OptimizerSpec("adam", 0.001, 0, 1e-5), run.optimizer());
    assertEquals(new Checkpoints.Paper(), run.checkpoints());
    assertTrue(run.bnWarmup());
    assertEquals(60, run.steps());
  }

  @Test
  void theIdDependsOnMeaningAndThreadsOnly() {
    RunSpec run = Spec.parse(SOUND, "a", null).runs().get(0);
    RunSpec reordered = Spec.parse("""
        epochs: 6
        sweep: {seed: 42, optimizer: {lr: 1.0e-1, name: sgd, momentum: 0}, network: fc, batch: 200}
        record: {test: 500, train: 1000}
        bn-warmup: true
        data: {test: 500, train: 2000, name: fashion-mnist, source: bundled}
        """, "b", null).runs().get(0);
    assertEquals(run.id(2), reordered.id(2));
    assertNotEquals(run.id(2), run.id(1));
    // Written down once: a change of the canonical form would orphan the runs of every existing store.
    assertEquals("539dc14290059280", run.id(2));
  }

  @Test
  void defaultsAreTheDocumentedOnes() {
    RunSpec run = Spec.parse("""
        data: {name: fashion-mnist}
        sweep: {network: fc, optimizer: {name: sgdn, lr: 0.1}}
        epochs: 1
        """, "spec.yaml", null).runs().get(0);
    assertEquals(new DataSpec("fashion-mnist", "full", 60_000, 10_000), run.data());
    assertEquals(List.of(60_000, 10_000, 200), List.of(run.recordTrain(), run.recordTest(), run.batch()));
    assertEquals(0.9, run.optimizer().momentum());
    assertEquals(42, run.seed());
  }

  @Test
  void theFolderMakesTheFullSetTheDefault() {
    assertEquals("full", Spec.parse(SOUND, "s", Path.of("/x")).runs().get(0).data().source());
    refused("test: 500}\nrecord", "test: 500, source: bundled}\nrecord", 1, "--data-dir", Path.of("/x"));
  }

  @Test
  void everyErrorNamesItsLine() {
    refused("epochs: 6", "epoch: 6", 12, "unknown key \"epoch\"");
    refused("    - {name: sgd, lr: 0.1}", "    - {name: sgd, lr: 0.1, decay: 1}", 6, "unknown key \"decay\"");
    refused("      weight-decay: 1e-5", "      weightdecay: 1e-5", 9, "unknown key \"weightdecay\"");
    refused("train: 2000", "train: many", 1, "data train must be a whole number, not \"many\"");
    refused("train: 2000", "train: 2000.5", 1, "whole number");
    refused("train: 2000", "train: 0", 1, "between 1 and 60000");
    refused("train: 2000, test: 500}\nrecord: {train: 1000", "train: 2000, test: 500}\nrecord: {train:"
        + " 2001", 2,
        "record train must be between 1 and 2000, not 2001");
    refused("[fc, allcnn]", "[fc, lenet]", 4, "unknown network \"lenet\"");
    refused("[fc, allcnn]", "[fc, fc]", 4, "twice");
    refused("[fc, allcnn]", "[]", 4, "empty list");
    refused("[fc, allcnn]", "{fc: 1}", 4, "network must be a word");
    refused("name: adam", "name: lamb", 7, "unknown optimizer \"lamb\"");
    refused("lr: 1e-3", "lr: fast", 8, "lr must be a number, not \"fast\"");
    refused("lr: 1e-3", "lr: -1", 8, "lr must be a positive number");
    refused("lr: 1e-3", "lr: .nan", 8, "lr must be a number");
    refused("weight-decay: 1e-5", "momentum: 0.9", 9, "adam takes no momentum");
    refused("weight-decay: 1e-5", "weight-decay: -1", 9, "weight-decay must be at least 0");
    refused("batch: [200]", "batch: [2001]", 10, "batch must be between 2 and 2000");
    refused("seed: [42, 43]", "seed: [42, x]", 11, "seed must be a whole number");
    refused("epochs: 6", "epochs: 0", 12, "epochs must be between 1");
    refused("epochs: 6", "epochs: [6]", 12, "epochs must be a whole number, not a list");
    refused("checkpoints: paper", "checkpoints: all", 13, "paper, a list of steps, or {per-epoch: k}");
    refused("checkpoints: paper", "checkpoints: [0, 5, 5]", 13, "must increase");
    refused("checkpoints: paper", "checkpoints: [0, 61]", 13, "beyond the end of training, 60 steps");
    refused("checkpoints: paper", "checkpoints: {per-epoch: 11}", 13, "between 1 and the 10 steps");
    refused("checkpoints: paper", "bn-warmup: maybe", 13, "true or false");
    refused("fashion-mnist", "mnist", 1, "unknown data set \"mnist\"");
    refused("epochs: 6", "epochs: 6\nepochs: 7", 13, "twice");
    refused("epochs: 6", "", 1, "no key \"epochs\"");
    refused("sweep:", "sweep: [", 5, "not sound YAML (while parsing a flow sequence, expected");
    refused("epochs: 6", "epochs: *six", 12, "");
    refused(SOUND, "", 1, "empty");
    refused(SOUND, "just words", 1, "must be a mapping");
  }

  @Test
  void aMissingFileIsNamed() {
    String message = assertThrows(SpecException.class, () -> Spec.read(Path.of("/no/spec.yaml"), null))
        .getMessage();
    assertTrue(message.contains("/no/spec.yaml"), message);
  }

  @Test
  void runsOfOneSpecShareTheirSamples() {
    RunSpec run = Spec.parse(SOUND, "s", null).runs().get(0);
    RunSpec other = new RunSpec(run.data(), 999, 500, "fc", run.optimizer(), 200, 1, 6, run.checkpoints(),
        true);
    assertThrows(SpecException.class, () -> new Spec(List.of(run, other)));
    assertThrows(SpecException.class, () -> new Spec(List.of(run, run)));
    assertThrows(SpecException.class, () -> new Spec(List.of()));
  }

  @Test
  void shardsCoverEachRunOnce() {
    for (int run = 0; run < 7; run++) {
      int takers = 0;
      for (int i = 1; i <= 3; i++) {
        takers += SweepOptions.Shard.parse(i + "/3").takes(run) ? 1 : 0;
      }
      assertEquals(1, takers);
    }
    for (String wrong : List.of("0/3", "4/3", "1", "a/b", "1/0", "-1/3", "1/3/5")) {
      assertThrows(SpecException.class, () -> SweepOptions.Shard.parse(wrong), wrong);
    }
  }

  @Test
  void theDemoKeepsItsPromise() {
    Spec demo = DemoSpec.spec();
    assertTrue(demo.runs().size() >= 12);
    assertTrue(demo.runs().stream().mapToInt(r -> r.recordedSteps().length).sum() >= 300);
    demo.runs().forEach(r -> {
      assertEquals(new DataSpec("fashion-mnist", "bundled", 2_000, 500), r.data());
      assertEquals(List.of(1_000, 500), List.of(r.recordTrain(), r.recordTest()));
    });
  }

  private static void refused(String part, String replacement, int line, String expected) {
    refused(part, replacement, line, expected, null);
  }

  private static void refused(String part, String replacement, int line, String expected, Path dataDir) {
    assertTrue(SOUND.contains(part), part);
    String message = assertThrows(SpecException.class,
        () -> Spec.parse(SOUND.replace(part, replacement), "spec.yaml", dataDir), replacement).getMessage();
    assertTrue(message.startsWith("spec.yaml line " + line + ": ") && message.contains(expected),
        replacement + " gave: " + message);
  }
}
