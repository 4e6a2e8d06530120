// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.javacpp.Pointer;

/**
 * The symmetric matrix (M, M) of the distances of M models, float32, nats per sample, as the packed tiles of its upper
 * triangle: in memory ({@link DistanceMatrix}) or in a .tiles file ({@link TilesFile}). Diagonal exactly 0, no entry
 * negative or NaN; +inf is possible.
 *
 * <p>May be read by several threads at once; close must come after.
 */
public abstract sealed class PackedTiles implements AutoCloseable permits DistanceMatrix, TilesFile {
  private final TileLayout layout;
  private final AtomicLong passes = new AtomicLong();

  PackedTiles(TileLayout layout) {
    this.layout = layout;
  }

  /**
   * The distances in a file: of a .npy file in memory ({@link DistanceMatrix#read}), of a .tiles file where they are
   * ({@link TilesFile#open}).
   *
   * @param threads 0: all processors
   * @param control to cancel; may be null
   * @throws InvalidDataException if it is neither, or altered
   * @throws LightconeIoException if it cannot be read
   * @throws CancelledException if it was cancelled
   */
  public static PackedTiles open(Path file, int threads, Control control) {
    return TilesChannel.recognises(file) ? TilesFile.open(file) : DistanceMatrix.read(file, threads, control);
  }

  /** The same on all processors. */
  public static PackedTiles open(Path file) {
    return open(file, 0, null);
  }

  /** M. */
  public final int models() {
    return layout.models();
  }

  /** d(i,j) in nats per sample. In loops, {@link #row} is quicker. */
  public abstract float get(int i, int j);

  /** Copies the distances of model i to all models into the first M places of {@code out}. */
  public abstract void row(int i, float[] out);

  /** Writes a .npy file (M, M) {@code <f4} that appears whole or not at all. */
  public abstract void write(Path npy);

  @Override
  public abstract void close();

  final TileLayout layout() {
    return layout;
  }

  /** Traversals by {@link #bands} that have come to their end so far. */
  final long passes() {
    return passes.get();
  }

  /**
   * Shows all tiles once, in order, to {@code visitor}, in this thread: one pass. A matrix in memory is one band;
   * one in a file is read ahead by another thread while the visitor works.
   *
   * @param bufferBytes memory that the reading may take in all; a block row of tiles and its successor fit in any case
   */
  final void bands(long bufferBytes, Visitor visitor) {
    traverse(bufferBytes, visitor);
    passes.incrementAndGet();
  }

  abstract void traverse(long bufferBytes, Visitor visitor);

  /** Sees the bands of a pass. */
  interface Visitor {
    /** The band's tiles are valid until this returns; what it throws ends the pass. */
    void visit(Band band);
  }

  /**
   * A run of block rows [begin, end) whose tiles lie one behind the other.
   *
   * @param begin first block row
   * @param end one past the last
   */
  record Band(TileLayout layout, int begin, int end, OffHeap memory, long offset) {
    /** The first tile, (begin, begin). */
    Pointer tiles() {
      return memory.pointer(offset, bytes());
    }

    /** Bytes of the tiles. */
    long bytes() {
      return layout.bytes(begin, end);
    }

    /** The tiles (i, i), (i, i + 1) ... (i, B - 1) of a block row in the band. */
    FloatBuffer row(int i) {
      return memory.floats(offset + layout.bytes(begin, i), (layout.blocks() - i) * TileLayout.TILE);
    }
  }
}
