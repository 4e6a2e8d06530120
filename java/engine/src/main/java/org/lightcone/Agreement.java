// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.LongBuffer;
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
  /** Counts that come from one call at most: 64 MiB of them. */
  private static final long BAND_COUNTS = 8L << 20;

  private final long points;
  /** Row i of the triangle: the counts of map i with i, i + 1, .., A - 1; of fewer than 2^31 points, and of more. */
  private final int[][] few;
  private final long[][] many;

  private Agreement(int maps, boolean few, long points) {
    this.few = few ? new int[maps][] : null;
    this.many = few ? null : new long[maps][];
    this.points = points;
  }

  /**
   * Counts of all pairs. They take 2 A^2 bytes of Java's heap, of 2^31 points and more 4 A^2.
   *
   * @param mask (P) bytes in a direct buffer, from its position on: only points with a byte other than 0 count;
   *     null: all points
   * @param threads 0: all processors. The result does not depend on it
   * @param control may be null
   * @throws IllegalArgumentException for a mask without points
   * @throws CancelledException if it was cancelled
   */
  public static Agreement of(LabelMaps labels, ByteBuffer mask, int threads, Control control) {
    return of(labels, mask, Place.cpu(threads), BAND_COUNTS, control);
  }

  /**
   * The same at a place. A device counts all pairs in one call: 8 A^2 bytes of host memory beside the result.
   *
   * @throws UnsupportedException if the device that it asks for cannot be had
   */
  public static Agreement of(LabelMaps labels, ByteBuffer mask, Place place, Control control) {
    return of(labels, mask, place, place.device() == Device.CPU ? BAND_COUNTS : Long.MAX_VALUE, control);
  }

  /** The same in bands of at most so many counts, or of one map. */
  static Agreement of(LabelMaps labels, ByteBuffer mask, Place place, long bandCounts, Control control) {
    BytePointer counted = Direct.in(mask, labels.points(), "the mask");
    int maps = Math.toIntExact(labels.maps());
    Agreement result = null;
    NativeLabelMaps view = labels.enter(labels.points());
    long most = Math.max(maps, Math.min(bandCounts, (long) maps * maps));
    try (view; OffHeap memory = OffHeap.allocate(8 * most, "the agreement of " + maps + " maps")) {
      LongPointer out = new LongPointer(memory.pointer());
      for (int begin = 0; begin < maps; ) {
        int columns = maps - begin;
        int end = begin + (int) Math.max(1, Math.min(columns, most / columns));
        NativeControl entered = Control.enter(control);
        try {
          if (end - begin == maps) {
            place.call(at -> Lightcone.lightcone_agreement_at_place(view, counted, at, entered, out));
          } else {
            Native.check(Lightcone.lightcone_agreement(view, begin, end, counted, place.threads(), entered, out));
          }
        } finally {
          Control.exit(control);
        }
        if (result == null) {
          if (out.get(0) == 0) {
            throw new IllegalArgumentException("the mask leaves no point to compare; agreement is undefined");
          }
          result = new Agreement(maps, out.get(0) <= Integer.MAX_VALUE, out.get(0));
        }
        for (int i = begin; i < end; i++) {
          result.keep(i, maps - i, memory, (i - begin) * (long) columns + i - begin);
        }
        if (end == maps && begin > 0 && place.ran() != null) {
          place.ran().accept(new Devices.Choice(Device.CPU, "asked for"));
        }
        begin = end;
      }
    } finally {
      labels.exit();
      Reference.reachabilityFence(mask);
    }
    return result;
  }

  private void keep(int i, int length, OffHeap memory, long at) {
    LongBuffer row = memory.bytes(8 * at, 8 * length).asLongBuffer();
    if (few == null) {
      many[i] = new long[length];
      row.get(many[i]);
      return;
    }
    few[i] = new int[length];
    for (int k = 0; k < length; k++) {
      few[i][k] = (int) row.get(k);
    }
  }

  /** A. */
  public int maps() {
    return few != null ? few.length : many.length;
  }

  /** The points that count. */
  public long points() {
    return points;
  }

  /** Points with equal labels; symmetric, and {@link #points()} for i = j. */
  public long count(int i, int j) {
    if (i < 0 || i >= maps() || j < 0 || j >= maps()) {
      throw new IndexOutOfBoundsException("pair (" + i + ", " + j + ") of " + maps() + " maps");
    }
    int first = Math.min(i, j);
    int behind = Math.max(i, j) - first;
    return few != null ? few[first][behind] : many[first][behind];
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
    if (areas.maps() != maps() || areas.points() != points) {
      throw new IllegalArgumentException("areas of " + areas.maps() + " maps and " + areas.points() + " points for "
          + maps() + " maps and " + points + " points; take them from the same maps and mask");
    }
    double expected = 0;
    for (int c = 0; c < areas.classes(); c++) {
      expected += areas.share(i, c) * areas.share(j, c);
    }
    return (share(i, j) - expected) / (1 - expected);
  }
}
