// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.bytedeco.javacpp.Pointer;

/** What this machine can hold, asked before large memory is taken: Linux grants it and kills later. */
final class Memory {
  /** Below this nothing is asked: a small piece either fits or malloc says so. */
  private static final long SMALL = 64L << 20;

  private Memory() {}

  /** Bytes of memory the process may use at all: the machine's, or its container's if that is less. */
  static long total() {
    long total = Pointer.totalPhysicalBytes();
    Path limit = Path.of("/sys/fs/cgroup/memory.max");
    try {
      String text = Files.readString(limit).strip();
      if (!text.equals("max")) {
        total = Math.min(total, Long.parseLong(text));
      }
    } catch (IOException | NumberFormatException e) {
      // No container limit that can be read: the machine's own memory stands.
    }
    return total;
  }

  /** Bytes that this process can still take without pushing anyone out. */
  static long available() {
    return Math.min(status("/proc/meminfo", "MemAvailable:", total()), Math.max(0, total() - resident()));
  }

  /** Bytes this process holds in memory now; 0 where the system does not say. */
  static long resident() {
    return status("/proc/self/status", "VmRSS:", 0);
  }

  /** A line of kilobytes, as the kernel's files of that form have it. */
  private static long status(String file, String key, long otherwise) {
    try {
      for (String line : Files.readAllLines(Path.of(file))) {
        if (line.startsWith(key)) {
          return Long.parseLong(line.substring(key.length()).replace("kB", "").strip()) * 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // Not Linux as we know it.
    }
    return otherwise;
  }

  /** Refuses what the machine cannot hold, before anything is allocated. */
  static void require(long bytes, String purpose) {
    if (bytes > SMALL && bytes > total()) {
      throw refused(bytes, purpose);
    }
  }

  static LightconeException refused(long bytes, String purpose) {
    return new LightconeException(String.format(Locale.ROOT,
        "no memory for %s: %s are needed and this machine has %s; use fewer models or a larger machine",
        purpose, size(bytes), size(total())));
  }

  /** "1.5 GB" in units of 1000. */
  static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " bytes";
    }
    double value = bytes;
    String[] units = {"kB", "MB", "GB", "TB", "PB", "EB"};
    int unit = -1;
    while (value >= 999.95 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
  }
}
