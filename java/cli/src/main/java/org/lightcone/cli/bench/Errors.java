// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

/**
 * How far an answer is from float64.
 *
 * @param max largest relative error of the entries looked at; 0 for an exact kernel that is right
 * @param p99 99th percentile of them
 * @param diagonal largest magnitude on the diagonal of a matrix, NaN where there is none
 * @param bound what {@code max} must not exceed for the row to count as verified
 */
record Errors(double max, double p99, double diagonal, double bound) {
  /** Of relative errors, and what they may be at most. */
  static Errors of(double[] relative, double diagonal, double bound) {
    double[] summary = Timing.maxAndP99(relative);
    return new Errors(summary[0], summary[1], diagonal, bound);
  }

  /** Of an answer of whole numbers: {@code wrong} of them are not what they must be. */
  static Errors exact(long wrong) {
    double max = wrong == 0 ? 0 : Double.POSITIVE_INFINITY;
    return new Errors(max, max, Double.NaN, 0);
  }

  /** False as well for NaN. */
  boolean verified() {
    return max <= bound && !(Math.abs(diagonal) > 0);
  }

  /** |got - exact| relative to the exact value; an exact 0 must be met. */
  static double relative(double got, double exact) {
    if (got == exact) {
      return 0;
    }
    double error = Math.abs(got - exact) / Math.abs(exact);
    return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
  }
}
