// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.lang.ref.Reference;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeLabelMaps;

/**
 * Connected regions of equal labels in the pictures (height, width) of label maps: each map of P points is a row of
 * P / (height width) pictures, for example one per triplet. Immutable.
 */
public final class Components {
  private final int maps;
  private final int pictures;
  private final int areasPerPicture;
  private final long[] regions;
  private final long[] areas;

  private Components(int maps, int pictures, int areasPerPicture, long[] regions, long[] areas) {
    this.maps = maps;
    this.pictures = pictures;
    this.areasPerPicture = areasPerPicture;
    this.regions = regions;
    this.areas = areas;
  }

  /**
   * What counts as a region, and what is kept of it.
   *
   * @param connectivity 8 (default), or 4: no contact at corners
   * @param minimumArea points that a region must have to be counted; at least 1
   * @param areasPerPicture areas kept per picture, those of its first regions in the order of their first points; 0:
   *     none
   */
  public record Options(int connectivity, long minimumArea, int areasPerPicture) {
    /** Eight neighbours, every region, no areas. */
    public static final Options DEFAULT = new Options(8, 1, 0);

    public Options {
      if (connectivity != 4 && connectivity != 8 || minimumArea < 1 || areasPerPicture < 0) {
        throw new IllegalArgumentException("connectivity " + connectivity + ", minimum area " + minimumArea + ", "
            + areasPerPicture + " areas; connectivity is 4 or 8, an area at least 1");
      }
    }
  }

  /**
   * Regions of all pictures, in one pass over the labels.
   *
   * @param height rows of a picture
   * @param width columns of a picture; height times width divides P
   * @param ids may be null; otherwise (A, P) int32 in a direct buffer of native order from its position on: the
   *     region of each point, numbered from 0 within its picture in the order of first points, -1 for regions below the
   *     minimum
   * @param threads 0: all processors. The result does not depend on it
   * @param control may be null
   */
  public static Components of(
      LabelMaps labels, int height, int width, Options options, IntBuffer ids, int threads, Control control) {
    return of(labels, height, width, options, ids, Place.cpu(threads), control);
  }

  /**
   * The same at a place.
   *
   * @throws UnsupportedException if the device that it asks for cannot be had
   */
  public static Components of(
      LabelMaps labels, int height, int width, Options options, IntBuffer ids, Place place, Control control) {
    long points = (long) height * width;
    if (height < 1 || width < 1 || labels.points() % points != 0) {
      throw new IllegalArgumentException(
          "maps of " + labels.points() + " points are not whole pictures of " + height + " x " + width);
    }
    long count = labels.maps() * (labels.points() / points);
    long areaCount = Math.multiplyExact(count, (long) options.areasPerPicture());
    if (count > Integer.MAX_VALUE - 8 || areaCount > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          count + " pictures with " + options.areasPerPicture() + " areas each do not fit one array; take fewer");
    }
    IntPointer numbered = Direct.out(ids, labels.maps() * labels.points(), "the buffer for region numbers");
    long[] regions = new long[(int) count];
    long[] areas = new long[(int) areaCount];
    NativeLabelMaps view = labels.enter(points);
    try (view; OffHeap memory = OffHeap.allocate(8 * (count + areaCount), "the regions of " + count + " pictures")) {
      LongPointer counts = new LongPointer(memory.pointer());
      LongPointer kept =
          areaCount == 0 ? null : new LongPointer(OffHeap.at(memory.pointer().address() + 8 * count, 8 * areaCount));
      NativeControl entered = Control.enter(control);
      try {
        place.call(at -> Lightcone.lightcone_components_at_place(view, height, width, options.connectivity(),
            options.minimumArea(), at, entered, counts, numbered, kept, options.areasPerPicture()));
      } finally {
        Control.exit(control);
      }
      counts.get(regions);
      if (kept != null) {
        kept.get(areas);
      }
    } finally {
      labels.exit();
      Reference.reachabilityFence(ids);
    }
    return new Components((int) labels.maps(), (int) (labels.points() / points), options.areasPerPicture(), regions,
        areas);
  }

  /** A. */
  public int maps() {
    return maps;
  }

  /** Pictures per map. */
  public int pictures() {
    return pictures;
  }

  /** Regions of one picture. */
  public long regions(int map, int picture) {
    return regions[index(map, picture)];
  }

  /** The areas kept of one picture, in points: at most {@code areasPerPicture}, in the order of first points. */
  public long[] areas(int map, int picture) {
    int first = index(map, picture) * areasPerPicture;
    int kept = (int) Math.min(areasPerPicture, regions(map, picture));
    return Arrays.copyOfRange(areas, first, first + kept);
  }

  /** Fragmentation F of a model: the mean number of regions over its pictures. */
  public double fragmentation(int map) {
    long sum = 0;
    for (int p = 0; p < pictures; p++) {
      sum += regions(map, p);
    }
    return (double) sum / pictures;
  }

  private int index(int map, int picture) {
    if (map < 0 || map >= maps || picture < 0 || picture >= pictures) {
      throw new IndexOutOfBoundsException(
          "picture " + picture + " of map " + map + " among (" + maps + ", " + pictures + ")");
    }
    return map * pictures + picture;
  }
}
