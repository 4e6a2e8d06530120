// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.file.Path;
import java.util.Arrays;

/**
 * Exact distances by the block of the models in a .npy file of predictions (M, N, C), computed as they are asked for: the
 * file is read anew for each block, and its models are never all in memory. Not for several threads at once.
 */
public final class PredictionBlocks implements DistanceBlocks, AutoCloseable {
  private final Path npy;
  private final Npy.Header header;
  private final Kind kind;
  private final DistanceOptions options;
  private final Control control;
  /** The columns of the last block: placing many models by the same landmarks validates these once. */
  private int[] lastColumns;
  private Predictions last;

  /**
   * Reads the file's header.
   *
   * @param options metric, precision, samples, threads
   * @param control to cancel; may be null
   */
  public PredictionBlocks(Path npy, Kind kind, DistanceOptions options, Control control) {
    this.npy = npy;
    this.header = Npy.readHeader(npy, "(models, samples, classes)", 3, Npy.Type.FLOAT32, Npy.Type.FLOAT64);
    this.kind = kind;
    this.options = options;
    this.control = control;
  }

  @Override
  public int models() {
    return Math.toIntExact(header.shape().get(0));
  }

  @Override
  public double[][] block(int[] rows, int[] columns) {
    if (!Arrays.equals(columns, lastColumns)) {
      close();
      last = select(columns);
      lastColumns = columns.clone();
    }
    double[][] out = new double[rows.length][columns.length];
    try (Predictions from = select(rows);
        CrossDistances d = CrossDistances.compute(from, last, options, control)) {
      for (int i = 0; i < rows.length; i++) {
        for (int j = 0; j < columns.length; j++) {
          // A model against itself is 0 by definition, whatever the fast kernel rounds.
          out[i][j] = rows[i] == columns[j] ? 0 : d.get(i, j);
        }
      }
    }
    return out;
  }

  /** The table of some models; neighbours in the file are one piece of it. */
  private Predictions select(int[] models) {
    long samples = header.shape().get(1);
    long classes = header.shape().get(2);
    DType dtype = header.type() == Npy.Type.FLOAT32 ? DType.FLOAT32 : DType.FLOAT64;
    long stride = samples * classes * dtype.bytes();
    Predictions.Builder table = Predictions.builder(models.length, samples, classes);
    int begin = 0;
    while (begin < models.length) {
      int end = begin + 1;
      while (end < models.length && models[end] == models[end - 1] + 1) {
        end++;
      }
      table.addFile(npy, header.offset() + models[begin] * stride, kind, dtype, begin, end - begin, 0, samples, stride);
      begin = end;
    }
    return table.build(options.threads(), control);
  }

  /** Closes what is kept between blocks. */
  @Override
  public void close() {
    if (last != null) {
      last.close();
      last = null;
      lastColumns = null;
    }
  }
}
