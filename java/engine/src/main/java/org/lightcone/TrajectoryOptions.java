// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/**
 * How runs are re-indexed and what the work may take.
 *
 * @param points T: a run is looked at in t_k = k / T, k = 1..T
 * @param tail what happens beyond the largest index of a run
 * @param range which part of [0, 1] the points cover
 * @param threads 0: all processors
 * @param panelBytes scratch for interpolated rows and their distances; 0: 512 MiB
 */
public record TrajectoryOptions(int points, Tail tail, Range range, int threads, long panelBytes) {
  /** Beyond a run's largest index. */
  public enum Tail {
    /** Its last checkpoint. */
    HOLD("hold", Lightcone.LIGHTCONE_TAIL_HOLD),
    /** There is no beyond: t_k is multiplied by the run's largest index. */
    STRETCH("stretch", Lightcone.LIGHTCONE_TAIL_STRETCH);

    private final String text;
    final int code;

    Tail(String text, int code) {
      this.text = text;
      this.code = code;
    }

    /** The tail called {@code hold} or {@code stretch}. */
    public static Tail parse(String text) {
      return Names.parse("tail", text, values());
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Where the points lie. */
  public enum Range {
    /** From 0 to 1. */
    FULL("full", Lightcone.LIGHTCONE_RANGE_FULL),
    /** From the largest first index of all runs to the least of their largest ones; not with stretch. */
    COMMON("common", Lightcone.LIGHTCONE_RANGE_COMMON);

    private final String text;
    final int code;

    Range(String text, int code) {
      this.text = text;
      this.code = code;
    }

    /** The range called {@code full} or {@code common}. */
    public static Range parse(String text) {
      return Names.parse("range", text, values());
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** Refuses nulls and impossible numbers. */
  public TrajectoryOptions {
    if (tail == null || range == null) {
      throw new IllegalArgumentException("an option of the trajectories is null; begin with"
          + " TrajectoryOptions.defaults()");
    }
    if (points < 1 || panelBytes < 0) {
      throw new IllegalArgumentException("a trajectory of " + points + " points and panels of " + panelBytes
          + " bytes: at least 1 point, and no negative size");
    }
  }

  /** 100 points over [0, 1], tail held, all processors. */
  public static TrajectoryOptions defaults() {
    return new TrajectoryOptions(100, Tail.HOLD, Range.FULL, 0, 0);
  }

  /** The same with another number of points. */
  public TrajectoryOptions withPoints(int value) {
    return new TrajectoryOptions(value, tail, range, threads, panelBytes);
  }

  /** The same with another tail. */
  public TrajectoryOptions withTail(Tail value) {
    return new TrajectoryOptions(points, value, range, threads, panelBytes);
  }

  /** The same with another range. */
  public TrajectoryOptions withRange(Range value) {
    return new TrajectoryOptions(points, tail, value, threads, panelBytes);
  }

  /** The same with another number of threads; 0 is all processors. */
  public TrajectoryOptions withThreads(int value) {
    return new TrajectoryOptions(points, tail, range, value, panelBytes);
  }

  /** The same with other scratch memory. */
  public TrajectoryOptions withPanelBytes(long value) {
    return new TrajectoryOptions(points, tail, range, threads, value);
  }
}
