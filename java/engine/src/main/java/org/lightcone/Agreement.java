// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeLabelMaps;

/**
 * How often the label maps of A models agree, for all pairs, as exact counts. With a = count / points:
 * {@link #share} is a, {@link #jaccard} a / (2 - a), {@link #kappa} (a - e) / (1 - e).
 *
 * <p>Immutable.
 */
public final class Agreement {
  /** More maps would not fit one Java array of counts. */
  private static final long MAX_MAPS = 46_340;

  private final int maps;
  private final long points;
  private final long[] counts;

  private Agreement(int maps, long[] counts) {
    this.maps = maps;
    this.counts = counts;
    this.points = counts[0];
  }

  /**
   * Counts of all pairs.
   *
   * @param mask (P) bytes in a direct buffer, from its position on: only points with a byte other than 0 count;
   *     null: all points
   * @param threads 0: all processors. The result does not depend on it
   * @param control may be null
   * @throws IllegalArgumentException for a mask without points, or more than 46,340 maps
   * @throws CancelledException if it was cancelled
   */
  public static Agreement of(LabelMaps labels, ByteBuffer mask, int threads, Control control) {
    return of(labels, mask, Place.cpu(threads), control);
  }

  /**
   * The same at a place.
   *
   * @throws UnsupportedException if the device that it asks for cannot be had
   */
  public static Agreement of(LabelMaps labels, ByteBuffer mask, Place place, Control control) {
    if (labels.maps() > MAX_MAPS) {
      throw new IllegalArgumentException(
          "the counts of the pairs of " + labels.maps() + " maps do not fit one array of Java, which holds those of "
              + MAX_MAPS + ": compare fewer maps at once");
    }
    BytePointer counted = Direct.in(mask, labels.points(), "the mask");
    int maps = (int) labels.maps();
    long[] counts = new long[maps * maps];
    NativeLabelMaps view = labels.enter(labels.points());
    try (view; OffHeap memory = OffHeap.allocate(8L * counts.length, "the agreement of " + maps + " maps")) {
      LongPointer out = new LongPointer(memory.pointer());
      NativeControl entered = Control.enter(control);
      try {
        place.call(at -> Lightcone.lightcone_agreement_at_place(view, counted, at, entered, out));
      } finally {
        Control.exit(control);
      }
      out.get(counts);
    } finally {
      labels.exit();
      Reference.reachabilityFence(mask);
    }
    if (counts[0] == 0) {
      throw new IllegalArgumentException("the mask leaves no point to compare; agreement is undefined");
    }
    return new Agreement(maps, counts);
  }

  /** A. */
  public int maps() {
    return maps;
  }

  /** The points that count. */
  public long points() {
    return points;
  }

  /** Points with equal labels; symmetric, and {@link #points()} for i = j. */
  public long count(int i, int j) {
    if (i < 0 || i >= maps || j < 0 || j >= maps) {
      throw new IndexOutOfBoundsException("pair (" + i + ", " + j + ") of " + maps + " maps");
    }
    return counts[i * maps + j];
  }

  /** Region similarity R: the share of points with equal labels, 0 to 1; 1 for i = j. */
  public double share(int i, int j) {
    return (double) count(i, j) / points;
  }

  /** Jaccard index of the two sets of labelled points, a / (2 - a). */
  public double jaccard(int i, int j) {
    long equal = count(i, j);
    return (double) equal / (2 * points - equal);
  }

  /**
   * Cohen's kappa, (a - e) / (1 - e) with e = sum_c p_i(c) p_j(c) the agreement expected by chance; NaN if e = 1
   * (both maps have one and the same label).
   *
   * @param areas of the same maps and mask
   */
  public double kappa(int i, int j, RegionAreas areas) {
    if (areas.maps() != maps || areas.points() != points) {
      throw new IllegalArgumentException("areas of " + areas.maps() + " maps and " + areas.points() + " points for "
          + maps + " maps and " + points + " points; take them from the same maps and mask");
    }
    double expected = 0;
    for (int c = 0; c < areas.classes(); c++) {
      expected += areas.share(i, c) * areas.share(j, c);
    }
    return (share(i, j) - expected) / (1 - expected);
  }
}
