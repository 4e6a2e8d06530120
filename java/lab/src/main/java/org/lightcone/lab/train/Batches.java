// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.lightcone.lab.data.SplitMix;

/**
 * The batches of a run. The order of epoch e is a function of the order seed and e alone, so that a resumed
 * run needs no generator state. Not thread-safe.
 */
final class Batches implements AutoCloseable {
  private final Tensors data;
  private final int batch;
  private final int perEpoch;
  private final long seed;
  private long epoch = -1;
  private Tensor order;

  Batches(Tensors data, int batch, long seed) {
    this.data = data;
    this.batch = batch;
    this.perEpoch = data.trainClasses.length / batch;
    this.seed = seed;
    seek(0);
  }

  int perEpoch() {
    return perEpoch;
  }

  /** Goes to an epoch. */
  void seek(long wanted) {
    if (wanted == epoch) {
      return;
    }
    int[] permutation = new SplitMix(SplitMix.derive(seed, wanted)).permutation(data.trainClasses.length);
    long[] indices = new long[permutation.length];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = permutation[i];
    }
    close();
    Tensor made = Tensors.longs(indices);
    // Outlives the scope of the step that came to a new epoch; close() frees it.
    made.retainReference();
    order = made;
    epoch = wanted;
  }

  /** Images (B, C, H, W) of batch i of the epoch, gathered into the current scope. */
  Tensor images(int i) {
    return torch.index_select(data.trainImages, 0, indices(i));
  }

  /** Labels (B) of batch i of the epoch. */
  Tensor labels(int i) {
    return torch.index_select(data.trainLabels, 0, indices(i));
  }

  private Tensor indices(int i) {
    return order.narrow(0, (long) i * batch, batch);
  }

  @Override
  public void close() {
    if (order != null) {
      order.close();
      order = null;
    }
  }
}
