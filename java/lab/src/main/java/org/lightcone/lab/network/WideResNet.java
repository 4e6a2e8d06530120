// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.LinearImpl;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * {@code wrn-10-4-8}: a pre-activation wide residual network. Stem: 3x3 convolution to 8 channels; three
 * stages of 32, 64 and 128 channels with one block each, the second and third at stride 2; final
 * normalisation, ReLU, average pool, Linear. 3x3 convolutions have no bias and batch normalisation no affine
 * parameters. 300,226 parameters for 32x32x3 and 10 classes.
 */
final class WideResNet extends Network {
  private final Conv2dImpl stem;
  private final List<Block> blocks = new ArrayList<>();
  private final BatchNorm2dImpl norm;
  private final LinearImpl head;

  WideResNet(String name, ImageShape input, int classes, int stemChannels, int[] stages, int blocksPerStage) {
    super(name);
    stem = register_module("stem", Layers.conv(input.channels(), stemChannels, 3, 1, false));
    int in = stemChannels;
    for (int stage = 0; stage < stages.length; stage++) {
      for (int block = 0; block < blocksPerStage; block++) {
        int stride = stage > 0 && block == 0 ? 2 : 1;
        blocks.add(register_module("block" + blocks.size(), new Block(in, stages[stage], stride)));
        in = stages[stage];
      }
    }
    norm = register_module("norm", Layers.norm(in, false));
    head = register_module("head", new LinearImpl(in, classes));
  }

  @Override
  public Tensor forward(Tensor images) {
    Tensor x = stem.forward(images);
    for (Block block : blocks) {
      x = block.forward(x);
    }
    return head.forward(Layers.averagePool(torch.relu(norm.forward(x))));
  }

  /**
   * Norm-ReLU-conv3x3, norm-ReLU-conv3x3 (which carries the stride), added to the raw input; where the shape
   * changes, the input goes through a 1x1 convolution with bias first.
   */
  private static final class Block extends Module {
    private final BatchNorm2dImpl norm1;
    private final BatchNorm2dImpl norm2;
    private final Conv2dImpl conv1;
    private final Conv2dImpl conv2;
    private final Conv2dImpl shortcut;

    Block(int in, int out, int stride) {
      super("block");
      norm1 = register_module("norm1", Layers.norm(in, false));
      conv1 = register_module("conv1", Layers.conv(in, out, 3, 1, false));
      norm2 = register_module("norm2", Layers.norm(out, false));
      conv2 = register_module("conv2", Layers.conv(out, out, 3, stride, false));
      shortcut = in == out && stride == 1 ? null
          : register_module("shortcut", Layers.conv(in, out, 1, stride, true));
    }

    Tensor forward(Tensor x) {
      Tensor y = conv1.forward(torch.relu(norm1.forward(x)));
      y = conv2.forward(torch.relu(norm2.forward(y)));
      return torch.add(y, shortcut == null ? x : shortcut.forward(x));
    }
  }
}
