// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import org.bytedeco.pytorch.global.torch;
import org.lightcone.lab.network.LibTorch;

/** A class of its own, so that a LibTorch that does not load fails here and nowhere else. */
final class LibTorchProbe {
  private LibTorchProbe() {}

  /** Loads LibTorch and returns its version; IllegalStateException or LinkageError with the reason when it does not load. */
  static String version() {
    LibTorch.load();
    return torch.TORCH_VERSION_MAJOR() + "." + torch.TORCH_VERSION_MINOR() + "." + torch.TORCH_VERSION_PATCH();
  }
}
