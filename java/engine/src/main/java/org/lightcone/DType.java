// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/** Element type of a block of numbers, little-endian. */
public enum DType {
  /** IEEE single precision, 4 bytes. */
  FLOAT32(Lightcone.LIGHTCONE_FLOAT32, 4),
  /** IEEE double precision, 8 bytes. */
  FLOAT64(Lightcone.LIGHTCONE_FLOAT64, 8);

  final int code;
  private final int bytes;

  DType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** Size of one element. */
  public int bytes() {
    return bytes;
  }
}
