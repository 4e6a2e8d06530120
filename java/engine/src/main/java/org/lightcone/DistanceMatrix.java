// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;

/**
 * All pairwise distances of M models in memory outside the heap: the packed tiles of a matrix (M, M) of float32 in nats
 * per sample, 2 M^2 bytes, of any size that the machine holds. Bit-symmetric, diagonal exactly 0, no entry negative or
 * NaN; +inf is possible.
 *
 * <p>May be read by several threads at once; close must come after.
 */
public final class DistanceMatrix extends PackedTiles {
  private final OffHeap memory;
  private final Handle handle;
  /** One view per block row of tiles instead of index arithmetic: each access is checked by its buffer. */
  private final FloatBuffer[] blockRows;
  /** Null for a matrix from a file; changed only before anyone else sees the matrix. */
  private Report report;
  private Map<String, String> facts = Map.of();

  private DistanceMatrix(OffHeap memory, TileLayout layout, Report report) {
    super(layout);
    this.memory = memory;
    this.report = report;
    this.blockRows = new FloatBuffer[layout.blocks()];
    for (int i = 0; i < blockRows.length; i++) {
      blockRows[i] = memory.floats(layout.offset(i, i), (layout.blocks() - i) * TileLayout.TILE);
    }
    this.handle = new Handle(this, "the distance matrix (" + layout.models() + ", " + layout.models() + ")",
        memory::close);
  }

  /** A matrix whose tiles the caller fills before anyone else sees it. */
  static DistanceMatrix empty(TileLayout layout) {
    OffHeap memory = OffHeap.allocate(layout.bytes(), describe(layout));
    return new DistanceMatrix(memory, layout, null);
  }

  /**
   * What a computation did.
   *
   * @param samples samples used, after the range
   * @param pairs M (M - 1) / 2
   * @param nearPairs pairs redone in float64 because they are near
   * @param flaggedPairs pairs redone because a product underflowed or zeros differ
   * @param infiniteTerms (pair, sample) terms that are infinite, each unordered pair once
   * @param infinitePairs pairs with such a term
   * @param workingBytes memory taken besides input and output
   * @param readSeconds reading rows into panels
   * @param distancesSeconds the fast kernel
   * @param refineSeconds the redone pairs
   * @param writeSeconds writing the file of {@link #computeTo}, else 0
   * @param isa the instruction set that ran
   * @param threads the number of threads that ran
   * @param device where it ran, {@link Device#CPU} or {@link Device#CUDA}
   * @param deviceName the device's name; "" for the CPU
   * @param deviceReason why there
   */
  public record Report(long samples, long pairs, long nearPairs, long flaggedPairs, long infiniteTerms,
      long infinitePairs, long workingBytes, double readSeconds, double distancesSeconds, double refineSeconds,
      double writeSeconds, Isa isa, int threads, Device device, String deviceName, String deviceReason) {
    /** Share of pairs that were redone, 0 to 1. */
    public double refinedShare() {
      return pairs == 0 ? 0 : (double) (nearPairs + flaggedPairs) / pairs;
    }

    /** Times the input was read: once, and once more if a pair was redone. */
    public int reads() {
      return nearPairs + flaggedPairs > 0 ? 2 : 1;
    }

    Report withDeviceReason(String reason) {
      return new Report(samples, pairs, nearPairs, flaggedPairs, infiniteTerms, infinitePairs, workingBytes,
          readSeconds, distancesSeconds, refineSeconds, writeSeconds, isa, threads, device, deviceName, reason);
    }

    private Report withWriteSeconds(double seconds) {
      return new Report(samples, pairs, nearPairs, flaggedPairs, infiniteTerms, infinitePairs, workingBytes,
          readSeconds, distancesSeconds, refineSeconds, seconds, isa, threads, device, deviceName, deviceReason);
    }
  }

  /**
   * Computes d(i,j) of all pairs: {@code |d' - d| <= 2e-6 d} down to d = 1e-12 in precision exact with refinement (for
   * the geodesics, whose d is linear in the difference of the rows, 5e-16 more). Does not depend on the number of
   * threads.
   *
   * @param control for progress and cancellation; may be null
   * @throws CancelledException if it was cancelled
   * @throws LightconeException if the machine has no memory for the distances
   */
  public static DistanceMatrix compute(Predictions predictions, DistanceOptions options, Control control) {
    Devices.Settled settled = Devices.Settled.of(options, predictions);
    DistanceMatrix matrix = compute(predictions, settled.options(), DistanceCall.panelBytes(settled.options()), control);
    matrix.report = settled.explained(matrix.report);
    return matrix;
  }

  private static DistanceMatrix compute(
      Predictions predictions, DistanceOptions options, long panelBytes, Control control) {
    TileLayout layout = TileLayout.of(predictions.models(), "the prediction table");
    DistanceCall call = new DistanceCall(options, layout, 0, layout.blocks(), panelBytes);
    Memory.require(layout.bytes() + call.memory(predictions.samples(), predictions.classes()), describe(layout));
    DistanceMatrix matrix = empty(layout);
    boolean done = false;
    try {
      matrix.report = call.run(predictions, control, matrix.memory.pointer());
      matrix.facts = DistanceFile.facts(options, predictions.samples(), call.panelBytes(), matrix.report.deviceName());
      done = true;
      return matrix;
    } finally {
      if (!done) {
        matrix.close();
      }
    }
  }

  /**
   * The same, and writes it to a .npy file (M, M) {@code <f4} that appears whole or not at all. That the folder
   * exists and the disk has room is checked before anything is computed.
   */
  public static DistanceMatrix computeTo(
      Path npy, Predictions predictions, DistanceOptions options, Control control) {
    Devices.Settled settled = Devices.Settled.of(options, predictions);
    DistanceMatrix matrix =
        computeTo(npy, predictions, settled.options(), DistanceCall.panelBytes(settled.options()), control);
    matrix.report = settled.explained(matrix.report);
    return matrix;
  }

  /** The same with panels of that size. */
  static DistanceMatrix computeTo(
      Path npy, Predictions predictions, DistanceOptions options, long panelBytes, Control control) {
    AtomicFile.requireRoom(npy, predictions.models() * predictions.models() * Float.BYTES);
    DistanceMatrix matrix = compute(predictions, options, panelBytes, control);
    boolean done = false;
    try {
      long start = System.nanoTime();
      matrix.write(npy, options.threads(), control);
      matrix.report = matrix.report.withWriteSeconds((System.nanoTime() - start) * 1e-9);
      done = true;
      return matrix;
    } finally {
      if (!done) {
        matrix.close();
      }
    }
  }

  /**
   * Reads a .tiles file, or a .npy file (M, M) of {@code <f4} or of {@code <f8} rounded to float32. An asymmetry up to
   * 1e-6 of the largest finite entry is averaged away.
   *
   * @param threads 0: all processors
   * @param control to cancel; may be null
   * @throws InvalidDataException if it is not square, asymmetric beyond that, or has a NaN, a negative
   *     entry or a diagonal that is not 0, the message names the entry; or if a band of tiles was altered
   * @throws LightconeIoException if it cannot be read
   * @throws CancelledException if it was cancelled
   */
  public static DistanceMatrix read(Path file, int threads, Control control) {
    Native.require();
    if (!TilesChannel.recognises(file)) {
      return DenseFile.read(file, threads, control);
    }
    try (TilesFile tiles = TilesFile.open(file)) {
      return tiles.load(control);
    }
  }

  /** The same on all processors. */
  public static DistanceMatrix read(Path file) {
    return read(file, 0, null);
  }

  private static String describe(TileLayout layout) {
    return "the distances of " + layout.models() + " models";
  }

  @Override
  public float get(int i, int j) {
    int low = Objects.checkIndex(Math.min(i, j), models());
    int high = Objects.checkIndex(Math.max(i, j), models());
    handle.enter();
    try {
      int block = low / TileLayout.EDGE;
      return blockRows[block].get((high / TileLayout.EDGE - block) * TileLayout.TILE
          + low % TileLayout.EDGE * TileLayout.EDGE + high % TileLayout.EDGE);
    } finally {
      handle.exit();
    }
  }

  @Override
  public void row(int i, float[] out) {
    int own = Objects.checkIndex(i, models()) / TileLayout.EDGE;
    int r = i % TileLayout.EDGE;
    handle.enter();
    try {
      for (int other = 0; other < blockRows.length; other++) {
        int begin = other * TileLayout.EDGE;
        FloatBuffer tiles = blockRows[Math.min(own, other)];
        int tile = Math.abs(other - own) * TileLayout.TILE;
        if (own <= other) {
          tiles.get(tile + r * TileLayout.EDGE, out, begin, layout().modelsIn(other));
        } else {
          for (int c = 0; c < layout().modelsIn(other); c++) {
            out[begin + c] = tiles.get(tile + c * TileLayout.EDGE + r);
          }
        }
      }
    } finally {
      handle.exit();
    }
  }

  /** The packed tiles, for a call that fills them before anyone else sees the matrix. */
  Pointer tiles() {
    return memory.pointer();
  }

  /** Says what filled the tiles. */
  void computed(Report value, Map<String, String> bits) {
    report = value;
    facts = bits;
  }

  /** Copies tile (i, j), i <= j. */
  void tile(int i, int j, float[] out) {
    blockRows[i].get((j - i) * TileLayout.TILE, out, 0, TileLayout.TILE);
  }

  /** Sets tile (i, j), i <= j; entries beyond M become 0, whatever is given. */
  void putTile(int i, int j, float[] entries) {
    FloatBuffer to = blockRows[i];
    int begin = (j - i) * TileLayout.TILE;
    for (int r = 0; r < TileLayout.EDGE; r++) {
      int given = r < layout().modelsIn(i) ? layout().modelsIn(j) : 0;
      to.put(begin + r * TileLayout.EDGE, entries, r * TileLayout.EDGE, given);
      for (int c = given; c < TileLayout.EDGE; c++) {
        to.put(begin + r * TileLayout.EDGE + c, 0);
      }
    }
  }

  /** Copies a band of another's tiles. */
  void put(Band band) {
    for (int i = band.begin(); i < band.end(); i++) {
      blockRows[i].put(0, band.row(i), 0, blockRows[i].capacity());
    }
  }

  /**
   * Writes a .tiles file if it is named so, else a .npy file (M, M) {@code <f4}; it appears whole or not at all. Takes
   * as many threads as computed it.
   */
  @Override
  public void write(Path file) {
    write(file, report == null ? 0 : report.threads(), null);
  }

  private void write(Path file, int threads, Control control) {
    handle.enter();
    try {
      if (DistanceFile.isTiles(file)) {
        TilesWriter.writeWhole(file, new TilesHeader(layout(), EngineInfo.query().version(), facts, Map.of()), memory,
            infinitePairs(), control);
      } else {
        DenseFile.write(file, layout(), () -> (i, j, out) -> {
          Control.check(control);
          tile(i, j, out);
        }, DenseFile.PANEL_BYTES, threads);
      }
    } finally {
      handle.exit();
    }
  }

  private long infinitePairs() {
    long infinite = 0;
    for (FloatBuffer row : blockRows) {
      for (int k = 0; k < row.capacity(); k++) {
        infinite += row.get(k) == Float.POSITIVE_INFINITY ? k < TileLayout.TILE ? 1 : 2 : 0;
      }
    }
    // Diagonal tiles hold their pairs twice.
    return infinite / 2;
  }

  @Override
  void traverse(long bufferBytes, Visitor visitor) {
    handle.enter();
    try {
      visitor.visit(new Band(layout(), 0, layout().blocks(), memory, 0));
    } finally {
      handle.exit();
    }
  }

  /**
   * What the computation did.
   *
   * @throws IllegalStateException for a matrix that was read from a file
   */
  public Report report() {
    if (report == null) {
      throw new IllegalStateException("this distance matrix was read from a file: nothing was computed, there is no"
          + " report");
    }
    return report;
  }

  /** Frees the memory; {@link IllegalStateException} while a call uses it. Idempotent. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return "DistanceMatrix(" + models() + ", " + models() + ")";
  }
}
