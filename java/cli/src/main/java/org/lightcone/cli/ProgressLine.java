// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Shows how far a stage is, with rate and time left, by looking at its counters from a thread of its own. */
final class ProgressLine implements AutoCloseable {
  private static final int BAR = 24;

  private final StatusLine status;
  private final String label;
  private final String unit;
  private final LongSupplier done;
  private final LongSupplier total;
  private final long start = System.nanoTime();
  private final Thread thread;

  /** Polls the two counters until closed. */
  ProgressLine(PrintWriter err, String label, String unit, LongSupplier done, LongSupplier total) {
    this.status = new StatusLine(err, StatusLine.onTerminal());
    this.label = label;
    this.unit = unit;
    this.done = done;
    this.total = total;
    thread = new Thread(this::poll, "lightcone-progress");
    thread.setDaemon(true);
    thread.start();
  }

  private void poll() {
    try {
      while (true) {
        Thread.sleep(status.intervalMillis());
        double seconds = (System.nanoTime() - start) * 1e-9;
        status.show(line(status.terminal(), label, unit, done.getAsLong(), total.getAsLong(), seconds));
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  static String line(boolean terminal, String label, String unit, long done, long total, double seconds) {
    if (total <= 0) {
      return label + " ...";
    }
    double rate = seconds > 0 ? done / seconds : 0;
    String left = rate > 0 ? clock((total - done) / rate) + " left" : "";
    return String.format(Locale.ROOT, "%s %s %s %s/s %s", label, bar(terminal, (double) done / total), si(rate),
        unit, left).stripTrailing();
  }

  /** A share as a bar with its percentage, or the percentage alone. */
  static String bar(boolean terminal, double share) {
    double shown = Math.max(0, Math.min(1, share));
    int full = (int) Math.round(shown * BAR);
    return (terminal ? "[" + "#".repeat(full) + ".".repeat(BAR - full) + "] " : "")
        + String.format(Locale.ROOT, "%3.0f%%", 100 * shown);
  }

  /** Three digits and a prefix: 1.23 G. */
  static String si(double value) {
    String[] prefixes = {"", " k", " M", " G", " T"};
    double shown = value;
    int i = 0;
    while (shown >= 1000 && i < prefixes.length - 1) {
      shown /= 1000;
      i++;
    }
    String form = shown >= 100 ? "%.0f%s" : shown >= 10 ? "%.1f%s" : "%.2f%s";
    return String.format(Locale.ROOT, form, shown, prefixes[i]);
  }

  /** Seconds as 42 s, 3:07 or 1:02:09. */
  static String clock(double seconds) {
    long s = Math.round(Math.max(0, seconds));
    if (s < 60) {
      return s + " s";
    }
    return s < 3600 ? String.format(Locale.ROOT, "%d:%02d", s / 60, s % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
  }

  /** Ends the display and clears its line. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    status.close();
  }
}
