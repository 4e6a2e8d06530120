// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/** Where a computation runs. */
public enum Device {
  /** Where the engine projects it to be done first; {@link Devices#choose} and the report say where, and why. */
  AUTO("auto", Lightcone.LIGHTCONE_DEVICE_AUTO),
  /** The processors. */
  CPU("cpu", Lightcone.LIGHTCONE_DEVICE_CPU),
  /** An NVIDIA GPU; {@link UnsupportedException} with the reason where it cannot be used. */
  CUDA("cuda", Lightcone.LIGHTCONE_DEVICE_CUDA);

  private final String text;
  final int code;

  Device(String text, int code) {
    this.text = text;
    this.code = code;
  }

  /**
   * The one called {@code auto}, {@code cpu} or {@code cuda}.
   *
   * @throws IllegalArgumentException for any other text
   */
  public static Device parse(String text) {
    return Names.parse("device", text, values());
  }

  static Device ofCode(int code) {
    for (Device device : values()) {
      if (device.code == code) {
        return device;
      }
    }
    throw new LightconeException("the native library reported the unknown device " + code);
  }

  /** The name that {@link #parse} takes. */
  @Override
  public String toString() {
    return text;
  }
}
