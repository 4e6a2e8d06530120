// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.lightcone.DType;
import org.lightcone.Kind;
import org.lightcone.Predictions;

/**
 * Random tables of probabilities, float32 (M, N, C), of which the last one is kept: rows that follow each other share
 * it.
 *
 * <p>p[m][n][c] is proportional to a[n][c] b[m][n][c] with log a normal of deviation 2 and log b normal of deviation
 * {@code spread}: a spread of 1 gives Bhattacharyya distances of about 0.15, one of 0.02 only near pairs.
 */
final class Inputs implements AutoCloseable {
  /** What the table is made of: one draw of b is one of these, by 12 random bits. */
  private static final int DRAWS = 1 << 12;

  private ByteBuffer memory;
  private FloatBuffer table;
  private Predictions predictions;
  private int models;
  private int samples;
  private int classes;
  private double spread;

  /** Makes the table current; afterwards {@link #table} and {@link #predictions} are of it. */
  void use(long wantedModels, long wantedSamples, long wantedClasses, double wantedSpread) {
    if (table != null && models == wantedModels && samples == wantedSamples && classes == wantedClasses
        && spread == wantedSpread) {
      return;
    }
    close();
    models = Math.toIntExact(wantedModels);
    samples = Math.toIntExact(wantedSamples);
    classes = Math.toIntExact(wantedClasses);
    spread = wantedSpread;
    // Direct memory is given back by the collector alone, and the next table may need it.
    System.gc();
    memory = ByteBuffer.allocateDirect(Math.toIntExact(bytes(models, samples, classes)))
        .order(ByteOrder.nativeOrder());
    table = memory.asFloatBuffer();
    fill();
    predictions = open(Kind.PROBS, 0);
  }

  /** The current numbers as a table of its own, validated by so many threads. Logits may be any numbers. */
  Predictions open(Kind kind, int threads) {
    return Predictions.builder(models, samples, classes).addMemory(memory, "random table", kind, DType.FLOAT32, 0,
        models, 0, samples, bytes(1, samples, classes)).build(threads, null);
  }

  static long bytes(long models, long samples, long classes) {
    return Math.multiplyExact(Math.multiplyExact(models, samples), classes * Float.BYTES);
  }

  private void fill() {
    SplittableRandom random = new SplittableRandom(1);
    int row = samples * classes;
    float[] common = new float[row];
    for (int k = 0; k < row; k++) {
      common[k] = (float) Math.exp(2 * random.nextGaussian());
    }
    float[] factors = new float[DRAWS];
    for (int k = 0; k < DRAWS; k++) {
      factors[k] = (float) Math.exp(spread * random.nextGaussian());
    }
    IntStream.range(0, models).parallel().forEach(m -> model(m, common, factors));
  }

  private void model(int m, float[] common, float[] factors) {
    SplittableRandom random = new SplittableRandom(m);
    float[] p = new float[classes];
    for (int n = 0; n < samples; n++) {
      float sum = 0;
      long bits = 0;
      for (int c = 0; c < classes; c++) {
        // Five draws to a random number of 64 bits.
        bits = c % 5 == 0 ? random.nextLong() : bits >>> 12;
        p[c] = common[n * classes + c] * factors[(int) bits & (DRAWS - 1)];
        sum += p[c];
      }
      for (int c = 0; c < classes; c++) {
        p[c] /= sum;
      }
      table.put((m * samples + n) * classes, p);
    }
  }

  /** The current numbers, (M, N, C). */
  FloatBuffer table() {
    return table;
  }

  /** The current table, validated. */
  Predictions predictions() {
    return predictions;
  }

  /** Writes the current table as a .npy for the peers. */
  void write(Path npy) throws IOException {
    String header = String.format("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d), }", models, samples,
        classes);
    // The data begin at a multiple of 64 after 10 bytes of magic, version and length.
    byte[] text = (header + " ".repeat(63 - (10 + header.length()) % 64) + "\n").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer head = ByteBuffer.allocate(10 + text.length).order(ByteOrder.LITTLE_ENDIAN);
    head.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) text.length).put(text).flip();
    try (FileChannel channel = FileChannel.open(npy, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
        StandardOpenOption.TRUNCATE_EXISTING)) {
      while (head.hasRemaining()) {
        channel.write(head);
      }
      ByteBuffer piece = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
      FloatBuffer left = table.duplicate();
      while (left.hasRemaining()) {
        piece.clear();
        while (left.hasRemaining() && piece.remaining() >= Float.BYTES) {
          piece.putFloat(left.get());
        }
        piece.flip();
        while (piece.hasRemaining()) {
          channel.write(piece);
        }
      }
    }
  }

  @Override
  public void close() {
    if (predictions != null) {
      predictions.close();
    }
    predictions = null;
    table = null;
    memory = null;
  }
}
