// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * What every parser of a file owes to any bytes: a value, or one of its own exceptions whose message is one line and
 * names the file. Another exception, an error (stack, memory) or a hang is a defect; Jazzer finds the last two.
 */
public final class FuzzProperty {
  /** Longest message: a person reads it. */
  private static final int MOST_CHARACTERS = 1000;

  private FuzzProperty() {}

  /** A reading that may fail with exceptions of type {@code own} only, whose messages name {@code name}. */
  public static void holds(String name, Class<? extends RuntimeException> own, Runnable reading) {
    try {
      reading.run();
    } catch (RuntimeException e) {
      if (!own.isInstance(e)) {
        throw e;
      }
      String message = String.valueOf(e.getMessage());
      if (!message.contains(name)) {
        throw new AssertionError("the message does not name " + name + ": " + message, e);
      }
      if (message.length() > MOST_CHARACTERS || message.chars().anyMatch(Character::isISOControl)) {
        throw new AssertionError("the message is not one readable line of at most " + MOST_CHARACTERS + " characters: "
            + message, e);
      }
    }
  }

  /** A folder for files that are written again and again: in memory where the system has such a place. */
  public static Path folder() {
    try {
      Path memory = Path.of("/dev/shm");
      Path folder = Files.isWritable(memory) ? Files.createTempDirectory(memory, "lightcone-fuzz-")
          : Files.createTempDirectory("lightcone-fuzz-");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the bytes of a round. */
  public static void write(Path file, byte[] content) {
    try {
      Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // The system clears its temporary folders.
    }
  }
}
