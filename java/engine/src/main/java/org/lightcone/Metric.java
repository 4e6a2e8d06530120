// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/**
 * A distance between two models: a mean over the N samples. p, q are a sample's probabilities, BC its Bhattacharyya
 * coefficient {@code sum_c sqrt(p q)}. Errors by precision stand in {@code native/lightcone.h} at
 * {@code lightcone_distances}.
 */
public enum Metric {
  /** Mean of -log BC (Eq 2), nats: the squared interval that InPCA embeds. Infinite where no class is shared. */
  BHATTACHARYYA("bhattacharyya", Lightcone.LIGHTCONE_METRIC_BHATTACHARYYA),
  /** Mean of 1 - BC, the squared Hellinger distance; 0 to 1. */
  HELLINGER("hellinger", Lightcone.LIGHTCONE_METRIC_HELLINGER),
  /** 1 - exp(-N d_B): squared Hellinger distance of the products over all samples; saturates at 1. */
  HELLINGER_PRODUCT("hellinger-product", Lightcone.LIGHTCONE_METRIC_HELLINGER_PRODUCT),
  /** Mean of {@code sum_c (p - q)(log p - log q)} (Eq 15), nats. Infinite where a class is 0 in one model alone. */
  JEFFREYS("jeffreys", Lightcone.LIGHTCONE_METRIC_JEFFREYS),
  /** Mean of the angle arccos BC (Eq 16); 0 to pi/2. */
  GEODESIC("geodesic", Lightcone.LIGHTCONE_METRIC_GEODESIC),
  /** Root of the mean squared angle, the Riemannian distance of the product manifold; 0 to pi/2. */
  GEODESIC_L2("geodesic-l2", Lightcone.LIGHTCONE_METRIC_GEODESIC_L2),
  /** Mean of {@code |p - q|^2} (S.12); 0 to 2. Its embedding is principal component analysis. */
  EUCLIDEAN("euclidean", Lightcone.LIGHTCONE_METRIC_EUCLIDEAN),
  /** Mean Jensen-Shannon divergence, nats; 0 to log 2. */
  JENSEN_SHANNON("jensen-shannon", Lightcone.LIGHTCONE_METRIC_JENSEN_SHANNON),
  /** Share of samples whose most probable class differs; ties go to the lowest class. */
  DISAGREEMENT("disagreement", Lightcone.LIGHTCONE_METRIC_DISAGREEMENT);

  private final String text;
  final int code;

  Metric(String text, int code) {
    this.text = text;
    this.code = code;
  }

  /**
   * The metric of that name, such as {@code bhattacharyya}.
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
