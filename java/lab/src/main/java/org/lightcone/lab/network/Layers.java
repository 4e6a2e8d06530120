// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BatchNorm1dImpl;
import org.bytedeco.pytorch.BatchNorm2dImpl;
import org.bytedeco.pytorch.BatchNormOptions;
import org.bytedeco.pytorch.Conv2dImpl;
import org.bytedeco.pytorch.Conv2dOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The layers of the networks in the words of their descriptions. */
final class Layers {
  private Layers() {
  }

  /** A k x k convolution; odd k is padded by (k - 1) / 2, so that stride 1 keeps the image's size. */
  static Conv2dImpl conv(int in, int out, int k, int stride, boolean bias) {
    try (LongPointer kernel = new LongPointer(k, k)) {
      Conv2dOptions options = new Conv2dOptions(in, out, kernel);
      // put(long[]), because put(i, v) would write v at index i.
      options.stride().put(new long[] {stride, stride});
      try (LongPointer padding = new LongPointer((k - 1) / 2, (k - 1) / 2)) {
        options.padding().put(padding);
      }
      options.bias().put(bias);
      return new Conv2dImpl(options);
    }
  }

  /** Batch normalisation of images, (B, C, H, W). */
  static BatchNorm2dImpl norm(int channels, boolean affine) {
    BatchNormOptions options = new BatchNormOptions(channels);
    options.affine().put(affine);
    return new BatchNorm2dImpl(options);
  }

  /** Batch normalisation of vectors, (B, F). */
  static BatchNorm1dImpl norm1d(int features, boolean affine) {
    BatchNormOptions options = new BatchNormOptions(features);
    options.affine().put(affine);
    return new BatchNorm1dImpl(options);
  }

  /** The mean over height and width, (B, C, H, W) to (B, C). */
  static Tensor averagePool(Tensor x) {
    return torch.mean(x, 2, 3);
  }
}
