// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;

/**
 * Distances of M models with what the choice of samples leaves open: standard errors from the means over B blocks of
 * consecutive samples, and bootstrap replicates over those blocks, in one pass.
 *
 * <p>Standard error: {@code sqrt(sum_b n_b (x_b - d)^2 / (N (B - 1)))}, x_b the mean over the n_b samples of block b;
 * for {@link Metric#HELLINGER_PRODUCT} and {@link Metric#GEODESIC_L2}, which are functions of a mean, times the slope
 * there. +inf where the distance is. Memory: 8 bytes per pair for each of three sums and of the replicates.
 */
public final class DistanceErrors implements AutoCloseable {
  private final DistanceMatrix distances;
  private final DistanceMatrix standardErrors;
  private final OffHeap replicates;
  private final int count;
  private final Handle handle;

  private DistanceErrors(DistanceMatrix distances, DistanceMatrix standardErrors, OffHeap replicates, int count) {
    this.distances = distances;
    this.standardErrors = standardErrors;
    this.replicates = replicates;
    this.count = count;
    this.handle = new Handle(this, "the distances of " + distances.models() + " models with their errors",
        replicates::close);
  }

  private static DistanceErrors empty(TileLayout layout, int count, String purpose) {
    OffHeap replicates = OffHeap.allocate(count * layout.bytes(), purpose);
    DistanceMatrix distances = null;
    boolean done = false;
    try {
      distances = DistanceMatrix.empty(layout);
      DistanceErrors all = new DistanceErrors(distances, DistanceMatrix.empty(layout), replicates, count);
      done = true;
      return all;
    } finally {
      if (!done) {
        replicates.close();
        if (distances != null) {
          distances.close();
        }
      }
    }
  }

  /**
   * Computes them.
   *
   * @param sampleBlocks B, from 2 to the number of samples
   * @param replicates R, 0 or more
   * @param seed of the draws: the same seed draws the same blocks, see lightcone_distances_errors
   * @param control for progress and cancellation; may be null
   */
  public static DistanceErrors compute(Predictions predictions, DistanceOptions options, long sampleBlocks,
      int replicates, long seed, Control control) {
    if (sampleBlocks < 2 || replicates < 0) {
      throw new IllegalArgumentException(sampleBlocks + " blocks of samples and " + replicates
          + " replicates: at least 2 blocks and no negative number of replicates");
    }
    TileLayout layout = TileLayout.of(predictions.models(), "the prediction table");
    return DistanceCall.withOptions(options, nativeOptions -> {
      nativeOptions.layout(Lightcone.LIGHTCONE_LAYOUT_TILES);
      nativeOptions.sample_blocks(sampleBlocks);
      nativeOptions.replicates(replicates);
      nativeOptions.seed(seed);
      long[] working = new long[1];
      Native.check(Lightcone.lightcone_distances_memory(layout.models(), predictions.samples(), predictions.classes(),
          nativeOptions, working));
      String purpose = "the distances of " + layout.models() + " models and their errors";
      Memory.require(working[0] + (2L + replicates) * layout.bytes(), purpose);
      DistanceErrors result = empty(layout, replicates, purpose);
      boolean done = false;
      try {
        Pointer drawn = replicates == 0 ? null : result.replicates.pointer();
        DistanceMatrix.Report made = DistanceCall.reported(report -> {
          var table = predictions.enter();
          try {
            NativeControl entered = Control.enter(control);
            try {
              Native.check(Lightcone.lightcone_distances_errors(table, nativeOptions, entered,
                  result.distances.tiles(), result.standardErrors.tiles(), drawn, report));
            } finally {
              Control.exit(control);
            }
          } finally {
            predictions.exit();
          }
        });
        result.distances.computed(made, DistanceFile.facts(options, predictions.samples(), 0, ""));
        result.standardErrors.computed(made, Map.of("sample_blocks", Long.toString(sampleBlocks)));
        done = true;
        return result;
      } finally {
        if (!done) {
          result.close();
        }
      }
    });
  }

  /** d(i,j), with the report; closed with this. */
  public DistanceMatrix distances() {
    return distances;
  }

  /** The standard error of each distance; closed with this. */
  public DistanceMatrix standardErrors() {
    return standardErrors;
  }

  /** R. */
  public int replicates() {
    return count;
  }

  /** A copy of replicate r, the caller's to close: the distances over blocks drawn with replacement. */
  public DistanceMatrix replicate(int r) {
    TileLayout layout = new TileLayout(distances.models());
    long at = Objects.checkIndex(r, count) * layout.bytes();
    float[] tile = new float[TileLayout.TILE];
    handle.enter();
    try {
      DistanceMatrix copy = DistanceMatrix.empty(layout);
      boolean done = false;
      try {
        for (int i = 0; i < layout.blocks(); i++) {
          for (int j = i; j < layout.blocks(); j++) {
            replicates.floats(at + layout.offset(i, j), TileLayout.TILE).get(tile);
            copy.putTile(i, j, tile);
          }
        }
        done = true;
        return copy;
      } finally {
        if (!done) {
          copy.close();
        }
      }
    } finally {
      handle.exit();
    }
  }

  /** Writes all replicates to a .npy file (R, M, M) {@code <f4} that appears whole or not at all. */
  public void writeReplicates(Path npy) {
    int models = distances.models();
    ByteBuffer header = NpyHeader.format(Npy.Type.FLOAT32.toString(), count, models, models);
    float[] row = new float[models];
    ByteBuffer bytes = ByteBuffer.allocate(models * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    AtomicFile.write(npy, header.remaining() + (long) count * models * models * Float.BYTES, channel -> {
      Npy.drain(channel, header);
      for (int r = 0; r < count; r++) {
        try (DistanceMatrix replicate = replicate(r)) {
          for (int i = 0; i < models; i++) {
            replicate.row(i, row);
            bytes.clear().asFloatBuffer().put(row);
            Npy.drain(channel, bytes);
          }
        }
      }
    });
  }

  /**
   * Frees all; {@link IllegalStateException} while a call uses one of them, which is then freed by closing again.
   * Idempotent.
   */
  @Override
  public void close() {
    handle.close();
    try {
      distances.close();
    } finally {
      standardErrors.close();
    }
  }
}
