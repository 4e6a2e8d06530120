// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.util.Locale;

/** Text and numbers for markup. */
final class Html {
  private Html() {}

  /** Safe as element text, as a quoted attribute and inside XML: what XML cannot hold becomes U+FFFD. */
  static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> {
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> {
          boolean control = c < 0x20 && c != '\n' && c != '\t' || c >= 0x7f && c < 0xa0;
          boolean unpaired = c >= 0xd800 && c <= 0xdfff || (c & 0xfffe) == 0xfffe;
          out.appendCodePoint(control || unpaired ? 0xfffd : c);
        }
      }
    });
    return out.toString();
  }

  static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);   // a comma as decimal mark would break SVG
  }

  /** A share as a percentage, or a dash where it is unknown. */
  static String percent(double share) {
    return Double.isNaN(share) ? "–" : format(share >= 0.0995 || share == 0 ? "%.0f%%" : "%.1f%%", 100 * share);
  }

  /** An error: one decimal always, so that a column lines up. */
  static String error(double share) {
    return Double.isNaN(share) ? "–" : format("%.1f%%", 100 * share);
  }

  static String count(long n) {
    return format("%,d", n).replace(',', '\u202f');   // narrow space: reads the same everywhere
  }

  /** Wall-clock seconds, for people. */
  static String seconds(double s) {
    if (Double.isNaN(s)) {
      return "–";
    }
    if (s < 0.1) {
      return format("%.0f ms", 1000 * s);
    }
    if (s < 100) {
      return format("%.1f s", s);
    }
    long whole = Math.round(s);
    return whole < 6000 ? format("%d min %02d s", whole / 60, whole % 60)
        : format("%d h %02d min", whole / 3600, whole % 3600 / 60);
  }

  /** A number with up to four significant digits and no tail of zeros. */
  static String number(double v) {
    if (Double.isNaN(v)) {
      return "–";
    }
    double a = Math.abs(v);
    if (a != 0 && (a < 1e-4 || a >= 1e6)) {
      return format("%.1e", v);
    }
    String text = format("%.4f", v);
    int significant = a >= 100 ? 2 : a >= 10 ? 3 : 5;
    text = text.substring(0, Math.min(text.length(), text.indexOf('.') + significant));
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }
}
