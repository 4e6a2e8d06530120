// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code fc}: C*H*W-1024-512-256-128-classes. Linear with bias; ReLU and batch normalisation without affine
 * parameters after each hidden layer. 3,837,066 parameters for 32x32x3 and 10 classes.
 */
final class FullyConnected extends Network {
  private static final int[] HIDDEN = {1024, 512, 256, 128};

  private final LinearImpl[] linear = new LinearImpl[HIDDEN.length + 1];
  private final BatchNorm1dImpl[] norm = new BatchNorm1dImpl[HIDDEN.length];

  FullyConnected(ImageShape input, int classes) {
    super("fc");
    int width = input.values();
    for (int i = 0; i < HIDDEN.length; i++) {
      linear[i] = register_module("linear" + i, new LinearImpl(width, HIDDEN[i]));
      norm[i] = register_module("norm" + i, Layers.norm1d(HIDDEN[i], false));
      width = HIDDEN[i];
    }
    linear[HIDDEN.length] = register_module("head", new LinearImpl(width, classes));
  }

  @Override
  public Tensor forward(Tensor images) {
    Tensor x = torch.flatten(images, 1, -1);
    for (int i = 0; i < HIDDEN.length; i++) {
      x = norm[i].forward(torch.relu(linear[i].forward(x)));
    }
    return linear[HIDDEN.length].forward(x);
  }
}
