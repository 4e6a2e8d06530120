// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The .npy file (M, M) of packed tiles. Either way one panel of whole rows is in memory at a time, never the dense
 * matrix.
 */
final class DenseFile {
  /** Allowed asymmetry, of the largest finite entry. */
  private static final double TOLERANCE = 1e-6;

  /** Rows that a file is written from take about this. */
  static final long PANEL_BYTES = 64L << 20;

  /** Largest piece that one system call writes or reads. */
  private static final int PIECE = 1 << 26;

  private DenseFile() {}

  /** Where tiles come from. */
  interface Source {
    /** For one thread, which keeps it: what it needs to read is made once. */
    Tiles reader();

    /** Hands out tiles to one thread. */
    interface Tiles {
      /** Copies tile (i, j), i <= j. */
      void tile(int i, int j, float[] out);
    }
  }

  // ---- writing -----------------------------------------------------------------------------------

  /**
   * Writes a file that appears whole or not at all. The tiles above the diagonal are asked for twice.
   *
   * @param panelBytes memory for rows; a block row of the dense matrix is the least
   */
  static void write(Path npy, TileLayout layout, Source source, long panelBytes, int threads) {
    long rowBytes = layout.models() * (long) Float.BYTES;
    int height = (int) Math.max(1, Math.min(layout.blocks(), panelBytes / (rowBytes * TileLayout.EDGE)));
    ByteBuffer header = NpyHeader.format(Npy.Type.FLOAT32.toString(), layout.models(), layout.models());
    AtomicFile.write(npy, header.remaining() + layout.models() * rowBytes, channel -> {
      Npy.drain(channel, header);
      try (OffHeap panel = OffHeap.allocate(height * TileLayout.EDGE * rowBytes, "rows of distances")) {
        Writer[] writers = new Writer[Workers.count(threads)];
        Arrays.setAll(writers, k -> new Writer(layout, source.reader()));
        for (int begin = 0; begin < layout.blocks(); begin += height) {
          int first = begin;
          int end = Math.min(layout.blocks(), begin + height);
          FloatBuffer[] rows = rows(layout, first, end, panel);
          Workers.rows(threads, writers.length, k -> {
            for (int other = k; other < layout.blocks(); other += writers.length) {
              writers[k].fill(first, end, other, rows);
            }
          });
          for (long at = 0; at < rows.length * rowBytes; at += PIECE) {
            Npy.drain(channel, panel.bytes(at, (int) Math.min(PIECE, rows.length * rowBytes - at)));
          }
        }
      }
    });
  }

  private static FloatBuffer[] rows(TileLayout layout, int begin, int end, OffHeap panel) {
    FloatBuffer[] rows = new FloatBuffer[Math.min(layout.models(), end * TileLayout.EDGE) - begin * TileLayout.EDGE];
    for (int r = 0; r < rows.length; r++) {
      rows[r] = panel.floats((long) r * layout.models() * Float.BYTES, layout.models());
    }
    return rows;
  }

  /** Puts tiles into rows; of one thread. */
  private static final class Writer {
    private final TileLayout layout;
    private final Source.Tiles tiles;
    private final float[] tile = new float[TileLayout.TILE];
    private final float[] mirrored = new float[TileLayout.EDGE];

    Writer(TileLayout layout, Source.Tiles tiles) {
      this.layout = layout;
      this.tiles = tiles;
    }

    /** The columns of block {@code other} of the rows of the blocks [begin, end): as they are, or mirrored. */
    void fill(int begin, int end, int other, FloatBuffer[] rows) {
      for (int own = begin; own < end; own++) {
        tiles.tile(Math.min(own, other), Math.max(own, other), tile);
        for (int r = 0; r < layout.modelsIn(own); r++) {
          FloatBuffer row = rows[(own - begin) * TileLayout.EDGE + r];
          if (own <= other) {
            row.put(other * TileLayout.EDGE, tile, r * TileLayout.EDGE, layout.modelsIn(other));
          } else {
            for (int c = 0; c < layout.modelsIn(other); c++) {
              mirrored[c] = tile[c * TileLayout.EDGE + r];
            }
            row.put(other * TileLayout.EDGE, mirrored, 0, layout.modelsIn(other));
          }
        }
      }
    }
  }

  // ---- reading -----------------------------------------------------------------------------------

  /**
   * Reads a file of {@code <f4}, or {@code <f8} rounded to float32, and checks it: refuses a NaN, a negative entry, a
   * diagonal that is not 0 and asymmetry; averages small asymmetry away.
   *
   * @param threads 0: all processors
   * @param control to cancel; may be null
   */
  static DistanceMatrix read(Path npy, int threads, Control control) {
    try (FileChannel channel = Npy.open(npy)) {
      Npy.Header header = Npy.header(npy, channel);
      Npy.require(npy, header, "(models, models)", 2, Npy.Type.FLOAT32, Npy.Type.FLOAT64);
      if (!header.shape().get(0).equals(header.shape().get(1)) || header.elements() == 0) {
        throw new InvalidDataException(npy + " cannot be used: its shape is " + header.shapeText()
            + ", a distance matrix is square, (models, models)");
      }
      TileLayout layout = TileLayout.of(header.shape().get(0), npy.toString());
      DistanceMatrix matrix = DistanceMatrix.empty(layout);
      boolean done = false;
      try {
        new Reader(npy, channel, header, layout, matrix).fill(threads, control);
        done = true;
        return matrix;
      } finally {
        if (!done) {
          matrix.close();
        }
      }
    } catch (IOException e) {
      throw Npy.unreadable(npy, e);
    }
  }

  /** What one block of columns of one panel showed; several threads fill one each. */
  private static final class Found {
    /** First entry, in order of rows, that no distance matrix has: row M + column, or -1. */
    long bad = -1;
    float badValue;
    float largest;
    /** The most asymmetric pair: row > column. */
    double asymmetry;
    int row;
    int column;
    float upper;
    float lower;
  }

  private static final class Reader {
    private final Path npy;
    private final FileChannel channel;
    private final Npy.Header header;
    private final TileLayout layout;
    private final DistanceMatrix matrix;

    Reader(Path npy, FileChannel channel, Npy.Header header, TileLayout layout, DistanceMatrix matrix) {
      this.npy = npy;
      this.channel = channel;
      this.header = header;
      this.layout = layout;
      this.matrix = matrix;
    }

    void fill(int threads, Control control) throws IOException {
      long rowBytes = layout.models() * (long) header.type().bytes();
      Found worst = new Found();
      try (OffHeap panel = OffHeap.allocate(layout.modelsIn(0) * rowBytes, "rows of distances")) {
        for (int block = 0; block < layout.blocks(); block++) {
          Control.check(control);
          readPanel(panel, block, layout.modelsIn(block) * rowBytes);
          Found[] found = new Found[layout.blocks()];
          int own = block;
          Workers.rows(threads, layout.blocks(), other -> found[other] = take(panel, own, other));
          for (Found part : found) {
            merge(worst, part);
          }
          if (worst.bad >= 0) {
            throw badEntry(worst);
          }
        }
      }
      if (!(worst.asymmetry <= TOLERANCE * worst.largest)) {
        throw new InvalidDataException(npy + " cannot be used: its entry (" + worst.column + ", " + worst.row + ") is "
            + worst.upper + " and entry (" + worst.row + ", " + worst.column + ") is " + worst.lower
            + "; a distance matrix is symmetric to 1e-6 of its largest entry");
      }
    }

    private void readPanel(OffHeap panel, int block, long bytes) throws IOException {
      long position = header.offset() + block * (long) TileLayout.EDGE * layout.models() * header.type().bytes();
      for (long at = 0; at < bytes; at += PIECE) {
        ByteBuffer piece = panel.bytes(at, (int) Math.min(PIECE, bytes - at));
        Npy.fill(channel, piece, position + at);
        if (piece.hasRemaining()) {
          throw new InvalidDataException(npy + " cannot be used: it became shorter while it was read");
        }
      }
    }

    /** The entries of the rows of block {@code own} in the columns of block {@code other}. */
    private Found take(OffHeap panel, int own, int other) {
      Found found = new Found();
      float[] entries = new float[TileLayout.TILE];
      int rows = layout.modelsIn(own);
      int columns = layout.modelsIn(other);
      for (int r = 0; r < rows; r++) {
        copy(panel, r, other * TileLayout.EDGE, columns, entries);
        for (int c = 0; c < columns; c++) {
          float value = entries[r * TileLayout.EDGE + c];
          boolean diagonal = own == other && r == c;
          if (!(value >= 0) || diagonal && value != 0) {
            if (found.bad < 0) {
              found.bad = (own * (long) TileLayout.EDGE + r) * layout.models() + other * TileLayout.EDGE + c;
              found.badValue = value;
            }
          } else if (value > found.largest && value != Float.POSITIVE_INFINITY) {
            found.largest = value;
          }
          entries[r * TileLayout.EDGE + c] = value == 0 ? 0 : value; // -0 becomes 0
        }
      }
      if (own < other) {
        matrix.putTile(own, other, entries);
        return found;
      }
      float[] upper = entries;
      if (own > other) {
        upper = new float[TileLayout.TILE];
        matrix.tile(other, own, upper);
      }
      for (int r = 0; r < rows; r++) {
        for (int c = 0; c < (own == other ? r : columns); c++) {
          symmetrise(found, upper, entries, own, other, r, c);
        }
      }
      matrix.putTile(other, own, upper);
      return found;
    }

    private static void symmetrise(Found found, float[] upper, float[] lower, int own, int other, int r, int c) {
      float above = upper[c * TileLayout.EDGE + r];
      float below = lower[r * TileLayout.EDGE + c];
      if (above != below) {
        double difference = Math.abs((double) above - below);
        if (difference > found.asymmetry) {
          found.asymmetry = difference;
          found.row = own * TileLayout.EDGE + r;
          found.column = other * TileLayout.EDGE + c;
          found.upper = above;
          found.lower = below;
        }
        upper[c * TileLayout.EDGE + r] = (float) (0.5 * ((double) above + below));
      }
      if (own == other) {
        lower[r * TileLayout.EDGE + c] = upper[c * TileLayout.EDGE + r];
      }
    }

    private void copy(OffHeap panel, int r, int column, int columns, float[] out) {
      long at = r * (long) layout.models() + column;
      if (header.type() == Npy.Type.FLOAT32) {
        panel.floats(at * Float.BYTES, columns).get(out, r * TileLayout.EDGE, columns);
        return;
      }
      DoubleBuffer from = panel.doubles(at * Double.BYTES, columns);
      for (int c = 0; c < columns; c++) {
        out[r * TileLayout.EDGE + c] = (float) from.get(c);
      }
    }

    private static void merge(Found into, Found part) {
      if (part.bad >= 0 && (into.bad < 0 || part.bad < into.bad)) {
        into.bad = part.bad;
        into.badValue = part.badValue;
      }
      into.largest = Math.max(into.largest, part.largest);
      if (part.asymmetry > into.asymmetry) {
        into.asymmetry = part.asymmetry;
        into.row = part.row;
        into.column = part.column;
        into.upper = part.upper;
        into.lower = part.lower;
      }
    }

    private InvalidDataException badEntry(Found found) {
      long row = found.bad / layout.models();
      long column = found.bad % layout.models();
      return new InvalidDataException(npy + " cannot be used: its entry (" + row + ", " + column + ") is "
          + found.badValue + (found.badValue > 0 ? "; the distance of a model to itself is 0"
              : "; distances are not negative and no NaN"));
    }
  }
}
