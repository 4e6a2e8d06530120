// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.NativePlaneGrid;

/**
 * A grid on the plane of a triplet: it covers the bounding box of the three vertices in (s, t), widened at its low and
 * high ends by a share of its length on both axes, evenly and with both ends. Point {@code i tPoints + j} lies at
 * (s_i, t_j).
 *
 * @param sPoints points along s, the slow axis, from image 1 to image 2; at least 1
 * @param tPoints points along t, the fast axis, across; at least 1
 * @param marginLow share of the box added below; finite, at least 0
 * @param marginHigh share of the box added above; finite, at least 0
 */
public record PlaneGrid(int sPoints, int tPoints, double marginLow, double marginHigh) {
  /** 50 x 50 with margins of 0.1: similarity and fragmentation. */
  public static final PlaneGrid METRICS = new PlaneGrid(50, 50, 0.1, 0.1);
  /** 500 x 500 with margins of 0.5: pictures. */
  public static final PlaneGrid PICTURE = new PlaneGrid(500, 500, 0.5, 0.5);

  public PlaneGrid {
    if (sPoints < 1 || tPoints < 1) {
      throw new IllegalArgumentException("a grid of " + sPoints + " x " + tPoints + " points has no points");
    }
    if (!(marginLow >= 0 && marginHigh >= 0 && marginLow <= Double.MAX_VALUE && marginHigh <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "the margins " + marginLow + " and " + marginHigh + " must be finite and not negative");
    }
  }

  /** Points of one plane. */
  public long points() {
    return (long) sPoints * tPoints;
  }

  NativePlaneGrid toNative() {
    NativePlaneGrid grid = new NativePlaneGrid();
    return grid.size(grid.sizeof()).s_points(sPoints).t_points(tPoints).margin_low(marginLow).margin_high(marginHigh);
  }
}
