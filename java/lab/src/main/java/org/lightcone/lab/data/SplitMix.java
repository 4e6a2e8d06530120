// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

/**
 * Lightcone's own generator for orders and splits: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), written
 * out here so that an order never changes with a library or a JDK. Not thread-safe.
 */
public final class SplitMix {
  private long state;

  /** A generator whose stream depends on {@code seed} alone. */
  public SplitMix(long seed) {
    state = seed;
  }

  /**
   * An independent seed for purpose {@code stream} of {@code seed}: two rounds of SplitMix64's output
   * function.
   */
  public static long derive(long seed, long stream) {
    return mix(mix(seed + 0x9E3779B97F4A7C15L) + (stream + 1) * 0x9E3779B97F4A7C15L);
  }

  /** The next 64 bits. */
  public long nextLong() {
    state += 0x9E3779B97F4A7C15L;
    return mix(state);
  }

  /**
   * A uniform integer in [0, bound), unbiased: draws above the last multiple of {@code bound} are repeated.
   */
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("nextInt needs a bound of at least 1, not " + bound + ".");
    }
    long limit = (1L << 32) / bound * bound;
    long draw;
    do {
      draw = nextLong() >>> 32;
    } while (draw >= limit);
    return (int) (draw % bound);
  }

  /** A uniform permutation of 0..n-1 (Fisher-Yates, from the end). */
  public int[] permutation(int n) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    for (int i = n - 1; i > 0; i--) {
      int j = nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
