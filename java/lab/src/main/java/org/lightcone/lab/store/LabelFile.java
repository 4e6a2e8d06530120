// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.io.IOException;
import java.nio.file.Path;
import org.lightcone.InvalidDataException;
import org.lightcone.LightconeIoException;
import org.lightcone.Npy;

/** labels.npy: the classes of a sample set, (N) int32, through the engine's {@link Npy}, with the store's exceptions. */
final class LabelFile {
  private LabelFile() {
  }

  static void write(Path file, int[] labels) {
    try {
      Npy.writeInts(file, labels, labels.length);
    } catch (LightconeIoException e) {
      throw e.getCause() instanceof IOException io ? AtomicFiles.failure(file, io) : new StoreException(e.getMessage(), e);
    }
  }

  static int[] read(Path file) {
    try {
      return Npy.readLabels(file);
    } catch (InvalidDataException | LightconeIoException e) {
      throw new StoreException(e.getMessage() + "; restore it from a copy.", e);
    }
  }
}
