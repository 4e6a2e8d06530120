// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import org.bytedeco.pytorch.global.torch;
import org.lightcone.lab.network.LibTorch;

/** A class of its own, so that a LibTorch that does not load fails here and nowhere else. */
final class LibTorchProbe {
  private LibTorchProbe() {}

  /** Loads LibTorch and returns its version; IllegalStateException or LinkageError, with the reason, if it fails. */
  static String version() {
    LibTorch.load();
    // The presets' version begins with LibTorch's: 2.10.0-1.5.13.
    String version = torch.class.getPackage().getImplementationVersion();
    return version == null ? "unknown" : version.split("-")[0];
  }
}
