// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import org.lightcone.lab.store.RunInfo;

/** Hears how a sweep gets on; called from the training thread, so be brief. */
public interface SweepListener {
  /** Hears nothing. */
  SweepListener SILENT = new SweepListener() { };

  /**
   * Where a sweep stands.
   *
   * @param runs runs of this sweep (of this shard)
   * @param finished of them done or failed
   * @param label the run at work
   * @param step its steps done
   * @param steps its steps
   * @param record its records done
   * @param records its records
   * @param imagesPerSecond trained and recorded images per second in this run
   * @param secondsLeft of the whole sweep, from measured costs per image
   */
  record Progress(int runs, int finished, String label, long step, long steps, int record, int records,
            double imagesPerSecond, double secondsLeft) {
  }

  /** The data is loaded; {@code finished} of {@code runs} need nothing more. */
  default void started(int runs, int finished) {
  }

  /** After every step and record of the run at work: {@code step} steps are done. */
  default void stepped(long step) {
  }

  /** About five times a second, and at the end of each run. */
  default void progress(Progress progress) {
  }

  /** A run is done, failed or stopped. */
  default void ended(RunInfo run) {
  }

  /** A run could not be worked on (held by another process, an I/O error); the sweep goes on. */
  default void problem(String run, String message) {
  }
}
