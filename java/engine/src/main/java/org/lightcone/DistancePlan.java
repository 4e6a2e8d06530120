// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Locale;

/**
 * What computing all distances of a table (M, N, C) within a limit of memory will take, known before anything is
 * taken: bands of block rows of packed tiles outside, samples inside. A band's float64 sums and float32 tiles are in
 * memory at once; the input is read once per band, and once more for the pairs of a band that are redone, which flagged
 * ones are in any case.
 *
 * @param models M
 * @param samples N of the table, before a subset
 * @param classes C
 * @param inMemory whether a .npy file is written from one matrix in memory, without tiles on the disk
 * @param bandRows models in the first band, which has the fewest, as rows above have more columns right of them
 * @param bands number of bands
 * @param panelBytes what the panels of a chunk of samples may take; the last bits depend on it
 * @param memory bytes at most, by use
 * @param limitBytes the limit that it keeps
 * @param diskBytes bytes of the files, intermediate ones included
 * @param reads times the input is read at most, validation apart
 */
public record DistancePlan(long models, long samples, long classes, boolean inMemory, int bandRows, int bands,
    long panelBytes, Bytes memory, long limitBytes, long diskBytes, int reads) {
  private static final long LEAST_PANEL_BYTES = 1L << 20;
  /** Panels get at most this share of what the process may still take: the tiles need the rest. */
  private static final int PANEL_SHARE = 4;
  /** Classes, compiled code, garbage and thread stacks that a JVM adds later; 10 MiB were measured. */
  private static final long GROWTH = 24L << 20;

  /** What is computed into. */
  public enum Output {
    /** A .npy file: from a matrix in memory if it fits, else by way of tiles on the disk. */
    NPY,
    /** A .tiles file. */
    TILES
  }

  /**
   * Memory by use, in bytes.
   *
   * @param process what the process holds already, and what its heap and code will still take
   * @param tiles float32 tiles of a band, or rows of a .npy file while it is written if they are more
   * @param working float64 sums of a band, panels of a chunk of samples or the rows of redone pairs, and what rows are
   *     read through
   */
  public record Bytes(long process, long tiles, long working) {
    /** All together. */
    public long total() {
      return process + tiles + working;
    }
  }

  /**
   * Plans.
   *
   * @param limitBytes for the resident set of this process
   * @throws UnsupportedException if that is too little for one block row; the message says how much would do
   */
  public static DistancePlan of(long models, long samples, long classes, DistanceOptions options, Output output,
      long limitBytes) {
    TileLayout layout = TileLayout.of(models, "the table");
    DistanceOptions settled = Devices.Settled.of(options, models, samples, classes).options();
    return new Planner(layout, samples, classes, settled, limitBytes, processBytes()).plan(output);
  }

  /** What this process holds, and what the JVM will still add. */
  static long processBytes() {
    return Memory.resident() + GROWTH;
  }

  /** What a process may take on this machine: nine tenths of what is free, and what it has. */
  public static long machineBytes() {
    return Memory.resident() + Memory.available() / 10 * 9;
  }

  /** One line for people. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%s of memory (tiles %s, sums and panels %s, process %s), %s on the disk,"
        + " %d band%s, at most %d reads of the input", Memory.size(memory.total()), Memory.size(memory.tiles()),
        Memory.size(memory.working()), Memory.size(memory.process()), Memory.size(diskBytes), bands,
        bands == 1 ? "" : "s", reads);
  }

  /** The arithmetic behind a plan. */
  static final class Planner {
    private final TileLayout layout;
    private final long samples;
    private final long classes;
    private final DistanceOptions options;
    private final long limit;
    private final long process;
    private long panelBytes;
    private boolean begun;

    Planner(TileLayout layout, long samples, long classes, DistanceOptions options, long limit, long process) {
      this.layout = layout;
      this.samples = samples;
      this.classes = classes;
      this.options = options;
      this.limit = limit;
      this.process = process;
      this.panelBytes = choosePanels();
    }

    /** Goes on with the panels that a file was begun with, whatever the limit would suggest. */
    void panelBytes(long bytes) {
      panelBytes = bytes;
    }

    /** Tiles lie on the disk already: their bands are gone on with, whatever the memory would hold. */
    void begun() {
      begun = true;
    }

    TileLayout layout() {
      return layout;
    }

    long panelBytes() {
      return panelBytes;
    }

    private long choosePanels() {
      long free = Math.max(0, limit - process);
      if (options.device() == Device.CUDA
          && new DistanceCall(options, layout, 0, 1, 0).memory(samples, classes) <= free / PANEL_SHARE) {
        return 0;
      }
      for (long bytes = DistanceCall.DEFAULT_PANEL_BYTES; bytes > LEAST_PANEL_BYTES; bytes /= 2) {
        // Of the first block row: besides its sums these are the panels of a chunk or the rows of redone pairs.
        DistanceCall widest = new DistanceCall(options, layout, 0, 1, bytes);
        if (widest.memory(samples, classes) - layout.bytes(0, 1) * 2 <= free / PANEL_SHARE) {
          return bytes;
        }
      }
      return LEAST_PANEL_BYTES;
    }

    private long working(int begin, int end) {
      return new DistanceCall(options, layout, begin, end, panelBytes).memory(samples, classes);
    }

    private long need(int begin, int end) {
      return process + layout.bytes(begin, end) + working(begin, end);
    }

    /** End of the longest band from {@code begin} on, at most {@code most}, that keeps the limit. */
    int endOfBand(int begin, int most) {
      if (need(begin, begin + 1) > limit) {
        long atLeast = need(begin, begin + 1);
        throw new UnsupportedException(String.format(Locale.ROOT,
            "the distances of %d models take at least %s and the limit is %s: allow %s or more (--memory), or use fewer"
                + " models",
            layout.models(), Memory.size(atLeast), Memory.size(limit), Memory.size(atLeast + (atLeast >> 4))));
      }
      int good = begin + 1;
      int bad = most + 1;
      while (bad - good > 1) {
        int middle = (good + bad) >>> 1;
        if (need(begin, middle) <= limit) {
          good = middle;
        } else {
          bad = middle;
        }
      }
      return good;
    }

    /**
     * What rows of a .npy file may take while it is written, one block row of the dense matrix at least: as many bytes
     * as the first block row of tiles, and its sums are gone by then. At most half of what a band had: the band's tiles
     * and sums lie apart when malloc keeps them, and the rows must find room in one piece.
     */
    long writePanel() {
      long blockRow = (long) layout.modelsIn(0) * layout.models() * Float.BYTES;
      return Math.max(blockRow, Math.min(DenseFile.PANEL_BYTES, (limit - process) / 2));
    }

    DistancePlan plan(Output output) {
      int blocks = layout.blocks();
      long npyBytes = layout.models() * (long) layout.models() * Float.BYTES;
      boolean fits = Math.max(need(0, blocks), process + layout.bytes() + writePanel()) <= limit;
      if (output == Output.NPY && fits && !begun) {
        return plan(true, blocks, 1, new Bytes(process, layout.bytes(), Math.max(working(0, blocks), writePanel())),
            npyBytes);
      }
      int bands = 0;
      int first = 0;
      Bytes most = new Bytes(process, 0, 0);
      for (int begin = 0; begin < blocks; bands++) {
        int end = endOfBand(begin, blocks);
        first = first == 0 ? end : first;
        Bytes here = new Bytes(process, layout.bytes(begin, end), working(begin, end));
        most = here.total() > most.total() ? here : most;
        begin = end;
      }
      return plan(false, first, bands, most, layout.bytes() + (output == Output.NPY ? npyBytes : 0));
    }

    private DistancePlan plan(boolean inMemory, int firstRows, int bands, Bytes memory, long disk) {
      return new DistancePlan(layout.models(), samples, classes, inMemory,
          Math.min(layout.models(), firstRows * TileLayout.EDGE), bands, panelBytes, memory, limit, disk, 2 * bands);
    }
  }
}
