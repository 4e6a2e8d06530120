// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Other processes for tests: a fresh JVM, NumPy. What is missing makes a test fail, never skip. */
final class Shell {
  /** Exit status and everything the process printed. */
  record Result(int status, String output) {}

  private Shell() {}

  static Result run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (!process.waitFor(120, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(command + " did not end; it printed: " + output);
    }
    return new Result(process.exitValue(), output);
  }

  /** Runs a program of Debian's python3 (the one with python3-numpy). */
  static String python(String program, Object... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("/usr/bin/python3", "-c", program));
    Arrays.stream(arguments).map(Object::toString).forEach(command::add);
    Result result = run(command);
    if (result.status() != 0) {
      throw new AssertionError("python3 with numpy (Debian: python3-numpy) failed: " + result.output());
    }
    return result.output();
  }

  /** A fresh JVM of the version that runs this test, with this test's native cache. */
  static Result java(List<String> arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.add("-Dorg.bytedeco.javacpp.cachedir="
        + System.getProperty("org.bytedeco.javacpp.cachedir", "target/javacpp-cache"));
    command.addAll(arguments);
    return run(command);
  }

  /** The engine's jar and what it needs at run time, nothing else; all of them packed jars. */
  static List<Path> engineClassPath() {
    String all = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<Path> jars = Arrays.stream(all.split(java.io.File.pathSeparator)).map(Path::of)
        .filter(path -> path.getFileName().toString()
            .matches("(lightcone-engine|javacpp|openblas|jackson-core)-[0-9][^/]*\\.jar"))
        .collect(Collectors.toList());
    if (jars.size() != 6) {
      throw new AssertionError("the engine and its five jars are not on the class path " + all);
    }
    return jars;
  }

  static String join(List<Path> paths) {
    return paths.stream().map(Path::toString).collect(Collectors.joining(java.io.File.pathSeparator));
  }
}
