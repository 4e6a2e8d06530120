// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code lightcone distances --memory}: a process of its own, watched, limited and killed. */
class OutOfCoreTest {
  private static final int CLASSES = 3;

  @TempDir Path folder;

  private Path predictions(int models, int samples) throws IOException {
    Random random = new Random(17);
    double[] logits = random.doubles((long) models * samples * CLASSES, -4, 4).toArray();
    return NpyFile.floats(folder.resolve("P.npy"), "(" + models + ", " + samples + ", " + CLASSES + ")", logits);
  }

  /** What ./lightcone gives its JVM. */
  private static final List<String> LAUNCHER = List.of("-XX:+UseSerialGC", "-Xms32m", "-Dfile.encoding=UTF-8",
      "-Dorg.bytedeco.javacpp.maxBytes=0", "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");

  /** A JVM whose own part is small and known: how much it commits and never touches differs with the machine. */
  private static final List<String> SMALL = List.of("-XX:+UseSerialGC", "-Xms24m", "-Xmx64m",
      "-XX:TieredStopAtLevel=1", "-XX:ReservedCodeCacheSize=16m", "-Xss512k", "-Dorg.bytedeco.javacpp.maxBytes=0",
      "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0");

  /**
   * With a hard limit: RLIMIT_DATA counts every private page that is committed, touched or not, heap, code
   * and thread stacks of the JVM included, and a mapping beyond it fails. (RLIMIT_AS would count what a JVM only
   * reserves, RLIMIT_RSS does nothing on Linux, and a control group takes rights that a test does not have.)
   *
   * @param hardLimit bytes, or "unlimited"
   */
  private Process start(Object hardLimit, List<String> options, Object... args) throws IOException {
    List<String> command = new ArrayList<>(List.of("prlimit", "--data=" + hardLimit,
        Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(options);
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
    if (cache != null) {
      command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.lightcone.cli.Main"));
    for (Object arg : args) {
      command.add(arg.toString());
    }
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(folder.resolve("out.txt").toFile())
        .redirectError(folder.resolve("err.txt").toFile());
    // As the launcher does: what is freed stays with malloc, the worst case for a limit.
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "4294967296");
    builder.environment().put("MALLOC_TRIM_THRESHOLD_", "8589934592");
    builder.environment().put("MALLOC_ARENA_MAX", "1");
    return builder.start();
  }

  private Object[] distances(Path predictions, String memory, Path out) {
    return new Object[] {"distances", "--json", "--predictions", predictions, "--kind", "logits", "--threads", 2,
        "--memory", memory, "--out", out};
  }

  /** Waits for its end; the largest resident set that was seen, in bytes. */
  private static long peak(Process process) throws Exception {
    long peak = 0;
    while (process.isAlive()) {
      try {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
          if (line.startsWith("VmHWM:")) {
            peak = Math.max(peak, Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024);
          }
        }
      } catch (IOException e) {
        // It has just ended.
      }
      Thread.sleep(2);
    }
    return peak;
  }

  /** The resident set as the launcher runs it; and what is committed, in a JVM of known size, under a hard limit. */
  @ParameterizedTest
  @CsvSource({"D.tiles, true", "D.npy, true", "D.tiles, false", "D.npy, false"})
  void theResidentSetStaysWithinTheLimit(String name, boolean launcher) throws Exception {
    // 10,000 models: 203 MB of tiles, twice that in sums, a dense matrix of 400 MB.
    Path p = predictions(10_000, 4);
    long limit = 160L << 20;
    Process process = start(launcher ? "unlimited" : limit * 11 / 10, launcher ? LAUNCHER : SMALL,
        distances(p, "160m", folder.resolve(name)));
    long peak = peak(process);
    JsonNode json = Cli.finish(folder, process).json();
    assertTrue(json.get("bands").asInt() > 3, json.toString());
    assertTrue(json.get("reads").asInt() >= json.get("bands").asInt());
    assertEquals(0, json.get("resumed_bands").asInt());
    assertTrue(peak > limit / 2, "was it measured? " + peak);
    assertTrue(peak <= limit * 11 / 10, "the resident set was " + peak + " bytes and the limit " + limit);
    assertTrue(Files.readString(folder.resolve("err.txt")).contains(" reads of the input"), "the plan is said");
    try (var files = Files.list(folder)) {
      assertFalse(files.anyMatch(file -> file.toString().endsWith(".part")));
    }
    Files.delete(folder.resolve(name));
  }

  @Test
  void killedAtAnyMomentAtMostOneBandIsRedone() throws Exception {
    Path p = predictions(7_000, 12);
    Path whole = folder.resolve("whole.tiles");
    int bands = Cli.fork(folder, distances(p, "150m", whole)).json().get("bands").asInt();
    assertTrue(bands >= 3, bands + " bands");
    Path out = folder.resolve("D.tiles");
    Path part = folder.resolve(".D.tiles.part");
    Random random = new Random(31);
    int before = 0;
    for (int kill = 0; kill < 4; kill++) {
      Process child = Cli.start(folder, distances(p, "150m", out));
      // The first as soon as a band is done, of several. Then a band further on, or anywhere before: in the plan, a
      // check, a band, a write, a line of the table.
      int wanted = kill == 0 ? 1 : before + random.nextInt(2);
      while (child.isAlive() && done(part) < wanted) {
        Thread.sleep(1);
      }
      Thread.sleep(kill == 0 ? 0 : random.nextInt(300));
      child.destroyForcibly().waitFor();
      if (Files.exists(out)) {
        // It was quicker than the kill: a complete file, and nothing to go on with.
        assertFalse(Files.exists(part));
        before = 0;
        break;
      }
      int there = done(part);
      assertTrue(there >= before, there + " bands after " + before);
      before = there;
    }
    if (before > 0) {
      // And one byte of a finished band altered on the disk: that band is redone too.
      try (FileChannel channel = FileChannel.open(part, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        ByteBuffer one = ByteBuffer.allocate(1);
        long at = data(part) + first(part);
        channel.read(one, at);
        one.put(0, (byte) ~one.get(0)).rewind();
        channel.write(one, at);
      }
      before--;
    }
    JsonNode json = Cli.fork(folder, distances(p, "150m", out)).json();
    assertEquals(before, json.get("resumed_bands").asInt());
    assertFalse(Files.exists(part));
    assertFalse(Files.exists(folder.resolve(".D.tiles.part.lock")));
    // The lines of the table may be in another order, and bands after a kill of another height; every tile is the same.
    byte[] wanted = Files.readAllBytes(whole);
    byte[] found = Files.readAllBytes(out);
    assertEquals(wanted.length, found.length);
    int from = (int) data(whole);
    assertEquals(-1, java.util.Arrays.mismatch(wanted, from, wanted.length, found, from, found.length));
  }

  private static ByteBuffer head(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer head = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(head, 0);
      return head.flip();
    }
  }

  /** Byte at which the tiles begin. */
  private static long data(Path file) throws IOException {
    return head(file).getLong(32);
  }

  /** Byte, after that, of the first band that the table has. */
  private static long first(Path file) throws IOException {
    ByteBuffer head = head(file);
    int line = (int) head.getLong(16);
    while (head.getInt(line + 4) == 0) {
      line += 128;
    }
    return head.getLong(line + 8);
  }

  /** Lines of the table that are not empty; 0 while there is no table. */
  private static int done(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    ByteBuffer head = head(file);
    int done = 0;
    if (head.limit() >= 4096) {
      int table = (int) head.getLong(16);
      int lines = Math.min(head.getInt(24), (head.limit() - table) / 128);
      for (int k = 0; k < lines; k++) {
        done += head.getInt(table + 128 * k + 4) != 0 ? 1 : 0;
      }
    }
    return done;
  }
}
