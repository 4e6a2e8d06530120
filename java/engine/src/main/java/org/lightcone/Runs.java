// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/**
 * Which models of a table form which run, and what they are ordered by. Run r is the models {@code begin[r]} to
 * {@code begin[r + 1] - 1}, in order of training.
 *
 * @param begin (R + 1), ascending
 * @param index (M), one finite number per model of the table: usually its progress ({@link Progress}), or a training
 *     accuracy
 */
public record Runs(long[] begin, double[] index) {
  /** Refuses nulls and a list without a run; what is in the arrays is checked where they are used. */
  public Runs {
    if (begin == null || index == null || begin.length < 2) {
      throw new IllegalArgumentException("runs are the first models of R runs, the end of the last one, and an index"
          + " per model; there must be at least one run");
    }
    begin = begin.clone();
    index = index.clone();
  }

  /** R. */
  public int count() {
    return begin.length - 1;
  }
}
