// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.util.Locale;

/** Where a run stands. */
public enum Status {
  /** Part of a sweep, not begun. */
  PLANNED,
  /** A process is training it now. */
  RUNNING,
  /** All records are there. */
  DONE,
  /** It diverged: kept with its records and the reason, left out of analyses, never tried again. */
  FAILED,
  /** Interrupted or killed: training goes on from its snapshot. */
  STOPPED;

  /** The word in run.json. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
