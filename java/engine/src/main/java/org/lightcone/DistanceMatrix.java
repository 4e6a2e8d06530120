// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeDistancesOptions;
import org.lightcone.ffi.NativeDistancesReport;

/**
 * All pairwise distances of M models: a matrix (M, M) of float32 in nats per sample, outside the heap, of any size that
 * the machine holds. Bit-symmetric, diagonal exactly 0, no entry negative or NaN; +inf is possible.
 *
 * <p>May be read by several threads at once; close must come after.
 */
public final class DistanceMatrix implements AutoCloseable {
  /** Largest piece that one system call writes or reads. */
  private static final int PIECE = 1 << 26;

  private final OffHeap memory;
  private final Handle handle;
  private final int models;
  /** Row views: M small objects instead of index arithmetic, and each access is checked by its buffer. */
  private final FloatBuffer[] rows;
  /** Null for a matrix from a file; changed only before anyone else sees the matrix. */
  private Report report;

  private DistanceMatrix(OffHeap memory, int models, Report report) {
    this.memory = memory;
    this.models = models;
    this.report = report;
    this.rows = rows(memory, models);
    this.handle = new Handle(this, "the distance matrix (" + models + ", " + models + ")", memory::close);
  }

  private static FloatBuffer[] rows(OffHeap memory, int models) {
    FloatBuffer[] rows = new FloatBuffer[models];
    for (int i = 0; i < models; i++) {
      rows[i] = memory.floats((long) i * models * Float.BYTES, models);
    }
    return rows;
  }

  /**
   * What a computation did.
   *
   * @param samples samples used, after the range
   * @param pairs M (M - 1) / 2
   * @param nearPairs pairs redone in float64 because they are near
   * @param flaggedPairs pairs redone because a float32 product underflowed
   * @param infiniteTerms (pair, sample) terms without a common class, each unordered pair once
   * @param infinitePairs pairs with such a term
   * @param workingBytes memory taken besides input and output
   * @param readSeconds reading rows into panels
   * @param distancesSeconds the fast kernel
   * @param refineSeconds the redone pairs
   * @param writeSeconds writing the file of {@link #computeTo}, else 0
   * @param isa the instruction set that ran
   * @param threads the number of threads that ran
   */
  public record Report(long samples, long pairs, long nearPairs, long flaggedPairs, long infiniteTerms,
      long infinitePairs, long workingBytes, double readSeconds, double distancesSeconds, double refineSeconds,
      double writeSeconds, Isa isa, int threads) {
    /** Share of pairs that were redone, 0 to 1. */
    public double refinedShare() {
      return pairs == 0 ? 0 : (double) (nearPairs + flaggedPairs) / pairs;
    }

    private Report withWriteSeconds(double seconds) {
      return new Report(samples, pairs, nearPairs, flaggedPairs, infiniteTerms, infinitePairs, workingBytes,
          readSeconds, distancesSeconds, refineSeconds, seconds, isa, threads);
    }
  }

  /**
   * Computes d(i,j) of all pairs (Eq 2): {@code |d' - d| <= 2e-6 d} for 1e-9 <= d <= 50 with refinement. Does
   * not depend on the number of threads.
   *
   * @param control for progress and cancellation; may be null
   * @throws CancelledException if it was cancelled
   * @throws LightconeException if the machine has no memory for M x M numbers
   */
  public static DistanceMatrix compute(Predictions predictions, DistanceOptions options, Control control) {
    int models = modelCount(predictions.models(), "the prediction table");
    // The result and, as large, the float64 sums of one triangle.
    Memory.require(2L * models * models * Float.BYTES, describe(models));
    OffHeap memory = OffHeap.allocate((long) models * models * Float.BYTES, describe(models));
    boolean done = false;
    try {
      DistanceMatrix matrix = new DistanceMatrix(memory, models, run(predictions, options, control, memory));
      done = true;
      return matrix;
    } finally {
      if (!done) {
        memory.close();
      }
    }
  }

  /**
   * The same, and writes it to a .npy file (M, M) {@code <f4} that appears whole or not at all. That the folder
   * exists and the disk has room is checked before anything is computed.
   */
  public static DistanceMatrix computeTo(
      Path npy, Predictions predictions, DistanceOptions options, Control control) {
    long models = modelCount(predictions.models(), "the prediction table");
    AtomicFile.requireRoom(npy, models * models * Float.BYTES);
    DistanceMatrix matrix = compute(predictions, options, control);
    boolean done = false;
    try {
      long start = System.nanoTime();
      matrix.write(npy);
      matrix.report = matrix.report.withWriteSeconds((System.nanoTime() - start) * 1e-9);
      done = true;
      return matrix;
    } finally {
      if (!done) {
        matrix.close();
      }
    }
  }

  private static Report run(
      Predictions predictions, DistanceOptions options, Control control, OffHeap out) {
    try (OffHeap optionMemory = OffHeap.allocate(256, "options");
        OffHeap reportMemory = OffHeap.allocate(256, "a report")) {
      NativeDistancesOptions nativeOptions = new NativeDistancesOptions(optionMemory.pointer());
      NativeDistancesReport nativeReport = new NativeDistancesReport(reportMemory.pointer());
      if (nativeOptions.sizeof() > 256 || nativeReport.sizeof() > 256) {
        throw new AssertionError("the option structs have outgrown their memory");
      }
      Lightcone.lightcone_distances_options_init(nativeOptions);
      Lightcone.lightcone_distances_report_init(nativeReport);
      nativeOptions.metric(options.metric().code);
      nativeOptions.refine(options.refine() == DistanceOptions.Refine.AUTO
          ? Lightcone.LIGHTCONE_REFINE_AUTO : Lightcone.LIGHTCONE_REFINE_OFF);
      nativeOptions.infinity(options.infinity() == DistanceOptions.Infinity.KEEP
          ? Lightcone.LIGHTCONE_INFINITY_KEEP : Lightcone.LIGHTCONE_INFINITY_CAP);
      nativeOptions.infinity_cap(options.cap());
      nativeOptions.threads(options.threads());
      nativeOptions.isa(options.isa().code);
      nativeOptions.out_dtype(DType.FLOAT32.code);
      nativeOptions.sample_begin(options.samples().begin());
      nativeOptions.sample_end(options.samples().end());
      nativeOptions.sample_step(options.samples().step());
      var table = predictions.enter();
      try {
        NativeControl entered = Control.enter(control);
        try {
          Native.check(Lightcone.lightcone_distances(table, nativeOptions, entered, out.pointer(), nativeReport));
        } finally {
          Control.exit(control);
        }
      } finally {
        predictions.exit();
      }
      return new Report(nativeReport.samples(), nativeReport.pairs(), nativeReport.near_pairs(),
          nativeReport.flagged_pairs(), nativeReport.infinite_terms(), nativeReport.infinite_pairs(),
          nativeReport.working_bytes(), nativeReport.read_seconds(), nativeReport.distances_seconds(),
          nativeReport.refine_seconds(), 0, Isa.ofCode(nativeReport.isa()), nativeReport.threads());
    }
  }

  /**
   * Reads a .npy file (M, M) of {@code <f4}, or {@code <f8} rounded to float32. An asymmetry up to 1e-6 of the
   * largest finite entry is averaged away.
   *
   * @throws InvalidDataException if it is not square, asymmetric beyond that, or has a NaN, a negative
   *     entry or a diagonal that is not 0; the message names the entry
   * @throws LightconeIoException if it cannot be read
   */
  public static DistanceMatrix read(Path npy) {
    Native.require();
    try (FileChannel channel = FileChannel.open(npy, StandardOpenOption.READ)) {
      Npy.Header header = Npy.header(npy, channel);
      Npy.require(npy, header, "(models, models)", 2, Npy.Type.FLOAT32, Npy.Type.FLOAT64);
      if (!header.shape().get(0).equals(header.shape().get(1)) || header.elements() == 0) {
        throw new InvalidDataException(npy + " cannot be used: its shape is " + header.shapeText()
            + ", a distance matrix is square, (models, models)");
      }
      int models = modelCount(header.shape().get(0), npy.toString());
      OffHeap memory = OffHeap.allocate((long) models * models * Float.BYTES, describe(models));
      boolean done = false;
      try {
        fill(npy, channel, header, memory);
        MatrixCheck.checkAndSymmetrise(npy.toString(), rows(memory, models));
        DistanceMatrix matrix = new DistanceMatrix(memory, models, null);
        done = true;
        return matrix;
      } finally {
        if (!done) {
          memory.close();
        }
      }
    } catch (IOException e) {
      throw Npy.unreadable(npy, e);
    }
  }

  private static void fill(Path npy, FileChannel channel, Npy.Header header, OffHeap memory) throws IOException {
    boolean single = header.type() == Npy.Type.FLOAT32;
    long elements = header.elements();
    int perPiece = PIECE / header.type().bytes();
    try (OffHeap staging = OffHeap.allocate(single ? 0 : Math.min(PIECE, elements * Double.BYTES), "reading")) {
      for (long begin = 0; begin < elements; begin += perPiece) {
        int count = (int) Math.min(perPiece, elements - begin);
        ByteBuffer piece = single
            ? memory.bytes(begin * Float.BYTES, count * Float.BYTES)
            : staging.bytes(0, count * Double.BYTES);
        Npy.fill(channel, piece, header.offset() + begin * header.type().bytes());
        if (piece.hasRemaining()) {
          throw new InvalidDataException(npy + " cannot be used: it became shorter while it was read");
        }
        if (!single) {
          var from = staging.doubles(0, count);
          FloatBuffer to = memory.floats(begin * Float.BYTES, count);
          for (int k = 0; k < count; k++) {
            to.put(k, (float) from.get(k));
          }
        }
      }
    }
  }

  private static int modelCount(long models, String what) {
    // Row views are int-sized; M x M float32 of that many models would be 2^64 bytes anyway.
    if (models > Integer.MAX_VALUE / Float.BYTES) {
      throw new InvalidDataException(what + " has " + models + " models; at most " + Integer.MAX_VALUE / Float.BYTES
          + " can be compared at once");
    }
    return (int) models;
  }

  private static String describe(int models) {
    return "the distances of " + models + " models";
  }

  /** M. */
  public int models() {
    return models;
  }

  /** d(i,j) in nats per sample. In loops, {@link #row} is quicker. */
  public float get(int i, int j) {
    handle.enter();
    try {
      return rows[i].get(j);
    } finally {
      handle.exit();
    }
  }

  /** Copies the distances of model i to all models into the first M places of {@code out}. */
  public void row(int i, float[] out) {
    handle.enter();
    try {
      rows[i].get(0, out, 0, models);
    } finally {
      handle.exit();
    }
  }

  /** Writes a .npy file (M, M) {@code <f4} that appears whole or not at all. */
  public void write(Path npy) {
    handle.enter();
    try {
      ByteBuffer header = NpyHeader.format(Npy.Type.FLOAT32.toString(), models, models);
      AtomicFile.write(npy, header.remaining() + memory.bytes(), channel -> {
        Npy.drain(channel, header);
        for (long begin = 0; begin < memory.bytes(); begin += PIECE) {
          Npy.drain(channel, memory.bytes(begin, (int) Math.min(PIECE, memory.bytes() - begin)));
        }
      });
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
      throw new IllegalStateException("this distance matrix was read from a file: nothing was computed, there is no report");
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
    return "DistanceMatrix(" + models + ", " + models + ")";
  }

  /** For loops of this package that keep it open; paired with {@link #exit()}. */
  FloatBuffer[] enter() {
    handle.enter();
    return rows;
  }

  void exit() {
    handle.exit();
  }
}
