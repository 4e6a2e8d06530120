// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/** The call was stopped by {@link Control#cancel()}; nothing was written. */
public final class CancelledException extends LightconeException {
  private static final long serialVersionUID = 1;

  /** One sentence, no cause. */
  public CancelledException(String message) {
    super(message);
  }

  /** One sentence and what lies under it. */
  public CancelledException(String message, Throwable cause) {
    super(message, cause);
  }
}
