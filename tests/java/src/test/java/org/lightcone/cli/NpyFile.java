// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** .npy files as numpy writes them, without the code under test. */
final class NpyFile {
  private NpyFile() {}

  /** A version 1.0 file with this header dictionary and these bytes behind it. */
  static Path write(Path file, String descr, boolean fortran, String shape, byte[] data) throws IOException {
    String header = "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': "
        + shape + ", }";
    int padded = (10 + header.length() + 1 + 63) / 64 * 64 - 10;
    header = header + " ".repeat(padded - header.length() - 1) + "\n";
    ByteBuffer out = ByteBuffer.allocate(10 + padded + data.length).order(ByteOrder.LITTLE_ENDIAN);
    out.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII)).put((byte) 1).put((byte) 0);
    out.putShort((short) padded).put(header.getBytes(StandardCharsets.US_ASCII)).put(data);
    return Files.write(file, out.array());
  }

  static Path doubles(Path file, String shape, double... values) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double v : values) {
      data.putDouble(v);
    }
    return write(file, "<f8", false, shape, data.array());
  }

  static Path floats(Path file, String shape, double... values) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (double v : values) {
      data.putFloat((float) v);
    }
    return write(file, "<f4", false, shape, data.array());
  }

  static Path bytes(Path file, String shape, int... values) throws IOException {
    byte[] data = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      data[i] = (byte) values[i];
    }
    return write(file, "|u1", false, shape, data);
  }

  /** The numbers of a file in C order, whatever of <f4 and <f8 they are. */
  static double[] read(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int length = Short.toUnsignedInt(in.getShort(8));
    String header = new String(in.array(), 10, length, StandardCharsets.US_ASCII);
    in.position(10 + length);
    boolean wide = header.contains("<f8");
    double[] values = new double[in.remaining() / (wide ? 8 : 4)];
    for (int i = 0; i < values.length; i++) {
      values[i] = wide ? in.getDouble() : in.getFloat();
    }
    return values;
  }

  /** The header's text. */
  static String header(Path file) throws IOException {
    byte[] all = Files.readAllBytes(file);
    return new String(all, 10, Short.toUnsignedInt(ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getShort(8)),
        StandardCharsets.US_ASCII);
  }
}
