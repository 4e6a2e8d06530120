// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.lightcone.Control;
import org.lightcone.Npy;
import org.lightcone.PackedTiles;

/** Values of options that picocli has no type for; every failure is an IllegalArgumentException with a sentence. */
final class Options {
  private Options() {}

  /** Puts the option's name before the sentence of whoever reads its value. */
  static <T> T parsed(String option, String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(option + " " + text + ": " + e.getMessage(), e);
    }
  }

  /** An output file: its folder must exist, and it must not be a folder itself. */
  static Path output(String option, Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || Files.isDirectory(file)) {
      throw new IllegalArgumentException(option + " " + file + " is a folder: name a file in it");
    }
    if (!Files.isDirectory(folder)) {
      throw new IllegalArgumentException(option + " " + file + ": the folder " + folder + " does not exist: create it first");
    }
    return file;
  }

  /** An output file that is a .npy. */
  static Path npyOutput(String option, Path file) {
    if (!file.toString().endsWith(".npy")) {
      throw new IllegalArgumentException(option + " " + file + ": arrays are written as .npy files, name it so");
    }
    return output(option, file);
  }

  /** An output file of distances: a .npy or a .tiles. */
  static Path matrixOutput(String option, Path file) {
    if (!file.toString().endsWith(".npy") && !file.toString().endsWith(".tiles")) {
      throw new IllegalArgumentException(option + " " + file + ": distances are written as .npy or .tiles, name it so");
    }
    return output(option, file);
  }

  /** Opens a matrix of distances; a .npy, which is held in memory, is refused beyond --memory before it is read. */
  static PackedTiles distances(Path file, CommonOptions common, Control control) {
    if (file.toString().endsWith(".npy")) {
      // A header may claim any size: beyond 2^30 no machine has the bytes.
      long order = Math.min(1L << 30, Npy.readHeader(file).shape().stream().findFirst().orElse(0L));
      common.reserve("the distances of " + order + " models", 2 * order * order);
    }
    return PackedTiles.open(file, common.threads(), control);
  }
}
