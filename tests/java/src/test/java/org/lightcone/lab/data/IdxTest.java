// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** The IDX reader: a sound file, and every way in which one is not. */
class IdxTest {
  private static final byte[] SOUND = {0, 0, 8, 1, 0, 0, 0, 3, 7, (byte) 200, 0};

  @Test
  void readsShapeAndUnsignedBytes() {
    Idx idx = read(gzip(SOUND), 1);
    assertArrayEquals(new int[] {3}, idx.shape());
    assertArrayEquals(new byte[] {7, (byte) 200, 0}, idx.values());
  }

  @Test
  void everyDamageIsNamed() {
    refused(gzip(with(0, 1)), 1, "not an IDX file");
    refused(gzip(with(2, 0x0d)), 1, "0x0d");
    refused(gzip(SOUND), 3, "1 dimensions where 3");
    refused(gzip(with(4, 0xff)), 1, "impossible shape");
    refused(gzip(with(7, 0)), 1, "impossible shape");
    refused(gzip(with(7, 4)), 1, "ends after 3 of 4");
    refused(gzip(with(7, 2)), 1, "goes on after");
    refused(gzip(Arrays.copyOf(SOUND, 6)), 1, "ends too early");
    refused(SOUND, 1, "not a sound gzip");
    byte[] cut = gzip(new byte[] {0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3});
    refused(Arrays.copyOf(cut, cut.length - 9), 1, "cut short");
  }

  @Test
  void aMissingFileNamesTheMend() {
    DataException e = assertThrows(DataException.class, () -> Idx.read(Path.of("/nowhere/x.gz"), 1));
    assertTrue(e.getMessage().contains("/nowhere/x.gz") && e.getMessage().contains("--data-dir"),
        e.getMessage());
  }

  private static void refused(byte[] file, int rank, String expected) {
    String message = assertThrows(DataException.class, () -> read(file, rank)).getMessage();
    assertTrue(message.startsWith("some.gz") && message.contains(expected), message);
  }

  private static Idx read(byte[] file, int rank) {
    return Idx.read(new ByteArrayInputStream(file), "some.gz", rank);
  }

  private static byte[] with(int index, int value) {
    byte[] changed = SOUND.clone();
    changed[index] = (byte) value;
    return changed;
  }

  static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
