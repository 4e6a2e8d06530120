// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.nio.file.Path;

/** No space, or no quota, is left for a file; what was there before is untouched. */
public final class DiskFullException extends StoreException {
  private static final long serialVersionUID = 1L;

  DiskFullException(Path file, Throwable cause) {
    super("There is no space left to write " + file + "; free some and run the same command again, it goes on"
        + " from the last whole record.", cause);
  }
}
