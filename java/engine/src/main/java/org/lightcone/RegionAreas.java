// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeLabelMaps;

/** The area that each class takes in each label map, as exact counts of points. Immutable. */
public final class RegionAreas {
  private final int maps;
  private final int classes;
  private final long points;
  private final long[] counts;

  private RegionAreas(int maps, int classes, long[] counts) {
    this.maps = maps;
    this.classes = classes;
    this.counts = counts;
    long sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += counts[c];
    }
    this.points = sum;
  }

  /**
   * Areas of all maps.
   *
   * @param mask (P) as in {@link Agreement#of}, or null
   * @param threads 0: all processors
   * @param control may be null
   * @throws InvalidDataException naming map and point of a label that is no class
   */
  public static RegionAreas of(LabelMaps labels, ByteBuffer mask, int threads, Control control) {
    if (labels.maps() > (Integer.MAX_VALUE - 8) / labels.classes()) {
      throw new IllegalArgumentException("the areas of " + labels.maps() + " maps and " + labels.classes()
          + " classes do not fit one array; take fewer maps at once");
    }
    BytePointer counted = Direct.in(mask, labels.points(), "the mask");
    long[] counts = new long[(int) labels.maps() * labels.classes()];
    NativeLabelMaps view = labels.enter(labels.points());
    try (view; OffHeap memory = OffHeap.allocate(8L * counts.length, "areas")) {
      LongPointer out = new LongPointer(memory.pointer());
      NativeControl entered = Control.enter(control);
      try {
        Native.check(Lightcone.lightcone_label_areas(view, labels.classes(), counted, threads, entered, out));
      } finally {
        Control.exit(control);
      }
      out.get(counts);
    } finally {
      labels.exit();
      Reference.reachabilityFence(mask);
    }
    return new RegionAreas((int) labels.maps(), labels.classes(), counts);
  }

  /** A. */
  public int maps() {
    return maps;
  }

  /** C. */
  public int classes() {
    return classes;
  }

  /** The points that count. */
  public long points() {
    return points;
  }

  /** Points of a class in a map. */
  public long count(int map, int label) {
    if (map < 0 || map >= maps || label < 0 || label >= classes) {
      throw new IndexOutOfBoundsException(
          "class " + label + " of map " + map + " in areas (" + maps + ", " + classes + ")");
    }
    return counts[map * classes + label];
  }

  /** The class's share of a map, 0 to 1. */
  public double share(int map, int label) {
    return (double) count(map, label) / points;
  }

  /**
   * Renyi entropy of the class shares of a map, in nats: log(sum_c p_c^order) / (1 - order); the Shannon entropy for
   * order 1, log of the number of classes present for 0, -log of the largest share for infinity.
   */
  public double renyiEntropy(int map, double order) {
    if (!(order >= 0)) {
      throw new IllegalArgumentException("the order of an entropy is " + order + "; it must be 0 or more");
    }
    double sum = 0;
    double largest = 0;
    for (int c = 0; c < classes; c++) {
      double p = share(map, c);
      if (p > 0) {
        sum += order == 1 ? -p * Math.log(p) : Math.pow(p, order);
        largest = Math.max(largest, p);
      }
    }
    if (Double.isInfinite(order)) {
      return -Math.log(largest);
    }
    return order == 1 ? sum : Math.log(sum) / (1 - order);
  }
}
