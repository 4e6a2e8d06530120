// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;

/**
 * The matrix that InPCA decomposes, A = S W S with
 *
 * <pre>  W = -1/2 (I - 1 w'/M) D (I - w 1'/M),   S = diag(sqrt w),</pre>
 *
 * for weights w of mean 1 (C.3 with m = w / M, times M); without weights W = -1/2 L D L. It is never formed: a
 * product centres the block of vectors before and after the product with D. What else must be read from D is here
 * too, so that the passes over it are counted in one place.
 */
final class CentredDistances implements SymmetricOperator, AutoCloseable {
  private final PackedTiles d;
  private final int models;
  /** Of mean 1. */
  private final double[] weights;
  private final double[] roots;
  private final long bufferBytes;
  private final int threads;
  private final Control control;
  private final double[] means;
  private final double mean;
  /** sum_ij w_i w_j d(i,j)^2. */
  private final double squares;
  private final double norm2;
  /** The block centred before the product: its memory is kept from product to product. */
  private OffHeap scratch;
  private int passes;
  /** Where the products are made; null for the CPU. */
  private final DeviceTiles device;

  /**
   * Reads the row means of D, with products on the CPU.
   *
   * @param weights (M), not negative, not all 0; null for equal ones
   * @param bufferBytes for reading tiles that are not in memory
   * @throws InvalidDataException for an infinite distance, naming the pair
   */
  CentredDistances(PackedTiles d, double[] weights, long bufferBytes, int threads, Control control) {
    this(d, weights, bufferBytes, threads, control, 0);
  }

  /**
   * The same with the products on a device.
   *
   * @param deviceColumns most vectors of a product there, a multiple of 8; 0: on the CPU
   */
  CentredDistances(PackedTiles d, double[] weights, long bufferBytes, int threads, Control control, int deviceColumns) {
    this.d = d;
    this.models = d.models();
    this.bufferBytes = bufferBytes;
    this.threads = threads;
    this.control = control;
    this.weights = normalised(weights, models);
    this.roots = Arrays.stream(this.weights).map(Math::sqrt).toArray();
    double[] rowSquares = new double[models];
    this.means = new double[models];
    this.device = deviceColumns == 0 ? null : new DeviceTiles(deviceColumns, this.weights, threads, control);
    boolean read = false;
    try {
      sums(rowSquares);
      read = true;
    } finally {
      if (!read) {
        close();
      }
    }
    double sum = 0;
    double norm = 0;
    double sumOfSquares = 0;
    for (int i = 0; i < models; i++) {
      means[i] /= models;
      sum += this.weights[i] * means[i];
    }
    this.mean = sum / models;
    for (int i = 0; i < models; i++) {
      sumOfSquares += this.weights[i] * rowSquares[i];
      norm += this.weights[i] * (rowSquares[i] - 2.0 * models * means[i] * means[i]);
    }
    this.squares = sumOfSquares;
    this.norm2 = Math.max(0, norm + (double) models * models * mean * mean) / 4;
  }

  private static double[] normalised(double[] weights, int models) {
    double[] w = new double[models];
    if (weights == null) {
      Arrays.fill(w, 1);
      return w;
    }
    double sum = Arrays.stream(weights).sum();
    Arrays.setAll(w, i -> weights[i] * models / sum);
    return w;
  }

  private void sums(double[] rowSquares) {
    long bytes = (long) models * Double.BYTES;
    try (OffHeap memory = OffHeap.allocate(3 * bytes, "row sums");
        OffHeap pair = OffHeap.allocate(2 * Long.BYTES, "a pair")) {
      DoubleBuffer all = memory.doubles(0, 3 * models);
      for (int i = 0; i < models; i++) {
        all.put(i, weights[i]).put(models + i, 0).put(2 * models + i, 0);
      }
      var found = pair.bytes(0, 2 * Long.BYTES).asLongBuffer();
      pass(band -> {
        run(entered -> Lightcone.lightcone_packed_sums(new FloatPointer(band.tiles()), models, band.begin(), band.end(),
            memory.doublePointer(0, models), threads, entered, memory.doublePointer(bytes, models),
            memory.doublePointer(2 * bytes, models), new LongPointer(pair.pointer())));
        if (found.get(0) >= 0) {
          throw new InvalidDataException("the distance of models " + found.get(0) + " and " + found.get(1)
              + " is infinite and has no place in an embedding; compute the distances with --infinity cap"
              + " (DistanceOptions.withCap)");
        }
        if (device != null) {
          device.put(band);
        }
      });
      all.get(models, means);
      all.get(2 * models, rowSquares);
    }
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

  private void pass(PackedTiles.Visitor visitor) {
    d.bands(bufferBytes, visitor);
    passes++;
  }

  /** Passes over D so far. */
  int passes() {
    return passes;
  }

  /** Weighted means of D's rows, (M). */
  double[] means() {
    return means;
  }

  /** Weights of mean 1, (M). */
  double[] weights() {
    return weights;
  }

  /** sqrt w, (M). */
  double[] roots() {
    return roots;
  }

  /** sum_ij w_i w_j d(i,j)^2. */
  double squares() {
    return squares;
  }

  /** W(i, i). */
  double diagonal(int i) {
    return means[i] - 0.5 * mean;
  }

  @Override
  public int order() {
    return models;
  }

  @Override
  public double norm() {
    return Math.sqrt(norm2);
  }

  /** y = D x. */
  void multiplyPlain(int columns, DoubleBuffer x, DoubleBuffer y) {
    if (onDevice(DeviceTiles.Product.PLAIN, columns, x, y)) {
      return;
    }
    Pointer.memset(OffHeap.of(y), 0, (long) models * columns * Double.BYTES);
    DoublePointer from = OffHeap.of(x);
    DoublePointer to = OffHeap.of(y);
    pass(band -> product(band, columns, from, to));
  }

  @Override
  public void multiply(int columns, DoubleBuffer x, DoubleBuffer y) {
    if (onDevice(DeviceTiles.Product.CENTRED, columns, x, y)) {
      return;
    }
    OffHeap centred = centreBefore(columns, x);
    long bytes = (long) models * columns * Double.BYTES;
    Pointer.memset(OffHeap.of(y), 0, bytes);
    DoublePointer to = OffHeap.of(y);
    pass(band -> product(band, columns, centred.doublePointer(0, (long) models * columns), to));
    centreAfter(columns, y);
    scaleRows(columns, y);
  }

  /** A pass over the tiles on the device, if they are there. */
  private boolean onDevice(DeviceTiles.Product product, int columns, DoubleBuffer x, DoubleBuffer y) {
    if (device == null) {
      return false;
    }
    device.multiply(product, columns, x, y);
    passes++;
    return true;
  }

  /** y = A x for addresses of blocks (M, columns) on the device. */
  void multiplyOnDevice(int columns, DoublePointer x, DoublePointer y) {
    device.multiplyOnDevice(DeviceTiles.Product.CENTRED, columns, x, y);
    passes++;
  }

  /**
   * The last pass: W S x, and for Eq 12 sum_ij w_i w_j |d(i,j) - interval_k(i,j)| / sum_ij w_i w_j d(i,j), i &lt; j.
   *
   * @param columns b, a multiple of 8
   * @param x (M, b)
   * @param product (M, b), receives W S x (the last S is left out)
   * @param coordinates (M, K); those of models of weight 0 count nothing
   * @return K shares of the distances that the first k dimensions miss
   */
  double[] last(int columns, DoubleBuffer x, DoubleBuffer product, double[][] coordinates, int[] signature) {
    int dims = signature.length;
    boolean made = onDevice(DeviceTiles.Product.HALF, columns, x, product);
    OffHeap centred = made ? null : centreBefore(columns, x);
    DoublePointer to = OffHeap.of(product);
    if (!made) {
      Pointer.memset(to, 0, (long) models * columns * Double.BYTES);
    }
    try (OffHeap at = OffHeap.allocate((long) models * dims * Double.BYTES, "coordinates");
        OffHeap sums = OffHeap.allocate((dims + 1L + models) * Double.BYTES, "sums");
        OffHeap signs = OffHeap.allocate((long) dims * Integer.BYTES, "a signature")) {
      DoubleBuffer missed = sums.doubles(0, dims + 1);
      for (int k = 0; k <= dims; k++) {
        missed.put(k, 0);
      }
      sums.doubles((dims + 1L) * Double.BYTES, models).put(weights);
      signs.bytes(0, dims * Integer.BYTES).asIntBuffer().put(signature);
      for (int i = 0; i < models; i++) {
        at.doubles((long) i * dims * Double.BYTES, dims).put(coordinates[i]);
      }
      pass(band -> {
        if (centred != null) {
          product(band, columns, centred.doublePointer(0, (long) models * columns), to);
        }
        run(entered -> Lightcone.lightcone_packed_pairwise(new FloatPointer(band.tiles()), models, band.begin(),
            band.end(), at.doublePointer(0, (long) models * dims),
            sums.doublePointer((dims + 1L) * Double.BYTES, models), new IntPointer(signs.pointer()), dims, threads,
            entered, sums.doublePointer(0, dims), sums.doublePointer((long) dims * Double.BYTES, 1)));
      });
      if (centred != null) {
        centreAfter(columns, product);
      }
      double total = missed.get(dims);
      double[] shares = new double[dims];
      Arrays.setAll(shares, k -> total == 0 ? 0 : missed.get(k) / total);
      return shares;
    }
  }

  private void product(PackedTiles.Band band, int columns, DoublePointer x, DoublePointer y) {
    run(entered -> Lightcone.lightcone_packed_product(new FloatPointer(band.tiles()), models, band.begin(), band.end(),
        x, y, columns, threads, entered));
  }

  /** (I - w 1'/M) S x, in scratch. */
  private OffHeap centreBefore(int columns, DoubleBuffer x) {
    long bytes = (long) models * columns * Double.BYTES;
    if (scratch == null || scratch.bytes() < bytes) {
      freeScratch();
      scratch = OffHeap.allocate(bytes, "a block of vectors");
    }
    double[] row = new double[columns];
    double[] sums = new double[columns];
    DoubleBuffer to = scratch.doubles(0, models * columns);
    for (int i = 0; i < models; i++) {
      x.get(i * columns, row);
      for (int k = 0; k < columns; k++) {
        row[k] *= roots[i];
        sums[k] += row[k];
      }
      to.put(i * columns, row);
    }
    for (int i = 0; i < models; i++) {
      to.get(i * columns, row);
      for (int k = 0; k < columns; k++) {
        row[k] -= weights[i] / models * sums[k];
      }
      to.put(i * columns, row);
    }
    return scratch;
  }

  /** y = -1/2 (I - 1 w'/M) y. */
  private void centreAfter(int columns, DoubleBuffer y) {
    double[] row = new double[columns];
    double[] sums = new double[columns];
    for (int i = 0; i < models; i++) {
      y.get(i * columns, row);
      for (int k = 0; k < columns; k++) {
        sums[k] += weights[i] * row[k];
      }
    }
    for (int i = 0; i < models; i++) {
      y.get(i * columns, row);
      for (int k = 0; k < columns; k++) {
        row[k] = -0.5 * (row[k] - sums[k] / models);
      }
      y.put(i * columns, row);
    }
  }

  private void scaleRows(int columns, DoubleBuffer y) {
    for (int i = 0; i < models; i++) {
      if (roots[i] != 1) {
        for (int k = i * columns; k < (i + 1) * columns; k++) {
          y.put(k, y.get(k) * roots[i]);
        }
      }
    }
  }

  /** A itself, for LAPACK: (M, M), the same bits at (i, j) and (j, i). */
  void fill(OffHeap dense) {
    int edge = TileLayout.EDGE;
    DoubleBuffer[] rows = new DoubleBuffer[models];
    Arrays.setAll(rows, i -> dense.doubles((long) i * models * Double.BYTES, models));
    pass(band -> Workers.rows(threads, band.end() - band.begin(), blockRow -> {
      int i = band.begin() + blockRow;
      FloatBuffer tiles = band.row(i);
      for (int r = 0; r < band.layout().modelsIn(i); r++) {
        int at = i * edge + r;
        for (int c = i * edge; c < models; c++) {
          float distance = tiles.get((c / edge - i) * TileLayout.TILE + r * edge + c % edge);
          // Sum and product commute: the two triangles agree to the bit.
          double entry = -0.5 * (distance - (means[at] + means[c]) + mean) * (roots[at] * roots[c]);
          rows[at].put(c, entry);
          rows[c].put(at, entry);
        }
      }
    }));
  }

  /** Frees the scratch memory, and the device's. */
  @Override
  public void close() {
    freeScratch();
    if (device != null) {
      device.close();
    }
  }

  private void freeScratch() {
    if (scratch != null) {
      scratch.close();
      scratch = null;
    }
  }
}
