// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativePredictions;

/**
 * A table p[m][n][c] of shape (M, N, C): the probabilities that M models give to C classes on the same N samples,
 * put together from files and memory, validated once and never copied to the heap.
 *
 * <p>M, N >= 1 and C >= 2. Every row must be a distribution: no NaN or +inf, not negative, summing to 1
 * within 1e-3; rows are renormalised whenever they are read. A bad row is an {@link InvalidDataException}
 * naming file, model, sample and value. Files stay open and memory stays borrowed until {@link #close()}.
 *
 * <p>Reading and computing may go on in several threads at once; close must come after.
 */
public final class Predictions implements AutoCloseable {
  private final NativePredictions table;
  private final Handle handle;
  private final long models;
  private final long samples;
  private final long classes;
  /** What it was put together from; keeps borrowed memory reachable for as long as this object is. */
  private final List<Block> blocks;

  private Predictions(NativePredictions table, long models, long samples, long classes, List<Block> blocks) {
    this.table = table;
    this.models = models;
    this.samples = samples;
    this.classes = classes;
    this.blocks = blocks;
    this.handle = new Handle(this, "the prediction table (" + models + ", " + samples + ", " + classes + ")",
        () -> Lightcone.lightcone_predictions_destroy(table));
  }

  /**
   * The table of a .npy file (M, N, C) of {@code <f4} or {@code <f8}, validated on all processors.
   *
   * @throws InvalidDataException for a file that is no such table
   * @throws LightconeIoException if it cannot be read
   */
  public static Predictions open(Path npy, Kind kind) {
    return open(npy, kind, 0, null);
  }

  /** The same with a number of threads (0: all processors) and an optional control. */
  public static Predictions open(Path npy, Kind kind, int threads, Control control) {
    Npy.Header header = Npy.readHeader(npy, "(models, samples, classes)", 3, Npy.Type.FLOAT32, Npy.Type.FLOAT64);
    long models = header.shape().get(0);
    long samples = header.shape().get(1);
    long classes = header.shape().get(2);
    if (models < 1 || samples < 1 || classes < 2) {
      throw new InvalidDataException(npy + " cannot be used: its shape is " + header.shapeText()
          + ", wanted are at least one model, one sample and two classes");
    }
    DType dtype = header.type() == Npy.Type.FLOAT32 ? DType.FLOAT32 : DType.FLOAT64;
    long stride = samples * classes * dtype.bytes();
    return builder(models, samples, classes)
        .addFile(npy, header.offset(), kind, dtype, 0, models, 0, samples, stride)
        .build(threads, control);
  }

  /** The table in a direct buffer of native byte order, from its position on; it is borrowed, not copied. */
  public static Predictions of(FloatBuffer direct, int models, int samples, int classes, Kind kind) {
    Npy.requireDirect(direct, "the prediction table");
    requireNative(direct.order());
    requireRemaining(direct.remaining(), models, samples, classes);
    Native.require();
    return of(OffHeap.of(direct), direct, DType.FLOAT32, models, samples, classes, kind);
  }

  /** The table in a direct buffer of native byte order, from its position on; it is borrowed, not copied. */
  public static Predictions of(DoubleBuffer direct, int models, int samples, int classes, Kind kind) {
    Npy.requireDirect(direct, "the prediction table");
    requireNative(direct.order());
    requireRemaining(direct.remaining(), models, samples, classes);
    Native.require();
    return of(OffHeap.of(direct), direct, DType.FLOAT64, models, samples, classes, kind);
  }

  private static Predictions of(
      Pointer address, Object buffer, DType dtype, int models, int samples, int classes, Kind kind) {
    Builder builder = builder(models, samples, classes);
    builder.blocks.add(new Block(address, buffer, null, "memory", 0, kind, dtype, 0, models, 0, samples,
        (long) samples * classes * dtype.bytes()));
    return builder.build(0, null);
  }

  private static void requireNative(ByteOrder order) {
    if (order != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException("the prediction table's buffer is " + order
          + "; give it order(ByteOrder.nativeOrder()) before asFloatBuffer() or asDoubleBuffer()");
    }
  }

  private static void requireRemaining(long remaining, int models, int samples, int classes) {
    // Three ints multiply to at most 2^93: compare by division.
    boolean holds = models >= 0 && samples >= 0 && classes >= 0
        && (models == 0 || samples == 0 || remaining / models / samples >= classes);
    if (!holds) {
      throw new IllegalArgumentException("a table (" + models + ", " + samples + ", " + classes
          + ") is larger than the buffer's " + remaining + " numbers");
    }
  }

  /** Begins a table (M, N, C) to be put together from blocks. */
  public static Builder builder(long models, long samples, long classes) {
    Native.require();
    return new Builder(models, samples, classes);
  }

  /** M. */
  public long models() {
    return models;
  }

  /** N. */
  public long samples() {
    return samples;
  }

  /** C. */
  public long classes() {
    return classes;
  }

  /**
   * Reads normalised natural log-probabilities, (samples, C) in row order, into a direct buffer from its position
   * on; the position does not move. {@code -inf} is a zero probability.
   */
  public void read(long model, long sampleBegin, long samples, DoubleBuffer logProbabilities) {
    Npy.requireDirect(logProbabilities, "the buffer for log-probabilities");
    requireNative(logProbabilities.order());
    if (logProbabilities.isReadOnly()) {
      throw new IllegalArgumentException("the buffer for log-probabilities is read-only");
    }
    requireRoom(logProbabilities.remaining(), samples);
    handle.enter();
    try {
      Native.check(Lightcone.lightcone_predictions_read(table, model, sampleBegin, samples,
          OffHeap.of(logProbabilities)));
    } finally {
      handle.exit();
    }
  }

  /** The same into the beginning of an array. */
  public void read(long model, long sampleBegin, long samples, double[] logProbabilities) {
    requireRoom(logProbabilities.length, samples);
    handle.enter();
    try {
      Native.check(Lightcone.lightcone_predictions_read(table, model, sampleBegin, samples, logProbabilities));
    } finally {
      handle.exit();
    }
  }

  private void requireRoom(long room, long rows) {
    if (rows < 0 || rows > room / classes) {
      throw new IllegalArgumentException("there is room for " + room + " numbers, " + rows + " samples of "
          + classes + " classes do not fit");
    }
  }

  /** Closes files and lets go of memory; {@link IllegalStateException} while a call uses it. Idempotent. */
  @Override
  public void close() {
    handle.close();
  }

  @Override
  public String toString() {
    return "Predictions(" + models + ", " + samples + ", " + classes + ")";
  }

  /** For a native call of this package; paired with {@link #exit()}. */
  NativePredictions enter() {
    handle.enter();
    return table;
  }

  void exit() {
    handle.exit();
    java.lang.ref.Reference.reachabilityFence(blocks);
  }

  /** What it was put together from, in the order of adding. */
  List<Block> blocks() {
    return blocks;
  }

  record Block(Pointer address, Object buffer, String path, String name, long offset, Kind kind,
      DType dtype, long modelBegin, long models, long sampleBegin, long samples, long modelStrideBytes) {}

  /**
   * A table put together from rectangles of models and samples, each from a file or from memory, that cover it
   * exactly once. Not for several threads.
   *
   * <p>A block is rows of C numbers, the rows of one model adjacent, model k of the block
   * {@code k * modelStrideBytes} after the first.
   */
  public static final class Builder {
    private final long models;
    private final long samples;
    private final long classes;
    private final List<Block> blocks = new ArrayList<>();

    private Builder(long models, long samples, long classes) {
      this.models = models;
      this.samples = samples;
      this.classes = classes;
    }

    /** Adds a block that begins {@code offset} bytes into a file. */
    public Builder addFile(Path file, long offset, Kind kind, DType dtype, long modelBegin, long models,
        long sampleBegin, long samples, long modelStrideBytes) {
      blocks.add(new Block(null, null, file.toString(), file.toString(), offset, kind, dtype, modelBegin, models,
          sampleBegin, samples, modelStrideBytes));
      return this;
    }

    /** Adds a block in a direct buffer, from its position on; {@code name} stands for it in messages. */
    public Builder addMemory(ByteBuffer direct, String name, Kind kind, DType dtype, long modelBegin, long models,
        long sampleBegin, long samples, long modelStrideBytes) {
      Npy.requireDirect(direct, name);
      requireInside(direct.remaining(), name, dtype, models, samples, modelStrideBytes);
      blocks.add(new Block(OffHeap.of(direct), direct, null, name, 0, kind, dtype, modelBegin, models, sampleBegin,
          samples, modelStrideBytes));
      return this;
    }

    /** The native side sees an address without an end: this is the only place that knows the buffer's. */
    private void requireInside(
        long bytes, String name, DType dtype, long models, long samples, long modelStrideBytes) {
      boolean inside;
      try {
        long row = Math.multiplyExact(Math.multiplyExact(samples, classes), (long) dtype.bytes());
        inside = models >= 1 && samples >= 1 && modelStrideBytes >= 0
            && Math.addExact(Math.multiplyExact(models - 1, modelStrideBytes), row) <= bytes;
      } catch (ArithmeticException e) {
        inside = false;
      }
      if (!inside) {
        throw new IllegalArgumentException(name + ": a block of " + models + " models and " + samples
            + " samples with " + modelStrideBytes + " bytes from model to model does not lie in the buffer's "
            + bytes + " bytes");
      }
    }

    /**
     * Puts the table together and validates it.
     *
     * @param threads 0: all processors
     * @param control may be null
     */
    public Predictions build(int threads, Control control) {
      NativePredictions table = new NativePredictions();
      Native.check(Lightcone.lightcone_predictions_create(models, samples, classes, table));
      boolean done = false;
      try {
        for (Block block : blocks) {
          add(table, block);
        }
        NativeControl entered = Control.enter(control);
        try {
          Native.check(Lightcone.lightcone_predictions_validate(table, threads, entered));
        } finally {
          Control.exit(control);
        }
        Predictions built = new Predictions(table, models, samples, classes, List.copyOf(blocks));
        done = true;
        return built;
      } finally {
        if (!done) {
          Lightcone.lightcone_predictions_destroy(table);
        }
        java.lang.ref.Reference.reachabilityFence(blocks);
      }
    }

    private static void add(NativePredictions table, Block block) {
      try (OffHeap name = Native.text(block.name())) {
        BytePointer text = name == null ? null : name.bytePointer();
        Native.check(block.path() == null
            ? Lightcone.lightcone_predictions_add_memory(table, block.address(), text, block.kind().code,
                block.dtype().code, block.modelBegin(), block.models(), block.sampleBegin(), block.samples(),
                block.modelStrideBytes())
            : Lightcone.lightcone_predictions_add_file(table, text, block.offset(), block.kind().code,
                block.dtype().code, block.modelBegin(), block.models(), block.sampleBegin(), block.samples(),
                block.modelStrideBytes()));
      }
    }
  }
}
