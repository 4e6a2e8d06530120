// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** What this machine offers. */
final class Machine {
  private Machine() {}

  /** Memory in bytes: the container's limit where there is one, else the machine's. */
  static long memoryBytes() {
    if (java.lang.management.ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean os) {
      return os.getTotalMemorySize();
    }
    return Runtime.getRuntime().maxMemory();
  }

  /** The processor's name and how many of it there are: "Intel(R) Xeon(R) Processor, 2 processors". */
  static String name() {
    return processor() + ", " + Runtime.getRuntime().availableProcessors() + " processors";
  }

  /** The same as part of a file's name: "intel-xeon". */
  static String shortName() {
    String name = processor().toLowerCase(Locale.ROOT).replaceAll("\\((r|tm)\\)|processor|cpu|@.*", " ");
    return name.strip().replaceAll("[^a-z0-9]+", "-");
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines.filter(line -> line.startsWith("model name")).map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst().orElse("unknown");
    } catch (IOException | UncheckedIOException e) {
      return "unknown";
    }
  }

  /** First program of that name on PATH, or null. */
  static Path program(String name) {
    String path = System.getenv("PATH");
    for (String folder : path == null ? new String[0] : path.split(":")) {
      Path candidate = Path.of(folder.isEmpty() ? "." : folder, name);
      if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
        return candidate;
      }
    }
    return null;
  }

  /** "2.36" from the name of the loaded C library's own report, or "unknown". */
  static String glibc() {
    try {
      Process p = new ProcessBuilder("getconf", "GNU_LIBC_VERSION").redirectErrorStream(true).start();
      String said = new String(p.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip();
      return p.waitFor() == 0 && said.startsWith("glibc ") ? said.substring("glibc ".length()) : "unknown";
    } catch (IOException e) {
      return "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
