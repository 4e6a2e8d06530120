// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeLabelMaps;
import org.lightcone.ffi.NativeRows;

/**
 * Label maps (A, P): the class that each of A models gives to each of the same P points, one byte a label up to 256
 * classes and two (native order) above, outside the heap.
 *
 * <p>Different points may be written by several threads at once, and any number may read; close must come after.
 */
public final class LabelMaps implements AutoCloseable {
  private final long maps;
  private final long points;
  private final int classes;
  private final Pointer data;
  /** Keeps a borrowed buffer reachable. */
  private final ByteBuffer borrowed;
  private final Handle handle;

  private LabelMaps(long maps, long points, int classes, Pointer data, ByteBuffer borrowed, Runnable free) {
    this.maps = maps;
    this.points = points;
    this.classes = classes;
    this.data = data;
    this.borrowed = borrowed;
    this.handle = new Handle(this, "the label maps (" + maps + ", " + points + ")", free);
  }

  /** Maps of A models on P points for C classes (1 to 65,536), all labels 0. */
  public static LabelMaps allocate(long maps, long points, int classes) {
    Native.require();
    long bytes = bytes(maps, points, classes);
    OffHeap memory = OffHeap.allocate(bytes, maps + " label maps of " + points + " points");
    Pointer.memset(memory.pointer(), 0, bytes);
    return new LabelMaps(maps, points, classes, memory.pointer(), null, memory::close);
  }

  /** Maps in a direct buffer of (A, P) labels, from its position on; it is borrowed, not copied. */
  public static LabelMaps of(ByteBuffer direct, long maps, long points, int classes) {
    Native.require();
    Pointer data = Direct.in(direct, bytes(maps, points, classes), "the label maps' buffer");
    return new LabelMaps(maps, points, classes, data, direct, () -> { });
  }

  private static long bytes(long maps, long points, int classes) {
    if (maps < 1 || points < 1 || classes < 1 || classes > 65536) {
      throw new IllegalArgumentException("label maps (" + maps + ", " + points + ") of " + classes
          + " classes; there must be at least one map and point, and 1 to 65536 classes");
    }
    return Math.multiplyExact(Math.multiplyExact(maps, points), (long) labelBytes(classes));
  }

  private static int labelBytes(int classes) {
    return classes <= 256 ? 1 : 2;
  }

  /** A. */
  public long maps() {
    return maps;
  }

  /** P. */
  public long points() {
    return points;
  }

  /** C: labels are 0 to C - 1. */
  public int classes() {
    return classes;
  }

  /** Bytes of one label: 1 (uint8) up to 256 classes, 2 (uint16) above. */
  public int labelBytes() {
    return labelBytes(classes);
  }

  /** Labels of a stretch of one map, readable and writable, in native order. It must not be used after close. */
  public ByteBuffer labels(long map, long begin, int count) {
    requireStretch(map, begin, count);
    handle.enter();
    try {
      BytePointer stretch = new BytePointer(OffHeap.at(addressOf(map, begin), (long) count * labelBytes()));
      return stretch.capacity((long) count * labelBytes()).asByteBuffer().order(ByteOrder.nativeOrder());
    } finally {
      handle.exit();
    }
  }

  /** The label of one point. */
  public int label(long map, long point) {
    ByteBuffer label = labels(map, point, 1);
    return labelBytes() == 1 ? label.get(0) & 0xff : label.getShort(0) & 0xffff;
  }

  /**
   * Writes the classes of the largest numbers, ties to the lowest class.
   *
   * @param map which model
   * @param begin the first point
   * @param rows (n, C) logits or probabilities, in a direct buffer of native order from its position to its limit
   * @param threads 0: all processors. The result does not depend on it
   * @param control may be null
   * @throws InvalidDataException naming the first row with a NaN; the labels of these points are scratch then
   */
  public void argmax(long map, long begin, FloatBuffer rows, int threads, Control control) {
    long count = rowsIn(rows.remaining());
    argmax(map, begin, count, Direct.in(rows, count * classes, "the rows' buffer"), DType.FLOAT32, 4L * classes,
        Place.cpu(threads), false, control);
    Reference.reachabilityFence(rows);
  }

  /** The same from rows of float64. */
  public void argmax(long map, long begin, DoubleBuffer rows, int threads, Control control) {
    long count = rowsIn(rows.remaining());
    argmax(map, begin, count, Direct.in(rows, count * classes, "the rows' buffer"), DType.FLOAT64, 8L * classes,
        Place.cpu(threads), false, control);
    Reference.reachabilityFence(rows);
  }

  /**
   * The same from an address: row k at {@code address + k strideBytes}, aligned to its element type. The caller
   * vouches for the memory.
   */
  public void argmax(long map, long begin, long count, long address, DType dtype, long strideBytes, int threads,
      Control control) {
    argmax(map, begin, count, address, dtype, strideBytes, Place.cpu(threads), false, control);
  }

  /**
   * The same at a place.
   *
   * @param onDevice whether the address is memory of the device, such as the data of a LibTorch CUDA tensor; the labels
   *     are written to these maps either way
   * @throws UnsupportedException if the device that the place asks for cannot be had
   */
  public void argmax(long map, long begin, long count, long address, DType dtype, long strideBytes, Place place,
      boolean onDevice, Control control) {
    argmax(map, begin, count, OffHeap.at(address, Math.multiplyExact(count, strideBytes)), dtype, strideBytes, place,
        onDevice, control);
  }

  private long rowsIn(int numbers) {
    if (numbers == 0 || numbers % classes != 0) {
      throw new IllegalArgumentException(numbers + " numbers are not whole rows of " + classes + " classes");
    }
    return numbers / classes;
  }

  private void argmax(long map, long begin, long count, Pointer rows, DType dtype, long strideBytes, Place place,
      boolean onDevice, Control control) {
    requireStretch(map, begin, count);
    handle.enter();
    try (NativeRows view = new NativeRows()) {
      view.size(view.sizeof()).data(rows).rows(count).width(classes).stride_bytes(strideBytes).dtype(dtype.code);
      NativeControl entered = Control.enter(control);
      try {
        place.call(onDevice, false, at -> Lightcone.lightcone_argmax_at_place(view, labelBytes(), at, entered,
            OffHeap.at(addressOf(map, begin), count * labelBytes())));
      } finally {
        Control.exit(control);
      }
    } finally {
      handle.exit();
    }
  }

  /**
   * The band around the boundaries of one picture (height, width) that begins at a point of a map: 1 for points
   * within {@code radius} steps, in 8 directions, of a point of another label, 0 elsewhere.
   *
   * @param out (height, width) bytes, a direct buffer, from its position on; a mask for {@link Agreement}
   */
  public void boundaryBand(long map, long begin, int height, int width, long radius, ByteBuffer out) {
    long count = (long) height * width;
    requireStretch(map, begin, count);
    BytePointer band = Direct.out(out, count, "the buffer for the band");
    handle.enter();
    try {
      Native.check(Lightcone.lightcone_boundary_band(OffHeap.at(addressOf(map, begin), count * labelBytes()),
          labelBytes(), height, width, radius, band));
    } finally {
      handle.exit();
      Reference.reachabilityFence(out);
    }
  }

  private long addressOf(long map, long point) {
    return data.address() + (map * points + point) * labelBytes();
  }

  private void requireStretch(long map, long begin, long count) {
    if (map < 0 || map >= maps || begin < 0 || count < 0 || begin > points - count) {
      throw new IndexOutOfBoundsException(
          "points " + begin + " + " + count + " of map " + map + " in maps (" + maps + ", " + points + ")");
    }
  }

  /** Frees or lets go of the labels; {@link IllegalStateException} while a call uses them. Idempotent. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return "LabelMaps(" + maps + ", " + points + ")";
  }

  /** For a native call of this package, as rows of {@code points} labels each; paired with {@link #exit()}. */
  NativeLabelMaps enter(long rowPoints) {
    handle.enter();
    NativeLabelMaps view = new NativeLabelMaps();
    return view.size(view.sizeof()).data(data).maps(maps * (points / rowPoints)).points(rowPoints)
        .stride_bytes(rowPoints * labelBytes()).label_bytes(labelBytes());
  }

  void exit() {
    handle.exit();
    Reference.reachabilityFence(borrowed);
  }
}
