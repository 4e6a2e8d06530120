// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/**
 * Where the packed tiles of M models lie ({@code native/lightcone.h}, packed tiles): B = ceil(M / T) blocks of T = 96
 * models; the tiles (i, j), i <= j < B, follow each other row by row, T x T float32 each, row-major.
 *
 * @param models M, 1 to {@link #MOST_MODELS}
 */
record TileLayout(int models) {
  /** T, models along the edge of a tile. */
  static final int EDGE = Lightcone.LIGHTCONE_TILE;
  /** Numbers in a tile. */
  static final int TILE = EDGE * EDGE;
  /** Bytes of a tile: 9 pages of 4096. */
  static final int TILE_BYTES = TILE * Float.BYTES;
  /** A block row of tiles is looked at through one buffer, which Java limits to 2 GiB. */
  static final int MOST_MODELS = Integer.MAX_VALUE / TILE_BYTES * EDGE;

  /** The layout of that many models; {@code what} stands for them in the refusal. */
  static TileLayout of(long models, String what) {
    if (models > MOST_MODELS) {
      throw new InvalidDataException(what + " has " + models + " models; at most " + MOST_MODELS
          + " can be compared at once");
    }
    return new TileLayout((int) models);
  }

  /** B. */
  int blocks() {
    return (models + EDGE - 1) / EDGE;
  }

  /** Models in a block: T, fewer in the last. */
  int modelsIn(int block) {
    return Math.min(EDGE, models - block * EDGE);
  }

  /** Number of the tile (i, i), or of all tiles for i = B. */
  long firstTile(int i) {
    return i * (long) blocks() - i * (i - 1L) / 2;
  }

  /** Byte at which tile (i, j), i <= j, begins. */
  long offset(int i, int j) {
    return (firstTile(i) + j - i) * TILE_BYTES;
  }

  /** Bytes of the tiles of block rows [begin, end). */
  long bytes(int begin, int end) {
    return (firstTile(end) - firstTile(begin)) * TILE_BYTES;
  }

  /** Bytes of all tiles. */
  long bytes() {
    return bytes(0, blocks());
  }

  /** Pairs i < j whose i is in block rows [begin, end). */
  long pairs(int begin, int end) {
    long first = begin * (long) EDGE;
    long rows = Math.min(models, end * (long) EDGE) - first;
    return rows * (models - 1) - rows * (2 * first + rows - 1) / 2;
  }

  /** End of the longest run of block rows from {@code begin} on, at least one, that takes at most so many bytes. */
  int endWithin(int begin, long bytes) {
    int end = begin + 1;
    while (end < blocks() && bytes(begin, end + 1) <= bytes) {
      end++;
    }
    return end;
  }
}
