// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** labels.npy: the classes of a sample set, (N) little-endian int32 in NumPy's format, version 1.0. */
final class LabelFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0};
  private static final Pattern HEADER = Pattern.compile(
      "\\{'descr': '<i4', 'fortran_order': False, 'shape': \\((\\d+),\\), \\} *\n");
  // NumPy aligns the data so that it can be mapped.
  private static final int ALIGNMENT = 64;

  private LabelFile() {
  }

  static void write(Path file, int[] labels) {
    String header = "{'descr': '<i4', 'fortran_order': False, 'shape': (" + labels.length + ",), }";
    int prefix = MAGIC.length + Short.BYTES;
    int padded = (prefix + header.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - prefix;
    header += " ".repeat(padded - header.length() - 1) + "\n";
    ByteBuffer bytes = ByteBuffer.allocate(prefix + padded + labels.length * Integer.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(MAGIC).putShort((short) padded).put(header.getBytes(StandardCharsets.US_ASCII));
    for (int label : labels) {
      bytes.putInt(label);
    }
    AtomicFiles.write(file, bytes.array());
  }

  static int[] read(Path file) {
    ByteBuffer bytes;
    try {
      bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw AtomicFiles.failure(file, e);
    }
    byte[] magic = new byte[MAGIC.length];
    if (bytes.remaining() > MAGIC.length + Short.BYTES) {
      bytes.get(magic);
      int length = bytes.getShort() & 0xffff;
      if (Arrays.equals(magic, MAGIC) && bytes.remaining() >= length) {
        byte[] text = new byte[length];
        bytes.get(text);
        Matcher header = HEADER.matcher(new String(text, StandardCharsets.US_ASCII));
        if (header.matches() && bytes.remaining() == Long.parseLong(header.group(1)) * Integer.BYTES) {
          int[] labels = new int[bytes.remaining() / Integer.BYTES];
          bytes.asIntBuffer().get(labels);
          return labels;
        }
      }
    }
    throw new StoreException(file + " is not the int32 label file that Lightcone wrote; restore it from a"
        + " copy.");
  }
}
