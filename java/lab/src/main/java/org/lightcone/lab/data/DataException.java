// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import org.lightcone.LightconeException;

/** A data set that is missing, damaged or too small; the message names the file and the mend. */
public final class DataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** @param message what is wrong, where, and what to do */
  public DataException(String message) {
    super(LightconeException.readable(message));
  }

  /** @param message what is wrong, where, and what to do */
  public DataException(String message, Throwable cause) {
    super(LightconeException.readable(message), cause);
  }
}
