// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.zip.CRC32C;

/**
 * One pass over a .tiles file: runs of block rows in order, each with large sequential reads into one of two buffers,
 * the next run read by a thread of its own while the visitor works on this one. Bands that nobody checked yet are
 * checked on the way; an altered one ends the pass at the latest when its last run has been read.
 */
final class ReadAhead {
  private final TilesFile file;
  private final TilesChannel tiles;
  private final TileLayout layout;
  private final CRC32C crc = new CRC32C();
  /** Buffers that wait to be filled and to be seen. A null cannot be queued: the end is a run of no rows. */
  private final ArrayBlockingQueue<OffHeap> empty = new ArrayBlockingQueue<>(2);
  private final ArrayBlockingQueue<PackedTiles.Band> full = new ArrayBlockingQueue<>(3);
  private volatile boolean stopped;
  /** Written before the end is queued. */
  private Throwable failure;

  private ReadAhead(TilesFile file, TilesChannel tiles) {
    this.file = file;
    this.tiles = tiles;
    this.layout = file.layout();
  }

  static void traverse(TilesFile file, TilesChannel tiles, long bufferBytes, PackedTiles.Visitor visitor) {
    new ReadAhead(file, tiles).run(bufferBytes, visitor);
  }

  private void run(long bufferBytes, PackedTiles.Visitor visitor) {
    List<int[]> runs = runs(bufferBytes / 2);
    long largest = runs.stream().mapToLong(run -> layout.bytes(run[0], run[1])).max().orElseThrow();
    try (OffHeap one = OffHeap.allocate(largest, "tiles that are read");
        OffHeap two = OffHeap.allocate(runs.size() > 1 ? largest : 0, "tiles that are read")) {
      empty.add(one);
      empty.add(two);
      Thread reader = new Thread(() -> readAll(runs), "lightcone-read-ahead");
      reader.setDaemon(true);
      reader.start();
      try {
        visitAll(visitor);
      } finally {
        stop(reader, one);
      }
    }
  }

  private List<int[]> runs(long bytes) {
    List<int[]> runs = new ArrayList<>();
    for (int begin = 0; begin < layout.blocks(); ) {
      int end = layout.endWithin(begin, bytes);
      runs.add(new int[] {begin, end});
      begin = end;
    }
    return runs;
  }

  private void visitAll(PackedTiles.Visitor visitor) {
    while (true) {
      PackedTiles.Band band = take(full);
      if (band.begin() == band.end()) {
        if (failure instanceof Error e) {
          throw e;
        }
        if (failure instanceof RuntimeException e) {
          throw e;
        }
        return;
      }
      visitor.visit(band);
      empty.add(band.memory());
    }
  }

  private void readAll(List<int[]> runs) {
    try {
      for (int[] run : runs) {
        OffHeap buffer = take(empty);
        if (stopped) {
          return;
        }
        read(run[0], run[1], buffer);
        full.add(new PackedTiles.Band(layout, run[0], run[1], buffer, 0));
      }
    } catch (IOException e) {
      failure = Npy.unreadable(tiles.file(), e);
    } catch (RuntimeException | Error e) {
      failure = e;
    } finally {
      full.add(new PackedTiles.Band(layout, 0, 0, null, 0));
    }
  }

  private void read(int begin, int end, OffHeap buffer) throws IOException {
    long start = layout.offset(begin, begin);
    long size = layout.bytes(begin, end);
    for (long at = 0; at < size; at += TilesChannel.PIECE) {
      if (stopped) {
        return;
      }
      ByteBuffer piece = buffer.bytes(at, (int) Math.min(TilesChannel.PIECE, size - at));
      tiles.read(piece, start + at);
    }
    for (int i = begin; i < end; i++) {
      check(i, buffer, layout.bytes(begin, i));
    }
  }

  /** Carries the checksum of the row's band on, and compares it at the band's end. */
  private void check(int i, OffHeap buffer, long at) {
    int band = file.bandOf(i);
    if (file.verified(band)) {
      return;
    }
    if (i == file.bands().get(band).begin()) {
      crc.reset();
    }
    crc.update(buffer.bytes(at, (int) layout.bytes(i, i + 1)));
    if (i + 1 == file.bands().get(band).end()) {
      file.verify(band, (int) crc.getValue() == file.bands().get(band).crc());
    }
  }

  /** The reader is not interrupted: that would close the file. It looks for a stop after every piece. */
  private void stop(Thread reader, OffHeap any) {
    stopped = true;
    empty.clear();
    empty.add(any);
    boolean interrupted = false;
    while (reader.isAlive()) {
      try {
        reader.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T> T take(ArrayBlockingQueue<T> queue) {
    boolean interrupted = false;
    while (true) {
      try {
        T taken = queue.take();
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
        return taken;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
  }
}
