// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import org.lightcone.AtomicFile;

/** The engine's {@link AtomicFile} and plain writes, with the store's exceptions. */
final class AtomicFiles {
  private AtomicFiles() {
  }

  /** Replaces or creates {@code file}; a kill at any moment leaves the old content or the new. */
  static void write(Path file, byte[] content) {
    try {
      AtomicFile.replace(file, content);
    } catch (IOException e) {
      throw failure(file, e);
    }
  }

  /**
   * All of a regular file.
   *
   * @throws IOException also if there is no such file
   * @throws StoreException if it is something else than a file (a pipe would keep the reader waiting) or larger than
   *     {@code most} bytes, which no sound one is
   */
  static byte[] readAll(Path file, long most) throws IOException {
    BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
    if (!found.isRegularFile()) {
      throw new StoreException(file + " is a folder, a pipe or a device where a file must be; restore it from a copy.");
    }
    if (found.size() > most) {
      throw new StoreException(file + " has " + found.size() + " bytes, more than any sound one (" + most
          + "); it is damaged, restore it from a copy.");
    }
    return Files.readAllBytes(file);
  }

  /** Writes all remaining bytes at {@code position}. */
  static void writeFully(FileChannel out, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += out.write(bytes, at);
    }
  }

  /** Deletes a leftover; that it cannot be deleted is no further harm. */
  static void discard(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // The failure that led here is the one to report.
    }
  }

  /** The exception for an I/O failure on {@code file}, with its own type when the disk is full. */
  static StoreException failure(Path file, IOException e) {
    if (isFull(e)) {
      return new DiskFullException(file, e);
    }
    String reason = e.getMessage() == null || e.getMessage().equals(file.toString())
        ? e.getClass().getSimpleName() : e.getMessage();
    return new StoreException(file + " cannot be read or written (" + reason
        + "); check that the folder exists and may be written.", e);
  }

  /** Whether an error says that space or quota ran out (ENOSPC, EDQUOT). */
  static boolean isFull(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("No space left on device") || message.contains("Disk quota exceeded");
  }
}
