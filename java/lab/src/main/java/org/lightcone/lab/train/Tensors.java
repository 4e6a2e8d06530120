// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.lightcone.lab.data.Dataset;
import org.lightcone.lab.data.Images;
import org.lightcone.lab.network.ImageShape;
import org.lightcone.lab.network.LibTorch;

/**
 * A data set as tensors, shared by the runs of a sweep: they are only read. They belong to the {@code
 * PointerScope} that is open when they are made.
 */
final class Tensors {
  /** (N, C, H, W) float32. */
  final Tensor trainImages;
  /** (N) int64. */
  final Tensor trainLabels;
  /** (N, C, H, W) float32. */
  final Tensor testImages;
  final ImageShape shape;
  final int classes;
  final int[] trainClasses;
  final int[] testClasses;

  Tensors(Dataset data) {
    LibTorch.load();
    shape = data.train().shape();
    classes = data.classNames().size();
    trainClasses = data.train().labels();
    testClasses = data.test().labels();
    trainImages = images(data.train());
    testImages = images(data.test());
    long[] labels = new long[trainClasses.length];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = trainClasses[i];
    }
    trainLabels = longs(labels);
  }

  private static Tensor images(Images images) {
    ImageShape s = images.shape();
    Tensor tensor = torch.empty(new long[] {images.count(), s.channels(), s.height(), s.width()});
    try (FloatPointer data = new FloatPointer(tensor.data_ptr())) {
      data.capacity(images.pixels().length).put(images.pixels());
    }
    return tensor;
  }

  /** A new int64 tensor (n) with these values, in the current scope. */
  static Tensor longs(long[] values) {
    try (TensorOptions options = new TensorOptions(torch.ScalarType.Long)) {
      Tensor tensor = torch.empty(new long[] {values.length}, options, null);
      try (LongPointer data = new LongPointer(tensor.data_ptr())) {
        data.capacity(values.length).put(values);
      }
      return tensor;
    }
  }
}
