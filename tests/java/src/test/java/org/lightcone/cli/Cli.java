// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the command line: in this JVM where that says as much, in one of its own where the process matters. */
final class Cli {
  private static final long PATIENCE_SECONDS = 300;

  private Cli() {}

  /** What a command left behind. */
  record Ran(int code, String out, String err) {
    /** The JSON, after checking that standard output holds exactly one line. */
    JsonNode json() {
      assertEquals(0, code, err);
      assertEquals(1, out.lines().count(), "standard output is not one line: " + out);
      try {
        return new ObjectMapper().readTree(out);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + out, e);
      }
    }

    /** Checks exit code, that nothing is on standard output, no stack trace, and words of the sentence. */
    void fails(int expected, String... words) {
      assertEquals(expected, code, err);
      assertEquals("", out);
      assertFalse(err.contains("\tat "), "a stack trace without --debug: " + err);
      String said = err.lines().filter(l -> l.startsWith("lightcone: ")).findFirst().orElse("");
      for (String word : words) {
        assertTrue(said.contains(word), "'" + word + "' is not in: " + err);
      }
    }
  }

  static Ran run(Object... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Main.run(strings(args), new PrintWriter(out), new PrintWriter(err), new Interruption());
    return new Ran(code, out.toString(), err.toString());
  }

  /** A process of its own, its output in files under {@code folder}. */
  static Process start(Path folder, Object... args) throws IOException {
    // A shell that starts us in the background has made SIGINT ignored, and a JVM respects that.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1"));
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
    if (cache != null) {
      command.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.lightcone.cli.Main"));
    command.addAll(List.of(strings(args)));
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(folder.resolve("out.txt").toFile())
        .redirectError(folder.resolve("err.txt").toFile());
    // As the launcher does: where a core is shared, OpenMP threads that wait actively starve the others.
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    return builder.start();
  }

  /** Waits for a process of {@link #start}. */
  static Ran finish(Path folder, Process process) throws Exception {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still running: " + Files.readString(folder.resolve("err.txt")));
    }
    return new Ran(process.exitValue(), Files.readString(folder.resolve("out.txt")),
        Files.readString(folder.resolve("err.txt")));
  }

  static Ran fork(Path folder, Object... args) throws Exception {
    return finish(folder, start(folder, args));
  }

  /** Ctrl-C. */
  static void interrupt(Process process) throws Exception {
    int code = new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    assertEquals(0, code, "kill -INT");
  }

  private static String[] strings(Object... args) {
    String[] words = new String[args.length];
    for (int i = 0; i < args.length; i++) {
      words[i] = args[i].toString();
    }
    return words;
  }
}
