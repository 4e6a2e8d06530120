// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Head and table of .tiles files: what is written is read, and what is altered is refused, never a crash. */
class TilesHeaderTest {
  private static final TilesHeader HEADER = new TilesHeader(new TileLayout(1000), "0.1.0",
      Map.of("metric", "bhattacharyya", "odd", "\"\\\u00e9\n"), Map.of("shape", "(1000, 5, 10)"));

  /** Puts right both checksums, so that what they cover is what is read. */
  private static byte[] signed(byte[] head, int manifestBytes) {
    ByteBuffer bytes = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
    CRC32C crc = new CRC32C();
    crc.update(head, TilesHeader.PREFIX, Math.min(manifestBytes, head.length - TilesHeader.PREFIX));
    bytes.putInt(56, (int) crc.getValue());
    crc.reset();
    crc.update(head, 0, 60);
    bytes.putInt(60, (int) crc.getValue());
    return head;
  }

  private static int manifestBytes(byte[] head) {
    return ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getInt(12);
  }

  @Test
  void whatIsWrittenIsRead() {
    byte[] head = HEADER.format();
    assertEquals(HEADER, TilesHeader.parse("it", head));
    assertEquals(head.length, TilesHeader.headBytes("it", Arrays.copyOf(head, 64)));
    assertEquals(0, HEADER.tableOffset() % 4096);
    assertEquals(0, HEADER.dataOffset() % 4096);
    assertEquals(HEADER.dataOffset() + 66L * TileLayout.TILE_BYTES, HEADER.fileBytes());
    assertNull(HEADER.difference(TilesHeader.parse("it", head)));
  }

  @Test
  void everyAlteredByteIsFound() {
    byte[] head = HEADER.format();
    for (int at = 0; at < TilesHeader.PREFIX + manifestBytes(head); at++) {
      byte[] altered = head.clone();
      altered[at] ^= 4;
      InvalidDataException e = assertThrows(InvalidDataException.class, () -> TilesHeader.parse("it", altered));
      assertTrue(e.getMessage().startsWith("it cannot be used: "), e.getMessage());
    }
    for (int length = 0; length < TilesHeader.PREFIX + manifestBytes(head); length++) {
      byte[] cut = Arrays.copyOf(head, length);
      assertThrows(InvalidDataException.class, () -> TilesHeader.parse("it", cut));
    }
  }

  @Test
  void garbageWithGoodChecksumsIsRefusedOrReadNeverACrash() {
    byte[] head = HEADER.format();
    int size = manifestBytes(head);
    Random random = new Random(3);
    int read = 0;
    for (int round = 0; round < 20_000; round++) {
      byte[] altered = head.clone();
      for (int k = random.nextInt(4); k >= 0; k--) {
        altered[8 + random.nextInt(56 + size)] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256)
            : "{}[]\",:0-9e\\u".charAt(random.nextInt(13)));
      }
      try {
        TilesHeader parsed = TilesHeader.parse("it", signed(altered, size));
        assertEquals(parsed, TilesHeader.parse("it", parsed.format()));
        read++;
      } catch (InvalidDataException e) {
        assertTrue(e.getMessage().startsWith("it cannot be used: "), e.getMessage());
      }
    }
    assertTrue(read > 100, "letters of values may change, read were " + read);
  }

  @Test
  void manifestsOfAnotherFormAreRefused() {
    for (String manifest : new String[] {"", "{}", "[]", "null", "{\"models\":1}", "{\"models\":1e99}",
        "{\"models\":{}}", "{\"models\":99999999999999999999}", "{\"options\":{\"a\":1}}", "{\"input\":[]}", "{\"x\":0}",
        "{\"engine\":\"a\",\"engine\":\"b\"}", "{".repeat(60_000), "[".repeat(60_000), "\"" + "\\ud800" + "\"",
        "{\"models\":1,\"tile\":96,\"dtype\":\"float32\",\"engine\":\"\\ud800\",\"options\":{},\"input\":{}}"}) {
      byte[] text = manifest.getBytes(StandardCharsets.UTF_8);
      byte[] head = Arrays.copyOf(HEADER.format(), TilesHeader.PREFIX + text.length);
      ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putInt(12, text.length);
      System.arraycopy(text, 0, head, TilesHeader.PREFIX, text.length);
      assertThrows(InvalidDataException.class, () -> TilesHeader.parse("it", signed(head, text.length)),
          manifest.substring(0, Math.min(40, manifest.length())));
    }
  }

  /** A sparse file of 2 GiB may follow: the head is read onto the heap. */
  @Test
  void aHeadLargerThanItsPartsIsRefused() {
    for (long bytes : new long[] {HEADER.format().length + 4096, 1 << 30, Integer.MAX_VALUE, 1L << 32, -1}) {
      byte[] head = HEADER.format();
      int size = manifestBytes(head);
      ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).putLong(32, bytes);
      InvalidDataException e = assertThrows(InvalidDataException.class,
          () -> TilesHeader.headBytes("it", signed(head, size)), bytes + " bytes");
      assertEquals("it cannot be used: its header has impossible sizes", e.getMessage());
    }
  }

  @Test
  void aLineOfTheTableIsWholeOrNothing() {
    TileLayout layout = HEADER.layout();
    TilesEntry entry = new TilesEntry(2, 5, 0xdeadbeef, 2, 1L << 40, 3, 4, 5);
    ByteBuffer line = entry.format(layout);
    assertEquals(TilesEntry.BYTES, line.remaining());
    assertEquals(entry, TilesEntry.parse(layout, line));
    assertNull(TilesEntry.parse(layout, ByteBuffer.allocate(TilesEntry.BYTES)), "an empty line");
    assertNull(TilesEntry.parse(new TileLayout(2000), line), "another matrix");
    for (int at = 0; at < TilesEntry.BYTES; at++) {
      byte[] altered = line.array().clone();
      altered[at] ^= 1;
      assertNull(TilesEntry.parse(layout, ByteBuffer.wrap(altered)), "byte " + at);
    }
    assertEquals("models 192 to 479", entry.models(layout));
  }
}
