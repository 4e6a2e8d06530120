// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/** Instruction set of the CPU kernels. */
public enum Isa {
  /**
   * The best one this processor has, or the one that the environment variable {@code LIGHTCONE_ISA}
   * names.
   */
  AUTO("auto", Lightcone.LIGHTCONE_ISA_AUTO),
  /** No more than the platform's baseline. */
  PORTABLE("portable", Lightcone.LIGHTCONE_ISA_PORTABLE),
  /** AVX2 with FMA. */
  AVX2("avx2", Lightcone.LIGHTCONE_ISA_AVX2),
  /** AVX-512 (F, DQ, BW, VL). */
  AVX512("avx512", Lightcone.LIGHTCONE_ISA_AVX512);

  private final String text;
  final int code;

  Isa(String text, int code) {
    this.text = text;
    this.code = code;
  }

  /**
   * The instruction set called {@code auto}, {@code portable}, {@code avx2} or {@code avx512}.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Isa parse(String text) {
    return Names.parse("instruction set", text, values());
  }

  static Isa ofCode(int code) {
    for (Isa isa : values()) {
      if (isa.code == code) {
        return isa;
      }
    }
    throw new LightconeException("the native library reported the unknown instruction set " + code);
  }

  /** The name that {@link #parse} takes. */
  @Override
  public String toString() {
    return text;
  }
}
