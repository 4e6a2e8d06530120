// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/** A distance between two models, in nats per sample. */
public enum Metric {
  /**
   * d(i,j) = (1/N) sum_n -log sum_c sqrt(p[i,n,c] p[j,n,c]), the Bhattacharyya distance per sample
   * (Eq 2). It is the squared interval that InPCA embeds.
   */
  BHATTACHARYYA("bhattacharyya", Lightcone.LIGHTCONE_METRIC_BHATTACHARYYA);

  private final String text;
  final int code;

  Metric(String text, int code) {
    this.text = text;
    this.code = code;
  }

  /**
   * The metric called {@code bhattacharyya}.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Metric parse(String text) {
    return Names.parse("metric", text, values());
  }

  /** The name that {@link #parse} takes. */
  @Override
  public String toString() {
    return text;
  }
}
