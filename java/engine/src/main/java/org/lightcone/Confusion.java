// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeLabelMaps;

/** The confusion of two label maps: n(a, b) points that the first labels a and the second b. Immutable. */
public final class Confusion {
  private final int classes;
  private final long points;
  private final long[] counts;

  private Confusion(int classes, long[] counts) {
    this.classes = classes;
    this.counts = counts;
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    this.points = sum;
  }

  /** The confusion of maps {@code first} and {@code second}. */
  public static Confusion of(
      LabelMaps labels, long first, long second, ByteBuffer mask, int threads, Control control) {
    return of(labels, new long[][] {{first, second}}, mask, threads, control)[0];
  }

  /**
   * The confusion of many pairs of maps.
   *
   * @param pairs (K, 2) map numbers
   * @param mask (P) as in {@link Agreement#of}, or null
   * @param threads 0: all processors
   * @param control may be null
   * @return (K)
   * @throws InvalidDataException naming map and point of a label that is no class
   */
  public static Confusion[] of(LabelMaps labels, long[][] pairs, ByteBuffer mask, int threads, Control control) {
    int classes = labels.classes();
    if (classes > 46_340) {
      throw new IllegalArgumentException(
          "the confusion of " + classes + " classes does not fit one array; merge classes to at most 46,340");
    }
    int cells = classes * classes;
    BytePointer counted = Direct.in(mask, labels.points(), "the mask");
    long bytes = Math.multiplyExact(8L * cells, (long) pairs.length);
    Confusion[] confusions = new Confusion[pairs.length];
    NativeLabelMaps view = labels.enter(labels.points());
    try (view; OffHeap memory = OffHeap.allocate(bytes, "the confusion of " + pairs.length + " pairs");
        OffHeap numbers = OffHeap.allocate(16L * pairs.length, "pairs")) {
      LongPointer out = new LongPointer(memory.pointer());
      LongPointer in = new LongPointer(numbers.pointer());
      for (int k = 0; k < pairs.length; k++) {
        if (pairs[k].length != 2) {
          throw new IllegalArgumentException("pair " + k + " has " + pairs[k].length + " maps, not 2");
        }
        in.put(2L * k, pairs[k][0]);
        in.put(2L * k + 1, pairs[k][1]);
      }
      NativeControl entered = Control.enter(control);
      try {
        Native.check(Lightcone.lightcone_confusion(view, classes, counted, in, pairs.length, threads, entered, out));
      } finally {
        Control.exit(control);
      }
      for (int k = 0; k < pairs.length; k++) {
        long[] counts = new long[cells];
        out.position((long) k * cells).get(counts);
        confusions[k] = new Confusion(classes, counts);
      }
    } finally {
      labels.exit();
      Reference.reachabilityFence(mask);
    }
    return confusions;
  }

  /** C. */
  public int classes() {
    return classes;
  }

  /** The points that count. */
  public long points() {
    return points;
  }

  /** Points that the first map labels a and the second b. */
  public long count(int a, int b) {
    if (a < 0 || a >= classes || b < 0 || b >= classes) {
      throw new IndexOutOfBoundsException("classes (" + a + ", " + b + ") of " + classes);
    }
    return counts[a * classes + b];
  }

  /** The share of points with equal labels. */
  public double agreement() {
    long equal = 0;
    for (int c = 0; c < classes; c++) {
      equal += count(c, c);
    }
    return (double) equal / points;
  }

  /** Intersection over union of one class's regions; NaN if the class is in neither map. */
  public double iou(int label) {
    long both = count(label, label);
    return (double) both / (row(label) + column(label) - both);
  }

  /** Cohen's kappa as in {@link Agreement#kappa}. */
  public double kappa() {
    double expected = 0;
    for (int c = 0; c < classes; c++) {
      expected += (double) row(c) / points * ((double) column(c) / points);
    }
    return (agreement() - expected) / (1 - expected);
  }

  private long row(int a) {
    long sum = 0;
    for (int b = 0; b < classes; b++) {
      sum += count(a, b);
    }
    return sum;
  }

  private long column(int b) {
    long sum = 0;
    for (int a = 0; a < classes; a++) {
      sum += count(a, b);
    }
    return sum;
  }
}
