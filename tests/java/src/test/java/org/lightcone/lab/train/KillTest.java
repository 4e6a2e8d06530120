// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.store.Status;
import org.lightcone.lab.store.Store;

/** kill -9 at random moments of a training process, and two processes on one store. */
@Timeout(180)
class KillTest {
  private static final int EPOCHS = 30;
  private static final int KILLS = 5;

  @TempDir
  Path folder;

  @Test
  void aRunKilledAtRandomMomentsEndsWithTheSameBits() throws IOException, InterruptedException {
    RunSpec run = TrainChild.run(EPOCHS, 1);
    Path whole = folder.resolve("whole");
    Small.sweep(Small.spec(run), whole);

    Path killed = folder.resolve("killed");
    Path metrics = killed.resolve("runs/" + run.id(1) + "/metrics.jsonl");
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int midway = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      Process child = TrainChild.start(killed, "1/1", EPOCHS, 1);
      int before = lines(metrics);
      // Some records further on, then anywhere between two of them: in a step, a record, a snapshot, a
      // rename.
      int target = before + 2 + random.nextInt(20);
      while (child.isAlive() && lines(metrics) < target) {
        Thread.sleep(1);
      }
      assertTrue(Files.exists(metrics), () -> rest(child));
      Thread.sleep(0, random.nextInt(1_000_000));
      Thread.sleep(random.nextInt(25));
      child.destroyForcibly().waitFor();
      RunInfo info = Small.only(killed);
      int there = Store.open(killed).records(info.id()).size();
      if (info.status() == Status.STOPPED) {
        assertTrue(info.reason().contains("killed"), info.reason());
        midway++;
      }
      // At most the record being written is lost.
      assertTrue(there >= lines(metrics) - 1, there + " of " + lines(metrics));
      assertTrue(there >= before, "seed " + seed + ": " + there + " after " + before);
    }
    assertTrue(midway >= 3, "only " + midway + " kills hit the run before its end");
    Summary summary = Small.sweep(Small.spec(run), killed);
    assertEquals(List.of(), summary.problems(), "seed " + seed);
    assertEquals(1, summary.done(), "seed " + seed);
    Small.assertSame(whole, killed, run.id(1));
    try (Stream<Path> files = Files.walk(killed)) {
      assertEquals(List.of(), files.filter(f -> f.toString().endsWith(".part")).toList());
    }
  }

  @Test
  void twoProcessesWriteDifferentRunsOfOneStoreAndNotTheSame() throws IOException, InterruptedException {
    Path store = folder.resolve("s");
    Process first = TrainChild.start(store, "1/2", EPOCHS, 1, 2);
    Process second = TrainChild.start(store, "2/2", EPOCHS, 1, 2);
    try {
      // "ready": the first child holds its run and is at work.
      assertEquals("ready", first.inputReader().readLine());
      Summary refused = Small.sweep(Small.spec(TrainChild.run(EPOCHS, 1)), store);
      assertEquals(1, refused.left());
      assertTrue(refused.problems().get(0).contains("being written by another process"),
          refused.problems().toString());
      // Reading while others write: whole records only, and never an error.
      int row = Small.TEST * 40;
      while (first.isAlive() || second.isAlive()) {
        for (RunInfo run : Store.open(store).runs()) {
          int before = Store.open(store).records(run.id()).size();
          int bytes = Small.predictions(store, run.id(), "test").length;
          int after = Store.open(store).records(run.id()).size();
          assertTrue(bytes % row == 0 && bytes >= before * row && bytes <= after * row,
              before + " " + bytes + " " + after);
        }
        Thread.sleep(20);
      }
      assertEquals(0, first.waitFor(), () -> rest(first));
      assertEquals(0, second.waitFor(), () -> rest(second));
      assertEquals(new Store.Counts(2, 2, 0, 0), Store.open(store).counts());
    } finally {
      first.destroyForcibly().waitFor();
      second.destroyForcibly().waitFor();
    }
  }

  private static String rest(Process child) {
    try {
      child.waitFor(1, TimeUnit.SECONDS);
      return new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException | InterruptedException e) {
      return e.toString();
    }
  }

  private static int lines(Path metrics) throws IOException {
    if (!Files.exists(metrics)) {
      return 0;
    }
    int lines = 0;
    for (byte b : Files.readAllBytes(metrics)) {
      lines += b == '\n' ? 1 : 0;
    }
    return lines;
  }
}
