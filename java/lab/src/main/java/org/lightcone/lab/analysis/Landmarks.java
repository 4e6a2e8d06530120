// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.analysis;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.Arrays;
import org.lightcone.Geodesic;

/**
 * The models that no run recorded: ignorance P0 (1/C everywhere), truth P* (one-hot labels) and points of the geodesic
 * between them (Eq 3), in this order.
 *
 * @param t place of each on the geodesic, 0 for ignorance and 1 for truth, (L)
 * @param table probabilities (L, N, C), float64, direct memory
 */
record Landmarks(double[] t, ByteBuffer table) {
  /** Points between the two ends: dense enough that straight lines between them look smooth. */
  private static final int POINTS = 19;
  /** Spacing: d_B changes fastest near truth (it grows like a logarithm there), so the points crowd there. */
  private static final double CROWDING = 2.5;
  /** With very many samples and classes fewer points are made: this bounds their memory. */
  private static final long MOST_BYTES = 256L << 20;

  /** Landmarks for labels (N) in [0, C). */
  static Landmarks of(int[] labels, int classes) {
    int samples = labels.length;
    long one = 8L * samples * classes;
    if (2 * one > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("Truth and ignorance over " + samples + " samples and " + classes
          + " classes do not fit in one buffer: record fewer samples.");
    }
    int points = (int) Math.max(0, Math.min(POINTS, MOST_BYTES / one - 2));
    double[] ignorance = new double[samples * classes];
    Arrays.fill(ignorance, 1.0 / classes);
    double[] truth = new double[samples * classes];
    for (int n = 0; n < samples; n++) {
      truth[n * classes + labels[n]] = 1;
    }
    double[] inner = new double[points];
    for (int k = 0; k < points; k++) {
      inner[k] = 1 - Math.pow(1 - (k + 1.0) / (points + 1), CROWDING);
    }
    double[] t = new double[points + 2];
    t[1] = 1;
    System.arraycopy(inner, 0, t, 2, points);
    ByteBuffer table = ByteBuffer.allocateDirect((int) (one * t.length)).order(ByteOrder.nativeOrder());
    DoubleBuffer values = table.asDoubleBuffer().put(ignorance).put(truth);
    if (points > 0) {
      values.put(Geodesic.interpolate(ignorance, truth, samples, classes, inner));
    }
    return new Landmarks(t, table);
  }

  int count() {
    return t.length;
  }
}
