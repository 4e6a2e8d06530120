// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * Shows how far a stage is, with rate and time left: one line redrawn in place on a terminal, a plain line
 * every few seconds elsewhere. A stage shorter than the first interval prints nothing.
 */
final class ProgressLine implements AutoCloseable {
  private static final long TERMINAL_MILLIS = 200;
  private static final long PLAIN_MILLIS = 5000;
  private static final int BAR = 24;

  private final PrintWriter err;
  private final boolean terminal;
  private final String label;
  private final String unit;
  private final LongSupplier done;
  private final LongSupplier total;
  private final long start = System.nanoTime();
  private final Thread thread;
  private volatile boolean closed;
  private boolean drawn;

  /** Polls the two suppliers from a thread of its own until closed. */
  ProgressLine(PrintWriter err, String label, String unit, LongSupplier done, LongSupplier total) {
    this(err, Boolean.getBoolean("lightcone.terminal"), label, unit, done, total);
  }

  ProgressLine(PrintWriter err, boolean terminal, String label, String unit, LongSupplier done,
      LongSupplier total) {
    this.err = err;
    this.terminal = terminal;
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
      while (!closed) {
        Thread.sleep(terminal ? TERMINAL_MILLIS : PLAIN_MILLIS);
        if (!closed) {
          show();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void show() {
    String line = line(terminal, label, unit, done.getAsLong(), total.getAsLong(),
        (System.nanoTime() - start) * 1e-9);
    if (terminal) {
      err.print("\r" + line + "\u001b[K");
      drawn = true;
    } else {
      err.println(line);
    }
    err.flush();
  }

  static String line(boolean terminal, String label, String unit, long done, long total, double seconds) {
    if (total <= 0) {
      return label + " ...";
    }
    double share = Math.min(1, (double) done / total);
    double rate = seconds > 0 ? done / seconds : 0;
    String left = done > 0 && rate > 0 ? clock((total - done) / rate) + " left" : "";
    String bar = "";
    if (terminal) {
      int full = (int) Math.round(share * BAR);
      bar = "[" + "#".repeat(full) + ".".repeat(BAR - full) + "] ";
    }
    return String.format(Locale.ROOT, "%s %s%3.0f%% %s %s/s %s", label, bar, 100 * share, si(rate), unit, left)
        .stripTrailing();
  }

  /** Three digits and a prefix: 1.23 G. */
  static String si(double value) {
    String[] prefixes = {"", " k", " M", " G", " T"};
    int i = 0;
    while (value >= 1000 && i < prefixes.length - 1) {
      value /= 1000;
      i++;
    }
    return String.format(Locale.ROOT, value >= 100 ? "%.0f%s" : value >= 10 ? "%.1f%s" : "%.2f%s", value, prefixes[i]);
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
    closed = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (drawn) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }
}
