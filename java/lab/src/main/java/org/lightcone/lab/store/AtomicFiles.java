// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Files that are there whole or not at all: written aside, synced, then renamed. */
final class AtomicFiles {
  private AtomicFiles() {
  }

  /** Replaces or creates {@code file}; a kill at any moment leaves the old content or the new. */
  static void write(Path file, byte[] content) {
    Path aside = aside(file);
    try {
      try (FileChannel out = FileChannel.open(aside, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
          StandardOpenOption.TRUNCATE_EXISTING)) {
        writeFully(out, ByteBuffer.wrap(content), 0);
        out.force(false);
      }
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      discard(aside);
      throw failure(file, e);
    }
  }

  /** The name a file has while it is written: in the same folder, so that the rename is atomic. */
  static Path aside(Path file) {
    return file.resolveSibling("." + file.getFileName() + "." + ProcessHandle.current().pid() + ".tmp");
  }

  /** Syncs {@code aside}, written by someone else, and gives it its name. */
  static void commit(Path aside, Path file) {
    try {
      try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
        channel.force(false);
      }
      Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      discard(aside);
      throw failure(file, e);
    }
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
