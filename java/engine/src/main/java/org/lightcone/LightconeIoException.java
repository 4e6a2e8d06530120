// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/** A file could not be read or written; nothing half-written is left under its name. */
public final class LightconeIoException extends LightconeException {
  private static final long serialVersionUID = 1;

  /** One sentence, no cause. */
  public LightconeIoException(String message) {
    super(message);
  }

  /** One sentence and what lies under it. */
  public LightconeIoException(String message, Throwable cause) {
    super(message, cause);
  }
}
