// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeDeviceTiles;

/** The packed tiles of a matrix of distances in a device's memory, and their products there, centred or not. */
final class DeviceTiles implements AutoCloseable {
  private static final int REASON_BYTES = 512;

  /** Which matrix multiplies; the contract stands in native/lightcone.h. */
  enum Product {
    PLAIN(Lightcone.LIGHTCONE_PRODUCT_PLAIN),
    CENTRED(Lightcone.LIGHTCONE_PRODUCT_CENTRED),
    HALF(Lightcone.LIGHTCONE_PRODUCT_HALF);

    private final int code;

    Product(int code) {
      this.code = code;
    }
  }

  private final NativeDeviceTiles tiles = new NativeDeviceTiles();
  private final int models;
  private final int threads;
  private final Control control;

  /**
   * Where eigenpairs by blocks of so many columns are projected to be found first.
   *
   * @throws UnsupportedException if CUDA is asked for and cannot be had, with the reason
   */
  static Devices.Choice choose(int models, int columns, Device device, int threads) {
    Native.require();
    int[] chosen = new int[1];
    byte[] reason = new byte[REASON_BYTES];
    Native.check(Lightcone.lightcone_device_tiles_choose(models, columns, device.code, 0, threads, chosen, reason,
        reason.length));
    return new Devices.Choice(Device.ofCode(chosen[0]), Native.text(reason));
  }

  /**
   * Takes the memory for the tiles and for blocks of up to {@code columns} vectors.
   *
   * @param weights (M), of mean 1
   */
  DeviceTiles(int columns, double[] weights, int threads, Control control) {
    this.models = weights.length;
    this.threads = threads;
    this.control = control;
    try (OffHeap memory = OffHeap.allocate((long) models * Double.BYTES, "weights")) {
      memory.doubles(0, models).put(weights);
      Native.check(Lightcone.lightcone_device_tiles_create(models, columns, memory.doublePointer(0, models), 0, tiles));
    }
  }

  /** The next band of block rows. */
  void put(PackedTiles.Band band) {
    run(entered -> Lightcone.lightcone_device_tiles_put(tiles, new FloatPointer(band.tiles()), band.begin(), band.end(),
        threads, entered));
  }

  /** y = A x; both (M, columns) in host memory. */
  void multiply(Product product, int columns, DoubleBuffer x, DoubleBuffer y) {
    multiply(product, columns, OffHeap.of(x), OffHeap.of(y), 0);
  }

  /** The same for addresses on the device. */
  void multiplyOnDevice(Product product, int columns, DoublePointer x, DoublePointer y) {
    multiply(product, columns, x, y, 1);
  }

  private void multiply(Product product, int columns, DoublePointer x, DoublePointer y, int onDevice) {
    run(entered -> Lightcone.lightcone_device_tiles_multiply(tiles, product.code, x, y, columns, onDevice, threads,
        entered));
  }

  private interface Call {
    int with(NativeControl entered);
  }

  private void run(Call call) {
    NativeControl entered = Control.enter(control);
    try {
      Native.check(call.with(entered));
    } finally {
      Control.exit(control);
    }
  }

  /** Gives the device's memory back. Idempotent. */
  @Override
  public void close() {
    Lightcone.lightcone_device_tiles_destroy(tiles);
    tiles.setNull();
  }
}
