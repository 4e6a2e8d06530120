// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/**
 * Something that the engine cannot do. The message is one sentence that names the thing and the mend.
 * Calls that are wrong by themselves throw {@link IllegalArgumentException} and
 * {@link IllegalStateException} instead.
 */
public class LightconeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** One sentence, no cause. */
  public LightconeException(String message) {
    super(message);
  }

  /** One sentence and what lies under it. */
  public LightconeException(String message, Throwable cause) {
    super(message, cause);
  }
}
