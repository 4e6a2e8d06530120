// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import org.lightcone.LightconeException;

/** A spec that cannot be run; the message names the file, the line and the mend. */
public final class SpecException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** @param message what is wrong, where, and what to do */
  public SpecException(String message) {
    super(LightconeException.readable(message));
  }

  /** @param message what is wrong, where, and what to do */
  public SpecException(String message, Throwable cause) {
    super(LightconeException.readable(message), cause);
  }
}
