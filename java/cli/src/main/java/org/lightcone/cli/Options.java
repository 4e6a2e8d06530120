// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.lightcone.DistanceOptions.SampleRange;
import org.lightcone.Kind;

/** Values of options that picocli has no type for; every failure is an IllegalArgumentException with a sentence. */
final class Options {
  private Options() {}

  static Kind kind(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "probs", "log-probs", "logits" -> Kind.parse(text.toLowerCase(Locale.ROOT));
      default -> throw new IllegalArgumentException("--kind " + text + ": choose probs, log-probs or logits");
    };
  }

  /** {@code a:b} or {@code a:b:step}; an empty a is 0, an empty b is N. */
  static SampleRange samples(String text) {
    String[] parts = text.split(":", -1);
    String form = "--samples " + text + ": write a:b or a:b:step with 0 <= a < b and step >= 1, for example 0:1000";
    if (parts.length < 2 || parts.length > 3) {
      throw new IllegalArgumentException(form);
    }
    try {
      long begin = parts[0].isEmpty() ? 0 : Long.parseLong(parts[0]);
      long end = parts[1].isEmpty() ? -1 : Long.parseLong(parts[1]);
      long step = parts.length == 3 ? Long.parseLong(parts[2]) : 1;
      if (begin < 0 || step < 1 || (!parts[1].isEmpty() && end <= begin)) {
        throw new IllegalArgumentException(form);
      }
      return new SampleRange(begin, end, step);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(form, e);
    }
  }

  /** A value this version can honour, or a sentence that says which ones it can. */
  static void available(String option, String value, List<String> here, List<String> later) {
    if (here.contains(value)) {
      return;
    }
    String choice = here.size() == 1 ? here.get(0) : "one of " + String.join(", ", here);
    throw new IllegalArgumentException(later.contains(value)
        ? option + " " + value + " is not in this version: use " + choice
        : option + " " + value + " is unknown: use " + choice);
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
      throw new IllegalArgumentException(option + " " + file + ": this version writes .npy files only, name it so");
    }
    return output(option, file);
  }
}
