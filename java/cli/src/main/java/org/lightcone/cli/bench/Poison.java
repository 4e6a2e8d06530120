// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.lightcone.Agreement;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.LabelMaps;
import org.lightcone.Predictions;
import org.lightcone.Progress;

/** Spoils memory before an answer is verified, so that nothing left by an earlier run can pass for it. */
final class Poison {
  private Poison() {}

  /** A matrix of this size over the first sample alone, given back: the next one gets its memory, all of it wrong. */
  static void matrix(Predictions predictions, DistanceOptions options) {
    DistanceMatrix.compute(predictions, options.withSamples(new DistanceOptions.SampleRange(0, 1, 1)), null).close();
  }

  /** The counts of one point alone. */
  static void agreement(LabelMaps maps, int threads) {
    Agreement.of(maps, ByteBuffer.allocateDirect(Math.toIntExact(maps.points())).put(0, (byte) 1), threads, null);
  }

  /** Progress towards other labels than these. */
  static void progress(Predictions predictions, int[] labels, int classes, int threads) {
    Progress.of(predictions, Arrays.stream(labels).map(label -> (label + 1) % classes).toArray(), threads, null);
  }
}
