// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/** What the numbers of a prediction table are. */
public enum Kind {
  /** Probabilities: not negative, every row of C sums to 1 within 1e-3 and is then renormalised. */
  PROBS("probs", Lightcone.LIGHTCONE_PROBABILITIES),
  /** Natural logarithms of probabilities; {@code -inf} is a zero. Rows sum to 1 after exp within 1e-3. */
  LOG_PROBS("log-probs", Lightcone.LIGHTCONE_LOG_PROBABILITIES),
  /** Inputs of a softmax: any finite number or {@code -inf}, at least one finite per row. */
  LOGITS("logits", Lightcone.LIGHTCONE_LOGITS);

  private final String text;
  final int code;

  Kind(String text, int code) {
    this.text = text;
    this.code = code;
  }

  /**
   * The kind called {@code probs}, {@code log-probs} or {@code logits}.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Kind parse(String text) {
    return Names.parse("kind", text, values());
  }

  /** The name that {@link #parse} takes. */
  @Override
  public String toString() {
    return text;
  }
}
