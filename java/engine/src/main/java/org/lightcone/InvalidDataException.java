// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/** The data is wrong: the message names the file, the place in it and the value. */
public final class InvalidDataException extends LightconeException {
  private static final long serialVersionUID = 1;

  /** One sentence, no cause. */
  public InvalidDataException(String message) {
    super(message);
  }

  /** One sentence and what lies under it. */
  public InvalidDataException(String message, Throwable cause) {
    super(message, cause);
  }
}
