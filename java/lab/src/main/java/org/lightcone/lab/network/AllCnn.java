// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code allcnn}: 3x3 convolutions to 96 (stride 1), 96 (stride 2), 144 (stride 1), 144 (stride 2) channels,
 * then 1x1 to the classes, all with bias, each followed by ReLU and affine batch normalisation (the last one
 * too, on the logits); average pool. 399,486 parameters for 32x32x3 and 10 classes.
 */
final class AllCnn extends Network {
  private static final int LAYERS = 5;

  private final Conv2dImpl[] conv = new Conv2dImpl[LAYERS];
  private final BatchNorm2dImpl[] norm = new BatchNorm2dImpl[LAYERS];

  AllCnn(ImageShape input, int classes) {
    super("allcnn");
    int[] channels = {input.channels(), 96, 96, 144, 144, classes};
    int[] kernel = {3, 3, 3, 3, 1};
    int[] stride = {1, 2, 1, 2, 1};
    for (int i = 0; i < LAYERS; i++) {
      conv[i] = register_module("conv" + i, Layers.conv(channels[i], channels[i + 1], kernel[i], stride[i],
          true));
      norm[i] = register_module("norm" + i, Layers.norm(channels[i + 1], true));
    }
  }

  @Override
  public Tensor forward(Tensor images) {
    Tensor x = images;
    for (int i = 0; i < LAYERS; i++) {
      x = norm[i].forward(torch.relu(conv[i].forward(x)));
    }
    return Layers.averagePool(x);
  }
}
