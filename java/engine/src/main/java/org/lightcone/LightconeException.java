// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/**
 * Something that the engine cannot do. The message is one sentence that names the thing and the mend.
 * Calls that are wrong by themselves throw {@link IllegalArgumentException} and
 * {@link IllegalStateException} instead.
 */
public class LightconeException extends RuntimeException {
  private static final long serialVersionUID = 1;

  // A file may hold anything, and messages quote it: enough for two long paths and what to do.
  private static final int HEAD = 640;
  private static final int TAIL = 320;

  /** One sentence, no cause. */
  public LightconeException(String message) {
    super(readable(message));
  }

  /** One sentence and what lies under it. */
  public LightconeException(String message, Throwable cause) {
    super(readable(message), cause);
  }

  /**
   * The text as one readable line: control characters, which a damaged file may put into a message that quotes it,
   * become {@code ?}, and of more than 960 characters the middle is left out. Not for text of people.
   */
  public static String readable(String text) {
    String line = text.codePoints().map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT
        || c == 0x2028 || c == 0x2029 ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
    return line.length() <= HEAD + TAIL ? line
        : line.substring(0, HEAD) + " ... " + line.substring(line.length() - TAIL);
  }
}
