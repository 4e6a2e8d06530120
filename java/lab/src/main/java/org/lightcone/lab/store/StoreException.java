// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import org.lightcone.LightconeException;

/** A store that cannot be read or written; the message names the file and the mend in one sentence. */
public class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** @param message what is wrong, where, and what to do */
  public StoreException(String message) {
    super(LightconeException.readable(message));
  }

  /** @param message what is wrong, where, and what to do */
  public StoreException(String message, Throwable cause) {
    super(LightconeException.readable(message), cause);
  }
}
