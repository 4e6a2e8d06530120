// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import org.bytedeco.javacpp.DoublePointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;

/**
 * One table (N, C) of probabilities in the middle of M models (Table S.1), per sample and renormalised. Safe in several
 * threads at once; the result does not depend on the number of threads.
 */
public final class Centroid {
  /** Largest piece that one system call writes. */
  private static final int PIECE = 1 << 26;

  private Centroid() {}

  /** Which mean; w are the weights, of sum 1. */
  public enum Mean {
    /** sum w p. */
    ARITHMETIC("arithmetic", Lightcone.LIGHTCONE_MEAN_ARITHMETIC),
    /** (sum w sqrt p)^2. */
    SQRT_ARITHMETIC("sqrt-arithmetic", Lightcone.LIGHTCONE_MEAN_SQRT_ARITHMETIC),
    /** exp sum w ln p; 0 where any p is 0. */
    GEOMETRIC("geometric", Lightcone.LIGHTCONE_MEAN_GEOMETRIC),
    /** 1 / sum w / p; 0 where any p is 0. */
    HARMONIC("harmonic", Lightcone.LIGHTCONE_MEAN_HARMONIC),
    /** The minimum of sum w d_B(p, q), by its fixed point. */
    BHATTACHARYYA("bhattacharyya", Lightcone.LIGHTCONE_MEAN_BHATTACHARYYA),
    /** The minimum of sum w of the symmetric Kullback-Leibler divergence, exactly; 0 where any p is 0. */
    JEFFREYS("jeffreys", Lightcone.LIGHTCONE_MEAN_JEFFREYS);

    private final String text;
    private final int code;

    Mean(String text, int code) {
      this.text = text;
      this.code = code;
    }

    /**
     * The mean of that name, as {@link #toString} gives it.
     *
     * @throws IllegalArgumentException for any other text
     */
    public static Mean parse(String text) {
      return Names.parse("mean", text, values());
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * The centroid in an array.
   *
   * @param weights (M), not negative, one positive; a model of weight 0 takes no part; null: all equal
   * @param threads 0: all processors
   * @param control may be null
   * @return (N, C) in row order
   * @throws InvalidDataException for weights of another number or kind, or a sample of which geometric, harmonic or
   *     jeffreys leave no class
   * @throws CancelledException if it was cancelled
   */
  public static double[] of(Predictions predictions, Mean mean, double[] weights, int threads, Control control) {
    long size = predictions.samples() * predictions.classes();
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("a centroid of " + size
          + " numbers is larger than a Java array; write it to a file with computeTo");
    }
    try (OffHeap out = compute(predictions, mean, weights, threads, control)) {
      double[] q = new double[(int) size];
      out.doubles(0, q.length).get(q);
      return q;
    }
  }

  /**
   * The same into a .npy file (N, C) {@code <f8} that appears whole or not at all.
   *
   * @return the mean over the samples of the centroid's entropy, in nats
   */
  public static double computeTo(
      Path npy, Predictions predictions, Mean mean, double[] weights, int threads, Control control) {
    long bytes = predictions.samples() * predictions.classes() * Double.BYTES;
    AtomicFile.requireRoom(npy, bytes);
    try (OffHeap out = compute(predictions, mean, weights, threads, control)) {
      ByteBuffer header = NpyHeader.format(Npy.Type.FLOAT64.toString(), predictions.samples(), predictions.classes());
      AtomicFile.write(npy, header.remaining() + bytes, channel -> {
        Npy.drain(channel, header);
        for (long begin = 0; begin < bytes; begin += PIECE) {
          Npy.drain(channel, out.bytes(begin, (int) Math.min(PIECE, bytes - begin)));
        }
      });
      return entropy(out) / predictions.samples();
    }
  }

  /**
   * Weights of a mean over a window of progress (Eq 11): {@code exp(-(s_m - s)^2 / (2 sigma^2))}. With
   * {@link Mean#ARITHMETIC} they give the representative model at progress s.
   *
   * @param progress (M), of each model
   * @param at s
   * @param sigma the window's width, positive; the paper's is 0.05
   * @return (M)
   */
  public static double[] window(double[] progress, double at, double sigma) {
    if (!(sigma > 0)) {
      throw new IllegalArgumentException("a window of width " + sigma + ": it must be positive");
    }
    double[] weights = new double[progress.length];
    for (int m = 0; m < weights.length; m++) {
      double distance = (progress[m] - at) / sigma;
      weights[m] = Math.exp(-0.5 * distance * distance);
    }
    return weights;
  }

  private static double entropy(OffHeap q) {
    double sum = 0;
    for (long begin = 0; begin < q.bytes(); begin += PIECE) {
      DoubleBuffer piece = q.doubles(begin, (int) (Math.min(PIECE, q.bytes() - begin) / Double.BYTES));
      while (piece.hasRemaining()) {
        double p = piece.get();
        sum -= p > 0 ? p * Math.log(p) : 0;
      }
    }
    return sum;
  }

  private static OffHeap compute(
      Predictions predictions, Mean mean, double[] weights, int threads, Control control) {
    if (weights != null && weights.length != predictions.models()) {
      throw new InvalidDataException("there are " + weights.length + " weights for " + predictions.models()
          + " models; give one weight per model, in the same order");
    }
    long size = predictions.samples() * predictions.classes();
    OffHeap out = OffHeap.allocate(size * Double.BYTES, "a centroid of " + predictions.samples() + " samples");
    boolean done = false;
    try (OffHeap shares = weights == null ? null : OffHeap.allocate((long) weights.length * Double.BYTES, "weights")) {
      DoublePointer nativeWeights = null;
      if (shares != null) {
        shares.doubles(0, weights.length).put(weights);
        nativeWeights = shares.doublePointer(0, weights.length);
      }
      var table = predictions.enter();
      try {
        NativeControl entered = Control.enter(control);
        try {
          Native.check(Lightcone.lightcone_centroid(table, mean.code, nativeWeights, threads, entered,
              out.doublePointer(0, size)));
        } finally {
          Control.exit(control);
        }
      } finally {
        predictions.exit();
      }
      done = true;
      return out;
    } finally {
      if (!done) {
        out.close();
      }
    }
  }
}
