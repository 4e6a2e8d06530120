// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A line of the table of a .tiles file: one band that is done. 128 bytes, little-endian, none of them across a sector:
 *
 * <pre>
 * 0    i32 first block row; i32 one past the last
 * 8    i64 byte of the first tile, counted from the first of all; i64 bytes of the band
 * 24   u32 CRC32C of these bytes; i32 reads of the input that computing it took
 * 32   i64 near pairs; i64 flagged pairs; i64 infinite terms; i64 infinite pairs
 * 64   60 bytes 0
 * 124  u32 CRC32C of bytes [0, 124)
 * </pre>
 *
 * <p>A line that is torn, altered or empty is a band that is not done.
 *
 * @param begin first block row
 * @param end one past the last
 * @param crc CRC32C of the band's tiles
 * @param reads times the input was read for it
 */
record TilesEntry(int begin, int end, int crc, int reads, long nearPairs, long flaggedPairs, long infiniteTerms,
    long infinitePairs) {
  /** Bytes of a line. */
  static final int BYTES = 128;
  private static final int CHECKED = BYTES - 4;

  /** A band as computed. */
  static TilesEntry of(int begin, int end, int crc, DistanceMatrix.Report report) {
    return new TilesEntry(begin, end, crc, report.reads(), report.nearPairs(), report.flaggedPairs(),
        report.infiniteTerms(), report.infinitePairs());
  }

  /** Reads 128 bytes from the buffer's position on; null if they are no band of that layout. */
  static TilesEntry parse(TileLayout layout, ByteBuffer line) {
    ByteBuffer bytes = line.slice(line.position(), BYTES).order(ByteOrder.LITTLE_ENDIAN);
    TilesEntry entry = new TilesEntry(bytes.getInt(0), bytes.getInt(4), bytes.getInt(24), bytes.getInt(28),
        bytes.getLong(32), bytes.getLong(40), bytes.getLong(48), bytes.getLong(56));
    if (bytes.getInt(CHECKED) != checksum(bytes) || entry.begin < 0 || entry.begin >= entry.end
        || entry.end > layout.blocks() || bytes.getLong(8) != layout.offset(entry.begin, entry.begin)
        || bytes.getLong(16) != layout.bytes(entry.begin, entry.end)) {
      return null;
    }
    return entry;
  }

  /** The 128 bytes. */
  ByteBuffer format(TileLayout layout) {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(begin).putInt(end).putLong(layout.offset(begin, begin)).putLong(layout.bytes(begin, end))
        .putInt(crc).putInt(reads).putLong(nearPairs).putLong(flaggedPairs).putLong(infiniteTerms)
        .putLong(infinitePairs);
    return bytes.putInt(CHECKED, checksum(bytes)).rewind();
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, CHECKED));
    return (int) crc.getValue();
  }

  /** Its models, for messages: "models 0 to 191". */
  String models(TileLayout layout) {
    return "models " + begin * TileLayout.EDGE + " to " + (Math.min(layout.models(), end * TileLayout.EDGE) - 1);
  }
}
