// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Reference;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativePlaneGrid;
import org.lightcone.ffi.NativeRows;

/**
 * The planes through triplets of images (x1, x2, x3): with v1 = x2 - x1, v2 = x3 - x1, u = v1 / |v1|,
 * c = &lt;u, v2&gt;, r = v2 - c u and w = r / |r|, a point is x1 + s u + t w, and the vertices lie at (0, 0), (|v1|, 0) and (c, |r|). All
 * in float64, points rounded once to float32. Points are not clamped to valid pixels.
 *
 * <p>The grid of all triplets is never made: {@link #points} writes any stretch of it into the caller's memory. The
 * images are borrowed and must not change until {@link #close()}. Calls may run in several threads at once; close
 * must come after.
 */
public final class TripletPlanes implements AutoCloseable {
  private final Rows images;
  private final int triplets;
  /** Triplets (T, 3) int64, then vertices (T, 3) float64. */
  private final OffHeap memory;
  private final Handle handle;

  /** Rows of numbers in a borrowed direct buffer. */
  private record Rows(Object buffer, Pointer data, DType dtype, long rows, int width) {
    NativeRows toNative() {
      NativeRows view = new NativeRows();
      return view.size(view.sizeof()).data(data).rows(rows).width(width).stride_bytes((long) width * dtype.bytes())
          .dtype(dtype.code);
    }
  }

  private TripletPlanes(Rows images, int triplets) {
    this.images = images;
    this.triplets = triplets;
    OffHeap memory = OffHeap.allocate(48L * triplets, triplets + " triplets");
    this.memory = memory;
    this.handle = new Handle(this, "the planes of " + triplets + " triplets", memory::close);
  }

  /**
   * The planes of triplets of images.
   *
   * @param images (I, D) float32 in a direct buffer of native order, from its position on; borrowed
   * @param dimension D
   * @param triplets (T, 3) image numbers, 0 to I - 1
   * @throws InvalidDataException naming the first triplet with two equal images, three on one line (within what
   *     float32 rounding makes of a line), or an entry that is not finite
   */
  public static TripletPlanes of(FloatBuffer images, int dimension, int[][] triplets) {
    return of(rows(images, dimension), triplets);
  }

  /** The same with images of float64. */
  public static TripletPlanes of(DoubleBuffer images, int dimension, int[][] triplets) {
    return of(rows(images, dimension), triplets);
  }

  private static Rows rows(FloatBuffer buffer, int width) {
    long count = requireRows(buffer.remaining(), width);
    return new Rows(buffer, Direct.in(buffer, count * width, "the images' buffer"), DType.FLOAT32, count, width);
  }

  private static Rows rows(DoubleBuffer buffer, int width) {
    long count = requireRows(buffer.remaining(), width);
    return new Rows(buffer, Direct.in(buffer, count * width, "the images' buffer"), DType.FLOAT64, count, width);
  }

  private static long requireRows(int remaining, int width) {
    if (width < 1 || remaining < width || remaining % width != 0) {
      throw new IllegalArgumentException(remaining + " numbers are not whole rows of " + width);
    }
    return remaining / width;
  }

  private static TripletPlanes of(Rows images, int[][] triplets) {
    Native.require();
    if (triplets.length == 0) {
      throw new IllegalArgumentException("there must be at least one triplet");
    }
    TripletPlanes planes = new TripletPlanes(images, triplets.length);
    boolean done = false;
    try {
      LongPointer numbers = planes.numbers(0);
      for (int q = 0; q < triplets.length; q++) {
        if (triplets[q].length != 3) {
          throw new IllegalArgumentException("triplet " + q + " has " + triplets[q].length + " images, not 3");
        }
        for (int k = 0; k < 3; k++) {
          numbers.put(3L * q + k, triplets[q][k]);
        }
      }
      try (NativeRows rows = images.toNative()) {
        Native.check(Lightcone.lightcone_plane_vertices(rows, numbers, triplets.length, 0, null, planes.corners(0)));
      }
      done = true;
      return planes;
    } finally {
      if (!done) {
        planes.close();
      }
      Reference.reachabilityFence(images.buffer());
    }
  }

  /**
   * The same planes in the coordinates of another layer. With rows = W x + bias of every image, a point of the
   * result is W (point) + bias: the plane through a first linear layer, at that layer's width. These planes stay
   * open and independent.
   *
   * @param rows (I, H) float64, one row per image, in a direct buffer of native order; borrowed
   * @param width H
   */
  public TripletPlanes through(DoubleBuffer rows, int width) {
    return through(rows(rows, width));
  }

  /** The same with rows of float32. */
  public TripletPlanes through(FloatBuffer rows, int width) {
    return through(rows(rows, width));
  }

  private TripletPlanes through(Rows rows) {
    if (rows.rows() != images.rows()) {
      throw new IllegalArgumentException(
          rows.rows() + " rows for " + images.rows() + " images; give one row per image, in the same order");
    }
    handle.enter();
    try {
      TripletPlanes other = new TripletPlanes(rows, triplets);
      Pointer.memcpy(other.memory.pointer(), memory.pointer(), memory.bytes());
      return other;
    } finally {
      handle.exit();
    }
  }

  /** T. */
  public int triplets() {
    return triplets;
  }

  /** Numbers per point: D, or the width of the layer. */
  public int width() {
    return images.width();
  }

  /** |v1|, c and |r| of one triplet: its vertices are (0, 0), (|v1|, 0) and (c, |r|). */
  public double[] vertices(int triplet) {
    requireTriplet(triplet);
    handle.enter();
    try {
      double[] vertices = new double[3];
      corners(triplet).get(vertices);
      return vertices;
    } finally {
      handle.exit();
    }
  }

  /** The coordinates of a grid on one plane: {@code [0]} is s (sPoints), {@code [1]} is t (tPoints). */
  public double[][] coordinates(int triplet, PlaneGrid grid) {
    requireTriplet(triplet);
    double[] s = new double[grid.sPoints()];
    double[] t = new double[grid.tPoints()];
    try (NativePlaneGrid shape = grid.toNative()) {
      Native.check(Lightcone.lightcone_plane_coordinates(vertices(triplet), shape, s, t));
    }
    return new double[][] {s, t};
  }

  /**
   * Points of the grids of all triplets, counted through: point k of triplet q is number {@code q grid.points() + k}.
   *
   * @param begin the first point
   * @param count points; may end in a later triplet than it began
   * @param out (count, width) float32, a direct buffer of native order, from its position on; the position does
   *     not move
   * @param threads 0: all processors. The result does not depend on it
   * @param control may be null
   */
  public void points(PlaneGrid grid, long begin, long count, FloatBuffer out, int threads, Control control) {
    requireRange(grid, begin, count);
    points(grid, begin, count, Direct.out(out, Math.multiplyExact(count, width()), "the buffer for the points"),
        4L * width(), Place.cpu(threads), false, control);
    Reference.reachabilityFence(out);
  }

  /**
   * The same at an address: row k at {@code address + k strideBytes}, aligned to 4 bytes. The caller vouches for
   * the memory.
   */
  public void points(
      PlaneGrid grid, long begin, long count, long address, long strideBytes, int threads, Control control) {
    requireRange(grid, begin, count);
    points(grid, begin, count, address, strideBytes, Place.cpu(threads), false, control);
  }

  /**
   * The same at a place.
   *
   * @param onDevice whether the address is memory of the device, such as the data of a LibTorch CUDA tensor
   * @throws UnsupportedException if the device that the place asks for cannot be had
   */
  public void points(PlaneGrid grid, long begin, long count, long address, long strideBytes, Place place,
      boolean onDevice, Control control) {
    requireRange(grid, begin, count);
    points(grid, begin, count, OffHeap.at(address, Math.multiplyExact(count, strideBytes)), strideBytes, place,
        onDevice, control);
  }

  private void points(PlaneGrid grid, long begin, long count, Pointer out, long strideBytes, Place place,
      boolean onDevice, Control control) {
    handle.enter();
    try (NativePlaneGrid shape = grid.toNative(); NativeRows rows = images.toNative()) {
      NativeControl entered = Control.enter(control);
      try {
        place.call(false, onDevice, at -> Lightcone.lightcone_plane_points_at_place(rows, numbers(0), corners(0),
            triplets, shape, begin, count, at, entered, new FloatPointer(out), strideBytes));
      } finally {
        Control.exit(control);
      }
    } finally {
      handle.exit();
      Reference.reachabilityFence(images.buffer());
    }
  }

  /**
   * Points of one plane at free coordinates, for example along a segment between two vertices.
   *
   * @param coordinates (n, 2) pairs (s, t)
   * @param out (n, width) float32, as in {@link #points}
   */
  public void pointsAt(int triplet, double[] coordinates, FloatBuffer out) {
    requireTriplet(triplet);
    if (coordinates.length == 0 || coordinates.length % 2 != 0) {
      throw new IllegalArgumentException(coordinates.length + " numbers are not pairs (s, t)");
    }
    long count = coordinates.length / 2;
    Pointer target = Direct.out(out, count * width(), "the buffer for the points");
    handle.enter();
    try (NativeRows rows = images.toNative(); OffHeap pairs = OffHeap.allocate(16 * count, "coordinates")) {
      DoublePointer at = pairs.doublePointer(0, 2 * count);
      at.put(coordinates);
      Native.check(Lightcone.lightcone_plane_points_at(rows, numbers(triplet), corners(triplet), at, count,
          new FloatPointer(target), 4L * width()));
    } finally {
      handle.exit();
      Reference.reachabilityFence(images.buffer());
      Reference.reachabilityFence(out);
    }
  }

  private LongPointer numbers(int triplet) {
    return new LongPointer(OffHeap.at(memory.pointer().address() + 24L * triplet, 24L * (triplets - triplet)));
  }

  private DoublePointer corners(int triplet) {
    return memory.doublePointer(24L * triplets + 24L * triplet, 3L * (triplets - triplet));
  }

  private void requireTriplet(int triplet) {
    if (triplet < 0 || triplet >= triplets) {
      throw new IndexOutOfBoundsException("triplet " + triplet + " of " + triplets);
    }
  }

  private void requireRange(PlaneGrid grid, long begin, long count) {
    long total = Math.multiplyExact(grid.points(), (long) triplets);
    if (begin < 0 || count < 0 || begin > total - count) {
      throw new IndexOutOfBoundsException("points " + begin + " + " + count + " of " + total);
    }
  }

  /** Lets go of the images; {@link IllegalStateException} while a call uses it. Idempotent. */
  @Override
  public void close() {
    handle.close();
  }
}
