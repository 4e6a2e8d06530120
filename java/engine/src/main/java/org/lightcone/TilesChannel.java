// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;

/** The places of an open .tiles file: head, table and tiles, read and checked. */
final class TilesChannel implements AutoCloseable {
  /** What one system call reads or writes: large enough to be sequential, small enough to look for a cancel. */
  static final int PIECE = 1 << 24;

  private final Path file;
  private final FileChannel channel;
  private final TilesHeader header;
  private final long tableOffset;
  private final long dataOffset;

  TilesChannel(Path file, FileChannel channel, TilesHeader header) {
    this.file = file;
    this.channel = channel;
    this.header = header;
    this.tableOffset = header.tableOffset();
    this.dataOffset = header.dataOffset();
  }

  /** Whether the file begins as a .tiles file does. */
  static boolean recognises(Path file) {
    try (FileChannel channel = Npy.open(file)) {
      return TilesHeader.recognises(ByteBuffer.wrap(head(channel, 8)));
    } catch (IOException e) {
      throw Npy.unreadable(file, e);
    }
  }

  /** Reads the header of a file that has one. */
  static TilesChannel open(Path file, FileChannel channel) throws IOException {
    byte[] start = head(channel, TilesHeader.PREFIX);
    int bytes = TilesHeader.headBytes(file.toString(), start);
    return new TilesChannel(file, channel, TilesHeader.parse(file.toString(), head(channel, bytes)));
  }

  /** The first so many bytes, fewer if the file ends before. */
  private static byte[] head(FileChannel channel, int bytes) throws IOException {
    ByteBuffer head = ByteBuffer.allocate((int) Math.min(bytes, channel.size()));
    Npy.fill(channel, head, 0);
    return head.array();
  }

  Path file() {
    return file;
  }

  TilesHeader header() {
    return header;
  }

  TileLayout layout() {
    return header.layout();
  }

  /** The table's B lines in their places, null where no band is done or one overlaps an earlier line's. */
  TilesEntry[] slots() throws IOException {
    ByteBuffer table = ByteBuffer.allocate(layout().blocks() * TilesEntry.BYTES);
    Npy.fill(channel, table, tableOffset);
    TilesEntry[] slots = new TilesEntry[layout().blocks()];
    boolean[] taken = new boolean[layout().blocks()];
    for (int slot = 0; slot < slots.length; slot++) {
      TilesEntry entry = TilesEntry.parse(layout(), table.position(slot * TilesEntry.BYTES));
      boolean free = entry != null;
      for (int i = free ? entry.begin() : 0; free && i < entry.end(); i++) {
        free = !taken[i];
      }
      if (free) {
        Arrays.fill(taken, entry.begin(), entry.end(), true);
        slots[slot] = entry;
      }
    }
    return slots;
  }

  /** The bands of a complete file in order of rows. */
  List<TilesEntry> complete() throws IOException {
    List<TilesEntry> bands = new ArrayList<>();
    for (TilesEntry entry : slots()) {
      if (entry != null) {
        bands.add(entry);
      }
    }
    bands.sort(Comparator.comparingInt(TilesEntry::begin));
    int at = 0;
    for (TilesEntry band : bands) {
      if (band.begin() != at) {
        break;
      }
      at = band.end();
    }
    if (at != layout().blocks()) {
      throw TilesHeader.bad(file.toString(), "the line of its table for the band that begins with model "
          + at * TileLayout.EDGE + " was altered or lost; " + mend());
    }
    long bytes = channel.size();
    if (bytes != dataOffset + layout().bytes()) {
      throw TilesHeader.bad(file.toString(), "it has " + bytes + " bytes and its header speaks of "
          + (dataOffset + layout().bytes()) + "; " + mend());
    }
    return bands;
  }

  /** Why a band cannot be used, and what to do. */
  InvalidDataException altered(TilesEntry band) {
    return TilesHeader.bad(file.toString(), "its band of " + band.models(layout())
        + " was altered: the checksum of its tiles differs; " + mend());
  }

  private String mend() {
    return "rename it to " + TilesWriter.part(file).getFileName()
        + " and give the command that made it again: only that band is computed anew";
  }

  /** Reads tiles, {@code offset} counted from the first of all; a file that ends before is an error. */
  void read(ByteBuffer bytes, long offset) throws IOException {
    Npy.fill(channel, bytes, dataOffset + offset);
    if (bytes.hasRemaining()) {
      throw TilesHeader.bad(file.toString(), "it became shorter while it was read");
    }
  }

  /** Whether the band's tiles in the file are all there and have its checksum. */
  boolean intact(TilesEntry band, Control control) throws IOException {
    CRC32C crc = new CRC32C();
    try (OffHeap piece = OffHeap.allocate(PIECE, "reading tiles")) {
      long begin = layout().offset(band.begin(), band.begin());
      long end = begin + layout().bytes(band.begin(), band.end());
      for (long at = begin; at < end; at += PIECE) {
        Control.check(control);
        ByteBuffer bytes = piece.bytes(0, (int) Math.min(PIECE, end - at));
        Npy.fill(channel, bytes, dataOffset + at);
        if (bytes.hasRemaining()) {
          return false;
        }
        crc.update(bytes.flip());
      }
    }
    return (int) crc.getValue() == band.crc();
  }

  /** Writes tiles and their line of the table, each forced to the disk before the next. */
  void writeBand(int slot, TilesEntry band, OffHeap tiles, Control control) throws IOException {
    long begin = layout().offset(band.begin(), band.begin());
    long size = layout().bytes(band.begin(), band.end());
    for (long at = 0; at < size; at += PIECE) {
      Control.check(control);
      writeAll(tiles.bytes(at, (int) Math.min(PIECE, size - at)), dataOffset + begin + at);
    }
    channel.force(false);
    writeSlot(slot, band);
  }

  /** Writes a line of the table, or for null that there is none, and forces it to the disk. */
  void writeSlot(int slot, TilesEntry band) throws IOException {
    writeAll(band == null ? ByteBuffer.allocate(TilesEntry.BYTES) : band.format(layout()),
        tableOffset + slot * (long) TilesEntry.BYTES);
    channel.force(false);
  }

  private void writeAll(ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** CRC32C of a band's tiles in memory. */
  static int checksum(OffHeap tiles, long size, Control control) {
    CRC32C crc = new CRC32C();
    for (long at = 0; at < size; at += PIECE) {
      Control.check(control);
      crc.update(tiles.bytes(at, (int) Math.min(PIECE, size - at)));
    }
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
