// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes in bytes as people write them: 512m, 8g, 8GiB; powers of 1024. */
final class ByteSize {
  private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)([kmgt]?)(?:i?b)?");
  private static final String UNITS = "kmgt";

  private ByteSize() {}

  static long parse(String text) {
    Matcher m = FORM.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!m.matches()) {
      throw new IllegalArgumentException(text + ": not a size; write for example 512m or 8g");
    }
    double bytes = Double.parseDouble(m.group(1));
    if (!m.group(2).isEmpty()) {
      bytes *= Math.pow(1024, UNITS.indexOf(m.group(2)) + 1);
    }
    if (!(bytes >= 1 && bytes < Long.MAX_VALUE)) {
      throw new IllegalArgumentException(text + ": not a possible size; write for example 512m or 8g");
    }
    return (long) bytes;
  }

  static String format(long bytes) {
    double value = bytes;
    int unit = -1;
    while (value >= 1024 && unit < UNITS.length() - 1) {
      value /= 1024;
      unit++;
    }
    return unit < 0 ? bytes + " B"
        : String.format(Locale.ROOT, "%.1f %siB", value, UNITS.substring(unit, unit + 1).toUpperCase(Locale.ROOT));
  }
}
