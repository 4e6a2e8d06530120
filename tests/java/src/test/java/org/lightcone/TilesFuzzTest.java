// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;

/** Any bytes as a .tiles file, as they are and with checksums that fit: a fuzzer does not find those. */
@Tag("fuzz")
class TilesFuzzTest {
  private static final Path FILE = FuzzProperty.folder().resolve("any.tiles");

  @FuzzTest
  void tiles(byte[] content) {
    holds(content);
    holds(mended(content.clone()));
  }

  private static void holds(byte[] content) {
    FuzzProperty.write(FILE, content);
    FuzzProperty.holds(FILE.toString(), LightconeException.class, () -> {
      try (TilesFile tiles = TilesFile.open(FILE)) {
        tiles.options();
        tiles.infinitePairs();
        tiles.row(tiles.models() - 1, new float[tiles.models()]);
      }
    });
  }

  /** Writes the checksums of the prefix, the manifest and the table's lines where there is room for them. */
  private static byte[] mended(byte[] content) {
    ByteBuffer file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    if (content.length < TilesHeader.PREFIX) {
      return content;
    }
    int manifest = file.getInt(12);
    if (manifest >= 0 && manifest <= content.length - TilesHeader.PREFIX) {
      file.putInt(56, checksum(content, TilesHeader.PREFIX, manifest));
    }
    file.putInt(60, checksum(content, 0, 60));
    for (long at = file.getLong(16); at >= 0 && at <= content.length - TilesEntry.BYTES; at += TilesEntry.BYTES) {
      file.putInt((int) at + 124, checksum(content, (int) at, 124));
    }
    return content;
  }

  private static int checksum(byte[] content, int begin, int size) {
    CRC32C crc = new CRC32C();
    crc.update(content, begin, size);
    return (int) crc.getValue();
  }
}
