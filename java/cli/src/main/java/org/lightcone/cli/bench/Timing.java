// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.util.Arrays;
import java.util.Collection;

/**
 * The seconds of several runs of one thing.
 *
 * @param median of the runs
 * @param p10 a tenth of the runs took no longer
 * @param p90 a tenth of the runs took at least as long
 * @param runs how many
 */
record Timing(double median, double p10, double p90, int runs) {
  static Timing of(Collection<Double> seconds) {
    double[] sorted = seconds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return new Timing(quantile(sorted, 0.5), quantile(sorted, 0.1), quantile(sorted, 0.9), sorted.length);
  }

  /** Between the two nearest order statistics. */
  static double quantile(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  /** Largest and 99th percentile of any numbers. */
  static double[] maxAndP99(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return new double[] {sorted[sorted.length - 1], quantile(sorted, 0.99)};
  }
}
