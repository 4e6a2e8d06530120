// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

/** Argument checks of the report's records; each failure is one sentence that names the entry and the mend. */
final class Check {
  private Check() {}

  static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  static String text(String text, String what) {
    if (text == null || text.isBlank()) {
      throw new IllegalArgumentException(what + " is empty; give it a name");
    }
    return text;
  }

  static void length(int actual, int expected, String what, String reference) {
    if (actual != expected) {
      throw new IllegalArgumentException(what + " number " + actual + " but " + reference + " number " + expected
          + "; pass arrays of one length");
    }
  }

  static void finite(double[] values, String what, String where) {
    for (int k = 0; k < values.length; k++) {
      if (!Double.isFinite(values[k])) {
        throw new IllegalArgumentException(what + " " + k + where + " is " + values[k]
            + "; leave such models out before the report is made");
      }
    }
  }

  /** A share of a whole; NaN stands for unknown. */
  static void share(double value, String what) {
    if (value < 0 || value > 1) {
      throw new IllegalArgumentException(what + " is " + value + "; pass a share between 0 and 1, or NaN where "
          + "it is unknown");
    }
  }
}
