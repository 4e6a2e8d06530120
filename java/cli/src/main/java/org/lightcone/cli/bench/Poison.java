// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Predictions;

/** Spoils memory before an answer is verified, so that nothing left by an earlier run can pass for it. */
final class Poison {
  private Poison() {}

  /** A matrix of this size over the first sample alone, given back: the next one gets its memory, all of it wrong. */
  static void matrix(Predictions predictions, DistanceOptions options) {
    DistanceMatrix.compute(predictions, options.withSamples(new DistanceOptions.SampleRange(0, 1, 1)), null).close();
  }
}
