// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.TensorVector;

/** LibTorch's optimisers from their specs, and the learning rate of each step. */
final class Optimizers {
  private Optimizers() {
  }

  static Optimizer create(OptimizerSpec spec, TensorVector parameters) {
    if (spec.name().equals("adam")) {
      AdamOptions options = new AdamOptions(spec.lr());
      options.weight_decay().put(spec.weightDecay());
      return new Adam(parameters, options);
    }
    SGDOptions options = new SGDOptions(spec.lr());
    options.momentum().put(spec.momentum());
    options.nesterov().put(spec.name().equals("sgdn"));
    options.weight_decay().put(spec.weightDecay());
    return new SGD(parameters, options);
  }

  /** The rate of step s of S, s from 0: lr (1 + cos(pi s / S)) / 2, which reaches 0 after the last step. */
  static double cosine(double lr, long step, long steps) {
    return lr * 0.5 * (1 + Math.cos(Math.PI * step / steps));
  }
}
