// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.PrintWriter;

/**
 * One line that says where things stand: redrawn in place on a terminal, printed now and then elsewhere. Thread-safe.
 */
final class StatusLine implements AutoCloseable {
  private static final long TERMINAL_NANOS = 150_000_000L;
  private static final long PLAIN_NANOS = 5_000_000_000L;
  /** Longer lines would wrap on a common terminal, and a wrapped line cannot be redrawn. */
  private static final int WIDTH = 99;

  private final PrintWriter err;
  private final boolean terminal;
  private long last = System.nanoTime();
  private boolean drawn;
  private boolean closed;

  /** Whether standard error is a terminal: Java cannot ask, the launcher says. */
  static boolean onTerminal() {
    return Boolean.getBoolean("lightcone.terminal");
  }

  StatusLine(PrintWriter err, boolean terminal) {
    this.err = err;
    this.terminal = terminal;
  }

  boolean terminal() {
    return terminal;
  }

  /** Milliseconds after which a new text is worth making. */
  long intervalMillis() {
    return (terminal ? TERMINAL_NANOS : PLAIN_NANOS) / 1_000_000;
  }

  /** Shows a text unless one was shown just before. */
  synchronized void show(String text) {
    long now = System.nanoTime();
    if (closed || now - last < (terminal ? TERMINAL_NANOS : PLAIN_NANOS)) {
      return;
    }
    last = now;
    if (terminal) {
      err.print("\r" + (text.length() > WIDTH ? text.substring(0, WIDTH) : text) + "\u001b[K");
      drawn = true;
    } else {
      err.println(text);
    }
    err.flush();
  }

  /** A line that stays. */
  synchronized void print(String text) {
    erase();
    err.println(text);
    err.flush();
  }

  private void erase() {
    if (drawn) {
      err.print("\r\u001b[K");
      drawn = false;
    }
  }

  /** Clears the line; later texts are not shown. */
  @Override
  public synchronized void close() {
    closed = true;
    erase();
    err.flush();
  }
}
