// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Objects;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;

/**
 * Distances of Q models to M models on the same samples: a matrix (Q, M) of float32 outside the heap. No entry negative
 * or NaN; +inf is possible. Same metrics, precisions and bounds as {@link DistanceMatrix}; what {@code place} embeds.
 *
 * <p>May be read by several threads at once; close must come after.
 */
public final class CrossDistances implements AutoCloseable {
  private static final int PIECE = 1 << 26;

  private final OffHeap memory;
  /** Standard errors in the same layout; null without. */
  private final OffHeap errors;
  private final Handle handle;
  private final int rows;
  private final int columns;
  private DistanceMatrix.Report report;

  private CrossDistances(int rows, int columns, OffHeaps heaps, boolean withErrors) {
    long bytes = (long) rows * columns * Float.BYTES;
    this.rows = rows;
    this.columns = columns;
    this.memory = heaps.allocate(bytes, describe(rows, columns));
    this.errors = withErrors ? heaps.allocate(bytes, "the errors of " + describe(rows, columns)) : null;
    this.handle = new Handle(this, describe(rows, columns), heaps::close);
  }

  private static CrossDistances empty(int rows, int columns, boolean withErrors) {
    OffHeaps heaps = new OffHeaps();
    boolean done = false;
    try {
      CrossDistances matrix = new CrossDistances(rows, columns, heaps, withErrors);
      done = true;
      return matrix;
    } finally {
      if (!done) {
        heaps.close();
      }
    }
  }

  private static String describe(int rows, int columns) {
    return "the distances of " + rows + " models to " + columns;
  }

  /**
   * Computes them.
   *
   * @param rows Q models
   * @param columns M models, with as many samples and classes
   * @param control for progress and cancellation; may be null
   * @throws CancelledException if it was cancelled
   * @throws LightconeException if the machine has no memory for the distances
   */
  public static CrossDistances compute(
      Predictions rows, Predictions columns, DistanceOptions options, Control control) {
    return compute(rows, columns, options, 0, control);
  }

  /**
   * The same with standard errors, as those of {@link DistanceErrors}.
   *
   * @param sampleBlocks B, from 2 to the number of samples; 0 for no errors
   */
  public static CrossDistances compute(
      Predictions rows, Predictions columns, DistanceOptions options, long sampleBlocks, Control control) {
    if (sampleBlocks < 0 || sampleBlocks == 1) {
      throw new IllegalArgumentException(sampleBlocks + " blocks of samples: at least 2, or 0 for no errors");
    }
    // A row is looked at through one buffer.
    if (rows.models() > Integer.MAX_VALUE || columns.models() > Integer.MAX_VALUE / Float.BYTES) {
      throw new InvalidDataException("distances of " + rows.models() + " models to " + columns.models()
          + " are too many: at most 2^31 - 1 to 2^29 - 1");
    }
    boolean withErrors = sampleBlocks > 0;
    CrossDistances matrix = DistanceCall.withOptions(options, nativeOptions -> {
      nativeOptions.sample_blocks(sampleBlocks);
      long[] bytes = new long[1];
      Native.check(Lightcone.lightcone_distances_against_memory(rows.models(), columns.models(), columns.samples(),
          columns.classes(), nativeOptions, bytes));
      int q = (int) rows.models();
      int m = (int) columns.models();
      Memory.require(bytes[0] + (withErrors ? 2L : 1L) * q * m * Float.BYTES, describe(q, m));
      return empty(q, m, withErrors);
    });
    boolean done = false;
    try {
      matrix.report = DistanceCall.withOptions(options, nativeOptions -> DistanceCall.reported(report -> {
        nativeOptions.sample_blocks(sampleBlocks);
        var from = rows.enter();
        try {
          var to = columns.enter();
          try {
            NativeControl entered = Control.enter(control);
            try {
              Native.check(Lightcone.lightcone_distances_against(from, to, nativeOptions, entered,
                  matrix.memory.pointer(), withErrors ? matrix.errors.pointer() : null, report));
            } finally {
              Control.exit(control);
            }
          } finally {
            columns.exit();
          }
        } finally {
          rows.exit();
        }
      }));
      done = true;
      return matrix;
    } finally {
      if (!done) {
        matrix.close();
      }
    }
  }

  /** Q. */
  public int rows() {
    return rows;
  }

  /** M. */
  public int columns() {
    return columns;
  }

  /** Distance of model q of the rows to model m of the columns. */
  public float get(int q, int m) {
    Objects.checkIndex(m, columns);
    handle.enter();
    try {
      return row(memory, q).get(m);
    } finally {
      handle.exit();
    }
  }

  /**
   * Standard error of that distance, over the blocks of samples.
   *
   * @throws IllegalStateException if none were computed
   */
  public float standardError(int q, int m) {
    Objects.checkIndex(m, columns);
    handle.enter();
    try {
      return row(errors(), q).get(m);
    } finally {
      handle.exit();
    }
  }

  private OffHeap errors() {
    if (errors == null) {
      throw new IllegalStateException(describe(rows, columns) + " were computed without standard errors");
    }
    return errors;
  }

  /** Copies the distances of model q to all M models into the first M places of {@code out}. */
  public void row(int q, float[] out) {
    handle.enter();
    try {
      row(memory, q).get(0, out, 0, columns);
    } finally {
      handle.exit();
    }
  }

  private FloatBuffer row(OffHeap from, int q) {
    return from.floats((long) Objects.checkIndex(q, rows) * columns * Float.BYTES, columns);
  }

  /** Writes a .npy file (Q, M) {@code <f4} that appears whole or not at all. */
  public void write(Path npy) {
    write(memory, npy);
  }

  /** Writes the standard errors likewise; {@link IllegalStateException} if none were computed. */
  public void writeStandardErrors(Path npy) {
    write(errors(), npy);
  }

  private void write(OffHeap memory, Path npy) {
    handle.enter();
    try {
      ByteBuffer header = NpyHeader.format(Npy.Type.FLOAT32.toString(), rows, columns);
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

  /** What the computation did; its pairs are Q M. */
  public DistanceMatrix.Report report() {
    return report;
  }

  /** Frees the memory; {@link IllegalStateException} while a call uses it. Idempotent. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return "CrossDistances(" + rows + ", " + columns + ")";
  }
}
