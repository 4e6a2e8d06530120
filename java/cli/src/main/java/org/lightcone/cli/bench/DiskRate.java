// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;

/**
 * How fast a folder's disk takes and gives a file of 64 MiB: written and forced, then read past the page cache (or
 * through it where the file system allows nothing else).
 *
 * @param write bytes per second
 * @param read bytes per second
 */
public record DiskRate(double write, double read) {
  private static final int PIECE = 4 << 20;
  private static final int PIECES = 16;

  /** Measures; the file is deleted again. */
  public static DiskRate of(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, ".lightcone-plan", ".tmp");
    try {
      int block = (int) Math.min(PIECE, Math.max(512, Files.getFileStore(folder).getBlockSize()));
      ByteBuffer piece = ByteBuffer.allocateDirect(PIECE + block).alignedSlice(block);
      SplittableRandom random = new SplittableRandom(9);
      while (piece.remaining() >= Long.BYTES) {
        piece.putLong(random.nextLong());
      }
      piece.position(0).limit(PIECE);
      long start = System.nanoTime();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        for (int k = 0; k < PIECES; k++) {
          piece.rewind();
          while (piece.hasRemaining()) {
            channel.write(piece);
          }
        }
        channel.force(true);
      }
      double written = (System.nanoTime() - start) * 1e-9;
      return new DiskRate((double) PIECE * PIECES / written, (double) PIECE * PIECES / readSeconds(file, piece));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static double readSeconds(Path file, ByteBuffer piece) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ,
        com.sun.nio.file.ExtendedOpenOption.DIRECT)) {
      return readSeconds(channel, piece);
    } catch (IOException | UnsupportedOperationException e) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        return readSeconds(channel, piece);
      }
    }
  }

  private static double readSeconds(FileChannel channel, ByteBuffer piece) throws IOException {
    long start = System.nanoTime();
    for (int k = 0; k < PIECES; k++) {
      piece.clear().limit(PIECE);
      while (piece.hasRemaining() && channel.read(piece) >= 0) {
        // The next part of the piece.
      }
    }
    return (System.nanoTime() - start) * 1e-9;
  }
}
