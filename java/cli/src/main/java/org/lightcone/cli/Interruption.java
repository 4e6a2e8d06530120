// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C (and SIGTERM) as a clean stop: the running stage is asked to stop and the JVM waits for it; then
 * the JVM ends with 130 (128 + the signal's number), which is its own rule. A stage that has not said how
 * to stop it is ended at once: every file is written aside and renamed when complete. Thread-safe.
 */
final class Interruption {
  /** Longest wait for a clean stop: a snapshot or the record being written ends well within it. */
  private static final long PATIENCE_SECONDS = 60;

  private final CountDownLatch finished = new CountDownLatch(1);
  private Runnable action;
  private boolean requested;

  /** A signal that nothing raises unless {@link #request} is called. */
  Interruption() {}

  /** A signal that Ctrl-C raises, telling the user on {@code err} what happens. */
  static Interruption install(PrintStream err) {
    Interruption stop = new Interruption();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop.onShutdown(err), "lightcone-stop"));
    return stop;
  }

  private void onShutdown(PrintStream err) {
    if (finished.getCount() == 0 || !request()) {
      return;
    }
    err.println("lightcone: stopping cleanly ...");
    try {
      if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        err.println("lightcone: gave up waiting after " + PATIENCE_SECONDS + " seconds.");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks the running stage to stop; true if it can be asked. */
  synchronized boolean request() {
    requested = true;
    if (action == null) {
      return false;
    }
    action.run();
    return true;
  }

  /** Whether a stop was asked for. */
  synchronized boolean requested() {
    return requested;
  }

  /** Declares how to stop the stage that begins; closing ends the stage. Stages do not nest. */
  synchronized Stage stage(Runnable stopAction) {
    action = stopAction;
    if (requested) {
      stopAction.run();
    }
    return () -> {
      synchronized (this) {
        action = null;
      }
    };
  }

  /** The command is over: nothing is left to stop. */
  void finished() {
    finished.countDown();
  }

  /** A stage of work that can be stopped. */
  @FunctionalInterface
  interface Stage extends AutoCloseable {
    @Override
    void close();
  }
}
