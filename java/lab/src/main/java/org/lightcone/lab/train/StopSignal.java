// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Asks training to stop: looked at before every step and every evaluated batch; the run then writes a
 * snapshot, is marked stopped, and resumes later. Thread-safe, also from a signal handler's thread.
 */
public final class StopSignal {
  private final AtomicBoolean requested = new AtomicBoolean();

  /** Asks. */
  public void request() {
    requested.set(true);
  }

  /** Whether someone asked. */
  public boolean requested() {
    return requested.get();
  }
}
