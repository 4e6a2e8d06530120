// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/** Independent rows shared out to a few threads. What a row writes must depend on nothing but the row. */
final class Workers {
  private Workers() {}

  /** 0 or less is all processors. */
  static int count(int threads) {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }

  /** Returns when every row is done; rethrows the first failure. */
  static void rows(int threads, int rows, IntConsumer row) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Runnable work = () -> {
      try {
        for (int i = next.getAndIncrement(); i < rows && failure.get() == null; i = next.getAndIncrement()) {
          row.accept(i);
        }
      } catch (RuntimeException | Error e) {
        failure.compareAndSet(null, e);
      }
    };
    List<Thread> team = new ArrayList<>();
    for (int t = 1; t < Math.min(count(threads), rows); t++) {
      Thread thread = new Thread(work, "lightcone-" + t);
      thread.setDaemon(true);
      thread.start();
      team.add(thread);
    }
    work.run();
    joinAll(team);
    if (failure.get() instanceof Error e) {
      throw e;
    }
    if (failure.get() instanceof RuntimeException e) {
      throw e;
    }
  }

  /** The rows touch memory that the caller frees: an interrupt must wait until they are done. */
  private static void joinAll(List<Thread> team) {
    boolean interrupted = false;
    for (Thread thread : team) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
