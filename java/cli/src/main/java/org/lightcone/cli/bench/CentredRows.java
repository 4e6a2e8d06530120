// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.lightcone.DistanceMatrix;

/** W = -1/2 L D L of a matrix of distances, row by row in plain float64: what eigenpairs are verified against. */
final class CentredRows {
  private final DistanceMatrix d;

  CentredRows(DistanceMatrix d) {
    this.d = d;
  }

  int order() {
    return d.models();
  }

  /** W x. */
  double[] times(double[] x) {
    double[] centred = centre(x);
    double[] y = new double[x.length];
    IntStream.range(0, x.length).parallel().forEach(i -> {
      float[] row = new float[x.length];
      d.row(i, row);
      double sum = 0;
      for (int j = 0; j < row.length; j++) {
        sum += row[j] * centred[j];
      }
      y[i] = -0.5 * sum;
    });
    return centre(y);
  }

  private static double[] centre(double[] x) {
    double mean = Arrays.stream(x).average().orElse(0);
    return Arrays.stream(x).map(e -> e - mean).toArray();
  }
}
