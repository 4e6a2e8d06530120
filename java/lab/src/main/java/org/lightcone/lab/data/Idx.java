// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reader of gzipped IDX files of unsigned bytes: two zero bytes, type 0x08, the rank, then the rank's sizes
 * as big-endian int32 and the values, last index fastest.
 *
 * @param shape the sizes, slowest first
 * @param values the bytes, unsigned
 */
record Idx(int[] shape, byte[] values) {
  private static final int UNSIGNED_BYTE = 0x08;

  /** Reads a file. @throws DataException if it is missing, damaged, or not of this rank */
  static Idx read(Path file, int rank) {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString(), rank);
    } catch (NoSuchFileException e) {
      throw new DataException("There is no file " + file + "; install Debian's dataset-fashion-mnist, or"
          + " name the folder that holds it with --data-dir.", e);
    } catch (IOException e) {
      throw new DataException(file + " could not be read: " + e.getMessage() + ".", e);
    }
  }

  /** Reads a stream; {@code name} stands for it in errors. */
  static Idx read(InputStream stream, String name, int rank) {
    try (DataInputStream in = new DataInputStream(new GZIPInputStream(stream, 1 << 16))) {
      int zeros = in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int found = in.readUnsignedByte();
      if (zeros != 0) {
        throw new DataException(name + " is not an IDX file: it begins with "
            + String.format("%04x", zeros) + " instead of 0000.");
      }
      if (type != UNSIGNED_BYTE) {
        throw new DataException(name + " holds IDX values of type " + String.format("0x%02x", type)
            + "; only unsigned bytes (0x08) are read.");
      }
      if (found != rank) {
        throw new DataException(name + " has " + found + " dimensions where " + rank + " are expected ("
            + (rank == 1 ? "labels" : "images, rows, columns") + ").");
      }
      int[] shape = new int[rank];
      long size = 1;
      for (int i = 0; i < rank; i++) {
        shape[i] = in.readInt();
        if (shape[i] < 1 || (size *= shape[i]) > Integer.MAX_VALUE - 16) {
          throw new DataException(name + " announces an impossible shape, "
              + Arrays.toString(Arrays.copyOf(shape, i + 1)) + "; the file is damaged, get it again.");
        }
      }
      byte[] values = in.readNBytes((int) size);
      if (values.length < size) {
        throw new DataException(name + " ends after " + values.length + " of " + size
            + " values; the file is cut short, get it again.");
      }
      if (in.read() >= 0) {
        throw new DataException(name + " goes on after its " + size
            + " announced values; the file is damaged, get it again.");
      }
      return new Idx(shape, values);
    } catch (EOFException e) {
      throw new DataException(name + " ends too early; the file is cut short, get it again.", e);
    } catch (ZipException e) {
      throw new DataException(name + " is not a sound gzip file (" + e.getMessage() + "); get it again.", e);
    } catch (IOException e) {
      throw new DataException(name + " could not be read: " + e.getMessage() + ".", e);
    }
  }
}
