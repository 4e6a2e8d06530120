// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.lightcone.lab.network.Network;

/**
 * Batch-norm warm-up. A fresh network's running statistics are (0, 1) and have nothing to do with its
 * activations: in evaluation mode a residual network then starts far from ignorance. A few forward passes in
 * training mode set them.
 */
final class BatchNorm {
  // "A few": with the start's weight removed below, the average over five batches is already close to the
  // data's.
  private static final int PASSES = 5;
  // PyTorch's default: running = 0.9 running + 0.1 batch.
  private static final double KEEP = 0.9;

  private BatchNorm() {
  }

  /**
   * Runs five batches through {@code network} without training it, then takes the starting values' remaining
   * weight w = 0.9^5 out of the running statistics: mean / (1 - w), (variance - w) / (1 - w).
   */
  @SuppressWarnings("try") // the scopes and the guard act by being open
  static void warmUp(Network network, Batches batches) {
    network.train(true);
    try (PointerScope all = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
      for (int i = 0; i < PASSES; i++) {
        try (PointerScope one = new PointerScope()) {
          network.forward(batches.images(i % batches.perEpoch()));
        }
      }
      double weight = Math.pow(KEEP, PASSES);
      StringTensorDict buffers = network.named_buffers();
      StringVector names = buffers.keys();
      for (long i = 0; i < names.size(); i++) {
        String name = names.get(i).getString();
        Tensor buffer = buffers.get(name);
        if (name.endsWith("running_mean")) {
          buffer.div_(new Scalar(1 - weight));
        } else if (name.endsWith("running_var")) {
          buffer.sub_(new Scalar(weight)).div_(new Scalar(1 - weight));
        }
      }
    }
  }
}
