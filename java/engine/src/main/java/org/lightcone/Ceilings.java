// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/**
 * What the processor can do at most, measured here and now: what kernels are quoted against and plans are made of. Each
 * is the best of many short slices, so that other load on the machine hardly shows. Safe for several threads, but two
 * measurements at once halve each other.
 */
public final class Ceilings {
  private Ceilings() {}

  /**
   * Multiply-adds per second of so many threads together, on registers full of that type; 0.1 to 0.3 s.
   *
   * @param threads 0: all processors
   * @throws UnsupportedException for an instruction set that cannot run here
   */
  public static double fma(Isa isa, DType dtype, int threads) {
    Native.require();
    double[] rate = new double[1];
    Native.check(Lightcone.lightcone_ceiling_fma(isa.code, dtype.code, threads, rate));
    return rate[0];
  }

  /**
   * Bytes per second that so many threads read together from a buffer of {@code bytes}, made for this: well above the
   * caches' size it is the bandwidth of memory.
   *
   * @param threads 0: all processors
   */
  public static double read(long bytes, int threads) {
    Memory.require(bytes, "measuring the read bandwidth");
    Native.require();
    double[] rate = new double[1];
    Native.check(Lightcone.lightcone_ceiling_read(bytes, threads, rate));
    return rate[0];
  }

  /** Seconds of {@code calls} calls into the native library that have nothing to do there, one after the other. */
  public static double emptyCalls(long calls) {
    Native.require();
    long sum = 0;
    long start = System.nanoTime();
    for (long k = 0; k < calls; k++) {
      sum += Lightcone.lightcone_abi_version();
    }
    double seconds = (System.nanoTime() - start) * 1e-9;
    // The sum is used, so that no compiler may leave the calls out.
    if (sum != calls * Lightcone.LIGHTCONE_ABI_VERSION) {
      throw new LightconeException("the native library changed its ABI version while it ran");
    }
    return seconds;
  }
}
