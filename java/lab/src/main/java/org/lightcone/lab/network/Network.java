// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;

/**
 * A classifier: images (B, C, H, W) in, logits (B, classes) out. A {@link Module} whose parameters follow
 * PyTorch's default initialisation, drawn from LibTorch's global generator: seed that generator before
 * building one.
 *
 * <p>A network belongs to the {@code PointerScope} it was built in and dies with it. Not thread-safe.
 */
public abstract class Network extends Module {
  protected Network(String name) {
    super(name);
  }

  /** Logits (B, classes) of a batch (B, C, H, W). */
  public abstract Tensor forward(Tensor images);

  /** The number of trainable values. */
  public final long parameterCount() {
    long count = 0;
    try (var parameters = parameters()) {
      for (long i = 0; i < parameters.size(); i++) {
        count += parameters.get(i).numel();
      }
    }
    return count;
  }
}
