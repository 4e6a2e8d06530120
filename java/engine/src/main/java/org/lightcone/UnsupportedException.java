// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/** Valid, but not on this machine or in this build: the message says why. */
public final class UnsupportedException extends LightconeException {
  private static final long serialVersionUID = 1;

  /** One sentence, no cause. */
  public UnsupportedException(String message) {
    super(message);
  }

  /** One sentence and what lies under it. */
  public UnsupportedException(String message, Throwable cause) {
    super(message, cause);
  }
}
