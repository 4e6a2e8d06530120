// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * All pairwise distances of M models in a .tiles file: packed tiles of float32 in nats per sample, read as they are
 * needed and never held. Every band is checked against its checksum when it is first read. The format is described at
 * {@code TilesHeader}; {@link DistanceFile} writes such files.
 *
 * <p>May be read by several threads at once, none of them interrupted while it reads: that closes the file; close must
 * come after.
 */
public final class TilesFile extends PackedTiles {
  private final TilesChannel tiles;
  private final Handle handle;
  private final List<TilesEntry> bands;
  private final boolean[] verified;

  TilesFile(TilesChannel tiles, List<TilesEntry> bands) {
    super(tiles.layout());
    this.tiles = tiles;
    this.bands = bands;
    this.verified = new boolean[bands.size()];
    this.handle = new Handle(this, "the distances in " + tiles.file(), () -> {
      try {
        tiles.close();
      } catch (IOException e) {
        throw Npy.unreadable(tiles.file(), e);
      }
    });
  }

  /**
   * Opens a complete file; no tile is read yet.
   *
   * @throws InvalidDataException if it is no such file, incomplete or altered; the message says how to mend it
   * @throws LightconeIoException if it cannot be read
   */
  public static TilesFile open(Path file) {
    try {
      FileChannel channel = Npy.open(file);
      boolean done = false;
      try {
        TilesChannel tiles = TilesChannel.open(file, channel);
        TilesFile opened = new TilesFile(tiles, tiles.complete());
        done = true;
        return opened;
      } finally {
        if (!done) {
          channel.close();
        }
      }
    } catch (IOException e) {
      throw Npy.unreadable(file, e);
    }
  }

  /** What was computed, as text: metric, refine, infinity, samples, isa, panel_bytes. */
  public Map<String, String> options() {
    return tiles.header().options();
  }

  /** Pairs with an infinite distance; counted when they were computed. */
  public long infinitePairs() {
    return bands.stream().mapToLong(TilesEntry::infinitePairs).sum();
  }

  @Override
  public float get(int i, int j) {
    int low = Objects.checkIndex(Math.min(i, j), models());
    int high = Objects.checkIndex(Math.max(i, j), models());
    handle.enter();
    try {
      int block = low / TileLayout.EDGE;
      requireIntact(block);
      ByteBuffer entry = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
      tiles.read(entry, layout().offset(block, high / TileLayout.EDGE)
          + (low % TileLayout.EDGE * TileLayout.EDGE + high % TileLayout.EDGE) * (long) Float.BYTES);
      return entry.getFloat(0);
    } catch (IOException e) {
      throw Npy.unreadable(tiles.file(), e);
    } finally {
      handle.exit();
    }
  }

  @Override
  public void row(int i, float[] out) {
    int own = Objects.checkIndex(i, models()) / TileLayout.EDGE;
    int r = i % TileLayout.EDGE;
    float[] tile = new float[TileLayout.TILE];
    ByteBuffer bytes = tileBuffer();
    handle.enter();
    try {
      for (int other = 0; other < layout().blocks(); other++) {
        tile(Math.min(own, other), Math.max(own, other), bytes, tile);
        for (int c = 0; c < layout().modelsIn(other); c++) {
          out[other * TileLayout.EDGE + c] = tile[own <= other ? r * TileLayout.EDGE + c : c * TileLayout.EDGE + r];
        }
      }
    } finally {
      handle.exit();
    }
  }

  private void tile(int i, int j, ByteBuffer bytes, float[] out) {
    requireIntact(i);
    try {
      tiles.read(bytes.clear(), layout().offset(i, j));
    } catch (IOException e) {
      throw Npy.unreadable(tiles.file(), e);
    }
    bytes.flip().asFloatBuffer().get(out);
  }

  private static ByteBuffer tileBuffer() {
    return ByteBuffer.allocateDirect(TileLayout.TILE_BYTES).order(ByteOrder.nativeOrder());
  }

  /** Checks, once, the band of a block row. */
  private void requireIntact(int block) {
    int index = bandOf(block);
    synchronized (verified) {
      if (!verified[index]) {
        try {
          verify(index, tiles.intact(bands.get(index), null));
        } catch (IOException e) {
          throw Npy.unreadable(tiles.file(), e);
        }
      }
    }
  }

  /** The band that holds a block row. */
  int bandOf(int block) {
    int index = 0;
    while (bands.get(index).end() <= block) {
      index++;
    }
    return index;
  }

  List<TilesEntry> bands() {
    return bands;
  }

  boolean verified(int band) {
    synchronized (verified) {
      return verified[band];
    }
  }

  /** Takes note of a band that was checked; refuses an altered one. */
  void verify(int band, boolean intact) {
    if (!intact) {
      throw tiles.altered(bands.get(band));
    }
    synchronized (verified) {
      verified[band] = true;
    }
  }

  @Override
  public void write(Path npy) {
    write(npy, DenseFile.PANEL_BYTES, 0, null);
  }

  void write(Path npy, long panelBytes, int threads, Control control) {
    handle.enter();
    try {
      DenseFile.write(npy, layout(), () -> {
        ByteBuffer bytes = tileBuffer();
        return (i, j, out) -> {
          Control.check(control);
          tile(i, j, bytes, out);
        };
      }, panelBytes, threads);
    } finally {
      handle.exit();
    }
  }

  /** The whole matrix in memory. */
  DistanceMatrix load(Control control) {
    DistanceMatrix matrix = DistanceMatrix.empty(layout());
    boolean done = false;
    try {
      bands(0, band -> {
        Control.check(control);
        matrix.put(band);
      });
      done = true;
      return matrix;
    } finally {
      if (!done) {
        matrix.close();
      }
    }
  }

  @Override
  void traverse(long bufferBytes, Visitor visitor) {
    handle.enter();
    try {
      ReadAhead.traverse(this, tiles, bufferBytes, visitor);
    } finally {
      handle.exit();
    }
  }

  /** Closes the file; {@link IllegalStateException} while a call uses it. Idempotent. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return "TilesFile(" + tiles.file() + ", " + models() + ", " + models() + ")";
  }
}
