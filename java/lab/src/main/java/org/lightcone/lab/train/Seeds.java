// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import org.lightcone.lab.data.SplitMix;

/**
 * The four seeds of a run. Each has its own stream, so that one can be varied while the others stay.
 *
 * @param init initial weights, given to LibTorch's generator
 * @param order order of the samples: epoch e uses the permutation of {@code SplitMix(derive(order, e))}
 * @param augmentation random changes of the images (none of today's recipes draws from it)
 * @param labelNoise random changes of the labels (none of today's recipes draws from it)
 */
public record Seeds(long init, long order, long augmentation, long labelNoise) {
  /** The four seeds that a spec's one {@code seed} stands for: {@code SplitMix.derive(seed, 1..4)}. */
  public static Seeds of(long seed) {
    return new Seeds(SplitMix.derive(seed, 1), SplitMix.derive(seed, 2), SplitMix.derive(seed, 3),
        SplitMix.derive(seed, 4));
  }
}
