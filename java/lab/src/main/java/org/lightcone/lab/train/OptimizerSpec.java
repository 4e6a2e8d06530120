// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.util.List;

/**
 * An optimiser and its rates.
 *
 * @param name {@code sgd} (momentum 0 unless given), {@code sgdn} (Nesterov, momentum 0.9 unless given) or
 *     {@code adam} (PyTorch's betas and epsilon)
 * @param lr the learning rate of the first step; a cosine takes it to 0
 * @param momentum of sgd and sgdn, in [0, 1)
 * @param weightDecay added to the gradient as an L2 term
 */
public record OptimizerSpec(String name, double lr, double momentum, double weightDecay) {
  /** The names. */
  public static final List<String> NAMES = List.of("sgd", "sgdn", "adam");

  public OptimizerSpec {
    if (!NAMES.contains(name)) {
      throw new SpecException("unknown optimizer \"" + name + "\"; choose one of "
          + String.join(", ", NAMES) + ".");
    }
    if (!(lr > 0) || Double.isInfinite(lr)) {
      throw new SpecException("lr must be a positive number, not " + lr + ".");
    }
    if (!(momentum >= 0 && momentum < 1)) {
      throw new SpecException("momentum must be at least 0 and below 1, not " + momentum + ".");
    }
    if (name.equals("sgdn") && momentum == 0) {
      throw new SpecException("sgdn needs a momentum above 0 (0.9 is the default); sgd is the one without.");
    }
    if (name.equals("adam") && momentum != 0) {
      throw new SpecException("adam takes no momentum; remove the key.");
    }
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new SpecException("weight-decay must be at least 0, not " + weightDecay + ".");
    }
  }

  /** With the default momentum and no weight decay. */
  public static OptimizerSpec of(String name, double lr) {
    return new OptimizerSpec(name, lr, defaultMomentum(name), 0);
  }

  static double defaultMomentum(String name) {
    return name.equals("sgdn") ? 0.9 : 0;
  }
}
