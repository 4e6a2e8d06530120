// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

/**
 * How often a run writes a snapshot: whichever comes first.
 *
 * @param seconds after this many seconds
 * @param steps after this many steps
 */
public record SnapshotPolicy(double seconds, long steps) {
  /** A kill costs at most a minute; a snapshot costs a few tenths of a second. */
  public static final SnapshotPolicy DEFAULT = new SnapshotPolicy(60, Long.MAX_VALUE);

  public SnapshotPolicy {
    if (!(seconds >= 0) || steps < 1) {
      throw new IllegalArgumentException("Snapshots need a time of at least 0 s and at least 1 step, not "
          + seconds + " s and " + steps + " steps.");
    }
  }
}
