// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * When a run is recorded. A step is a count of optimiser steps done: 0 is before training, {@code steps per
 * epoch * epochs} the end.
 */
public sealed interface Checkpoints {
  /** The most records of one run. At the smallest a record is some kilobytes, and every list of a run holds them all. */
  int MAX_RECORDS = 1_000_000;

  /** The recorded steps, strictly increasing, each in [0, stepsPerEpoch * epochs]. */
  long[] steps(int stepsPerEpoch, int epochs);

  /** The value as a spec writes it, in one canonical form. */
  String canonical();

  /**
   * The main paper's schedule: before training; in epochs 0 to 4 after every step i (from 0) with i mod
   * max(1, floor(nb / 4)) = 0, nb the steps per epoch; at the end of epochs 5 to 25, of epochs 26 to 65 that
   * 4 divides, of later ones that 15 divides; and the end. 67 records for 200 epochs of 250 steps.
   */
  record Paper() implements Checkpoints {
    @Override
    public long[] steps(int nb, int epochs) {
      TreeSet<Long> steps = new TreeSet<>();
      steps.add(0L);
      for (long e = 0; e < epochs; e++) {
        if (e < 5) {
          int every = Math.max(1, nb / 4);
          for (int i = 0; i < nb; i += every) {
            steps.add(e * nb + i + 1);
          }
        } else if (e <= 25 || (e <= 65 ? e % 4 == 0 : e % 15 == 0)) {
          steps.add((e + 1) * nb);
        }
      }
      steps.add((long) nb * epochs);
      return steps.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public String canonical() {
      return "paper";
    }
  }

  /**
   * Exactly these steps.
   *
   * @param at strictly increasing, from 0
   */
  record Steps(List<Long> at) implements Checkpoints {
    public Steps {
      at = List.copyOf(at);
      long last = -1;
      for (long step : at) {
        if (step <= last) {
          throw new SpecException("Checkpoints must be steps from 0 on, each larger than the one before; "
              + step + " follows " + (last < 0 ? "nothing" : last) + ".");
        }
        last = step;
      }
      if (at.isEmpty()) {
        throw new SpecException("Checkpoints are an empty list; give at least one step.");
      }
    }

    @Override
    public long[] steps(int stepsPerEpoch, int epochs) {
      long end = (long) stepsPerEpoch * epochs;
      long last = at.get(at.size() - 1);
      if (last > end) {
        throw new SpecException("The checkpoint at step " + last + " lies beyond the end of training, " + end
            + " steps (" + epochs + " epochs of " + stepsPerEpoch + ").");
      }
      return at.stream().mapToLong(Long::longValue).toArray();
    }

    @Override
    public String canonical() {
      return at.toString();
    }
  }

  /**
   * Before training, then {@code count} times in each epoch at even distances, the last at its end: step
   * floor(j * nb / count) of the epoch, j = 1..count.
   */
  record PerEpoch(int count) implements Checkpoints {
    @Override
    public long[] steps(int nb, int epochs) {
      if (count < 1 || count > nb) {
        throw new SpecException("Checkpoints per epoch must be between 1 and the " + nb
            + " steps of an epoch, not " + count + ".");
      }
      if ((long) count * epochs > MAX_RECORDS) {
        throw new SpecException(count + " checkpoints in each of " + epochs + " epochs are more than " + MAX_RECORDS
            + " records of a run; record less often.");
      }
      long[] steps = new long[1 + count * epochs];
      for (int e = 0; e < epochs; e++) {
        for (int j = 1; j <= count; j++) {
          steps[e * count + j] = (long) e * nb + (long) j * nb / count;
        }
      }
      return steps;
    }

    @Override
    public String canonical() {
      return "per-epoch " + count;
    }
  }

  /** {@link Steps} of these. */
  static Checkpoints at(long... steps) {
    return new Steps(Arrays.stream(steps).boxed().toList());
  }
}
