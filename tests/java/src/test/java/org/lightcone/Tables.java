// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Random;

/** Prediction tables for tests: made from a seed, in direct buffers, and as float64 for the oracles. */
final class Tables {
  private Tables() {}

  static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  static DoubleBuffer doubles(int count) {
    return ByteBuffer.allocateDirect(count * Double.BYTES).order(ByteOrder.nativeOrder()).asDoubleBuffer();
  }

  static FloatBuffer direct(float[] values) {
    return floats(values.length).put(values).flip();
  }

  static DoubleBuffer direct(double[] values) {
    return doubles(values.length).put(values).flip();
  }

  /** (M, N, C) normal logits times {@code scale}, rounded to float32. */
  static float[] logits(Random random, int models, int samples, int classes, double scale) {
    float[] logits = new float[models * samples * classes];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() * scale);
    }
    return logits;
  }

  /** Rows of log-softmax in float64. */
  static double[] logSoftmax(float[] logits, int classes) {
    double[] logs = new double[logits.length];
    for (int row = 0; row < logits.length; row += classes) {
      double largest = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < classes; c++) {
        largest = Math.max(largest, logits[row + c]);
      }
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        sum += Math.exp(logits[row + c] - largest);
      }
      for (int c = 0; c < classes; c++) {
        logs[row + c] = logits[row + c] - largest - Math.log(sum);
      }
    }
    return logs;
  }

  /** Rows of softmax rounded to float32: what a network would have stored. */
  static float[] softmax(float[] logits, int classes) {
    double[] logs = logSoftmax(logits, classes);
    float[] p = new float[logs.length];
    for (int i = 0; i < p.length; i++) {
      p[i] = (float) Math.exp(logs[i]);
    }
    return p;
  }

  static float[] oneHot(int[] labels, int classes) {
    float[] p = new float[labels.length * classes];
    for (int n = 0; n < labels.length; n++) {
      p[n * classes + labels[n]] = 1;
    }
    return p;
  }

  static double[] toDouble(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  static int[] labels(Random random, int samples, int classes) {
    return random.ints(samples, 0, classes).toArray();
  }

  static float[][] matrix(DistanceMatrix d) {
    float[][] rows = new float[d.models()][d.models()];
    for (int i = 0; i < rows.length; i++) {
      d.row(i, rows[i]);
    }
    return rows;
  }
}
