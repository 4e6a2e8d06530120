// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;

/**
 * Synthetic trajectories: R runs of T models that walk from ignorance towards truth. The logits of a run at its
 * point t, t = 0 .. T - 1, are
 *
 * <pre>  z_t[n][c] = z_(t-1)[n][c] + (DRIFT / T) [c = y_n] + (NOISE / sqrt T) g,   g normal,   z_0 = 0.01 g</pre>
 *
 * and its probabilities their softmax. The labels are y_n = n mod C. Run r is drawn from a seed of its own, so that a
 * table of more runs begins with the table of fewer.
 *
 * @param runs R
 * @param points T; the models are M = R T, run after run
 * @param samples N
 * @param classes C
 * @param seed of all draws
 */
public record RandomWalks(int runs, int points, int samples, int classes, long seed) {
  /** Logit of the true class at the end: a confidence of 0.99 among ten classes, as after training. */
  private static final double DRIFT = 7;
  /** Deviation of every logit at the end. */
  private static final double NOISE = 1.5;
  private static final double START = 0.01;

  /** Checks the sizes. */
  public RandomWalks {
    if (runs < 1 || points < 1 || samples < 1 || classes < 2) {
      throw new IllegalArgumentException("random walks need at least 1 run, 1 point, 1 sample and 2 classes");
    }
    if ((long) runs * points * samples * classes > Integer.MAX_VALUE / Float.BYTES) {
      throw new IllegalArgumentException("a table of more than 2 GiB is not made in memory; take fewer samples");
    }
  }

  /** M. */
  public int models() {
    return runs * points;
  }

  /** y, (N). */
  public int[] labels() {
    int[] labels = new int[samples];
    for (int n = 0; n < samples; n++) {
      labels[n] = n % classes;
    }
    return labels;
  }

  /** Probabilities (M, N, C), in a direct buffer. */
  public FloatBuffer table() {
    FloatBuffer table = ByteBuffer.allocateDirect(models() * samples * classes * Float.BYTES)
        .order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int run = 0; run < runs; run++) {
      walk(run, table);
    }
    return table;
  }

  private void walk(int run, FloatBuffer table) {
    SplittableRandom random = new SplittableRandom(seed * 1_000_003 + run);
    int size = samples * classes;
    double[] z = new double[size];
    for (int t = 0; t < points; t++) {
      double step = t == 0 ? START : NOISE / Math.sqrt(points);
      for (int k = 0; k < size; k++) {
        boolean truth = k % classes == k / classes % classes;
        z[k] += step * random.nextGaussian() + (truth && t > 0 ? DRIFT / points : 0);
      }
      for (int n = 0; n < samples; n++) {
        softmax(z, n * classes, table, ((long) run * points + t) * size + n * classes);
      }
    }
  }

  private void softmax(double[] z, int from, FloatBuffer table, long to) {
    double largest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      largest = Math.max(largest, z[from + c]);
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp(z[from + c] - largest);
    }
    for (int c = 0; c < classes; c++) {
      table.put((int) to + c, (float) (Math.exp(z[from + c] - largest) / sum));
    }
  }
}
