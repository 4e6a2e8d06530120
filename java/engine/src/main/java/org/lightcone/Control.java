// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.function.ToLongFunction;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;

/**
 * Progress and cancellation of one running call at a time. All methods may be called from any thread while
 * the call runs in another.
 */
public final class Control implements AutoCloseable {
  private final NativeControl control;
  private final Handle handle;
  private volatile boolean cancelled;
  /** Work of the bands before and after the running native call, where the call is one of several. */
  private volatile long before;
  private volatile long after;

  /** A control for the next call that it is given to. */
  public Control() {
    Native.require();
    control = new NativeControl();
    Native.check(Lightcone.lightcone_control_create(control));
    NativeControl pointer = control;
    handle = new Handle(this, "the control", () -> Lightcone.lightcone_control_destroy(pointer));
  }

  /** Asks the call to stop: it throws {@link CancelledException} within about 100 ms. */
  public void cancel() {
    cancelled = true;
    ask(control -> {
      Lightcone.lightcone_control_cancel(control);
      return 0;
    });
  }

  /** Work done so far, in units of the call (for distances: pair-samples). */
  public long done() {
    return before + ask(Lightcone::lightcone_control_done);
  }

  /** Work in all, in the same units; 0 before the call begins. */
  public long total() {
    return before + ask(Lightcone::lightcone_control_total) + after;
  }

  /** The next native call is one of several: so much work is done, so much is left after it. */
  static void around(Control control, long before, long after) {
    if (control != null) {
      control.before = before;
      control.after = after;
    }
  }

  /** For loops in Java: throws as a native call does. */
  static void check(Control control) {
    if (control != null && control.cancelled) {
      throw new CancelledException("stopped by request before it was done");
    }
  }

  /** Synchronized with close, so that a thread which polls does not make close() throw. */
  private synchronized long ask(ToLongFunction<NativeControl> question) {
    handle.enter();
    try {
      return question.applyAsLong(control);
    } finally {
      handle.exit();
    }
  }

  /** Frees it; {@link IllegalStateException} while a call uses it. Idempotent. */
  @Override
  public synchronized void close() {
    handle.close();
  }

  /** For a native call: null stays null. Paired with {@link #exit}. */
  static NativeControl enter(Control control) {
    if (control == null) {
      return null;
    }
    control.handle.enter();
    return control.control;
  }

  static void exit(Control control) {
    if (control != null) {
      control.handle.exit();
    }
  }
}
