// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The life of one native object: open, in use by some calls, closed.
 *
 * <p>Closing is idempotent; closing while a call runs, and any call after closing, throw. The
 * collector frees nothing: it only reports, as a warning of the logger {@code org.lightcone}, an object that became
 * unreachable without having been closed.
 */
final class Handle {
  private static final Cleaner CLEANER = Cleaner.create();

  private final State state;
  private final Runnable free;
  private final Cleaner.Cleanable cleanable;

  /**
   * @param owner the public object; reported when it becomes unreachable while open
   * @param what what it is, for messages: "the distance matrix (5, 5)"
   * @param free gives the memory back; must not reach {@code owner}
   */
  Handle(Object owner, String what, Runnable free) {
    this.state = new State(what);
    this.free = free;
    this.cleanable = CLEANER.register(owner, state);
  }

  /** Begins a use. Every successful enter is paired with one {@link #exit()}. */
  void enter() {
    int users = state.users.get();
    while (users != State.CLOSED) {
      if (state.users.compareAndSet(users, users + 1)) {
        return;
      }
      users = state.users.get();
    }
    throw new IllegalStateException(state.what + " is closed; use it before close()");
  }

  void exit() {
    state.users.decrementAndGet();
  }

  void close() {
    if (state.users.compareAndSet(0, State.CLOSED)) {
      cleanable.clean();
      free.run();
    } else if (state.users.get() != State.CLOSED) {
      throw new IllegalStateException(state.what
          + " is in use by another call; wait for it, or cancel it through its Control, and close again");
    }
  }

  /** What the cleaner sees: it must not keep the owner alive. */
  private static final class State implements Runnable {
    static final int CLOSED = -1;

    final AtomicInteger users = new AtomicInteger();
    final String what;

    State(String what) {
      this.what = what;
    }

    @Override
    public void run() {
      if (users.get() != CLOSED) {
        System.getLogger("org.lightcone").log(System.Logger.Level.WARNING,
            what + " was never closed and its memory is lost; close it, best with try-with-resources");
      }
    }
  }
}
