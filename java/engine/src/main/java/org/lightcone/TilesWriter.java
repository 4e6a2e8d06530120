// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A .tiles file under construction, {@code .NAME.part} beside its target: begun or gone on with, band by band, and
 * renamed when complete. A kill at any moment loses at most the band being written; what stands there already is taken
 * over if its checksum holds. One writer at a time, by a {@link PartLock}.
 */
final class TilesWriter implements AutoCloseable {
  private final TilesChannel tiles;
  private final TilesEntry[] slots;
  private final PartLock lock;

  private TilesWriter(TilesChannel tiles, TilesEntry[] slots, PartLock lock) {
    this.tiles = tiles;
    this.slots = slots;
    this.lock = lock;
  }

  /** The name of a file under construction. */
  static Path part(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".part");
  }

  /** Writes a whole matrix that is in memory; the file appears whole or not at all. */
  static void writeWhole(Path target, TilesHeader header, OffHeap tiles, long infinitePairs, Control control) {
    TileLayout layout = header.layout();
    TilesEntry all = new TilesEntry(
        0, layout.blocks(), TilesChannel.checksum(tiles, layout.bytes(), control), 0, 0, 0, 0, infinitePairs);
    AtomicFile.write(target, header.fileBytes(), channel -> {
      Npy.drain(channel, ByteBuffer.wrap(header.format()));
      new TilesChannel(target, channel, header).writeBand(0, all, tiles, control);
    });
  }

  /** The header of what was begun under that name, or null if nothing was. */
  static TilesHeader begun(Path part) {
    if (!Files.exists(part)) {
      return null;
    }
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.READ)) {
      return TilesChannel.open(part, channel).header();
    } catch (InvalidDataException e) {
      return null; // Torn when it was created, or no such file: begin() tells them apart.
    } catch (IOException e) {
      throw Npy.unreadable(part, e);
    }
  }

  /**
   * Begins a file or goes on with one; checks the bands that it has.
   *
   * @throws LightconeException if another computation writes it, or if it holds something else
   */
  static TilesWriter begin(Path part, TilesHeader header, Control control) {
    try {
      PartLock lock = PartLock.tryTake(part);
      if (lock == null) {
        throw new LightconeIoException(part + " is being written by another computation; wait for it or stop it");
      }
      boolean done = false;
      FileChannel channel = null;
      try {
        channel = FileChannel.open(part, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
        byte[] head = header.format();
        TilesChannel tiles;
        if (channel.size() < head.length) {
          // Nothing was computed yet, or the machine stopped within the creation.
          channel.truncate(0);
          Npy.drain(channel.position(0), ByteBuffer.wrap(head));
          channel.force(true);
          // Without this a power cut may lose the file's name and every band with it.
          AtomicFile.forceFolder(AtomicFile.folder(part));
          tiles = new TilesChannel(part, channel, header);
        } else {
          tiles = openBegun(part, channel);
          String difference = tiles.header().difference(header);
          if (difference != null) {
            throw new InvalidDataException(part + " holds a part of another computation: " + difference
                + "; repeat what it was begun with, or delete it to begin anew");
          }
        }
        TilesWriter writer = new TilesWriter(tiles, tiles.slots(), lock);
        writer.dropAltered(control);
        done = true;
        return writer;
      } finally {
        if (!done) {
          try (lock) {
            if (channel != null) {
              channel.close();
            }
          }
        }
      }
    } catch (IOException e) {
      throw failed(part, e);
    }
  }

  private static TilesChannel openBegun(Path part, FileChannel channel) throws IOException {
    try {
      return TilesChannel.open(part, channel);
    } catch (InvalidDataException e) {
      throw new InvalidDataException(e.getMessage() + "; delete it to begin anew", e);
    }
  }

  private static LightconeIoException failed(Path part, IOException e) {
    return new LightconeIoException("cannot write " + part + ": " + AtomicFile.reason(e)
        + "; the bands in it are kept, give the same command again when it can be written", e);
  }

  private void dropAltered(Control control) throws IOException {
    for (int slot = 0; slot < slots.length; slot++) {
      if (slots[slot] != null && !tiles.intact(slots[slot], control)) {
        slots[slot] = null;
        tiles.writeSlot(slot, null);
      }
    }
  }

  /** The bands that are done. */
  List<TilesEntry> done() {
    List<TilesEntry> done = new ArrayList<>();
    for (TilesEntry entry : slots) {
      if (entry != null) {
        done.add(entry);
      }
    }
    return done;
  }

  /** Writes a band; when this returns, no kill and no power cut loses it. */
  void write(int begin, int end, OffHeap band, DistanceMatrix.Report report, Control control) {
    int slot = 0;
    // A line per block row: bands do not overlap, so one is free.
    while (slots[slot] != null) {
      slot++;
    }
    try {
      int crc = TilesChannel.checksum(band, tiles.layout().bytes(begin, end), control);
      TilesEntry entry = TilesEntry.of(begin, end, crc, report);
      tiles.writeBand(slot, entry, band, control);
      slots[slot] = entry;
    } catch (IOException e) {
      throw failed(tiles.file(), e);
    }
  }

  /** The complete file, to read; closing it closes this writer's file too. */
  TilesFile read() {
    try {
      return new TilesFile(tiles, tiles.complete());
    } catch (IOException e) {
      throw Npy.unreadable(tiles.file(), e);
    }
  }

  /** Gives the complete file its name. */
  void adopt(Path target) {
    try {
      tiles.complete();
      AtomicFile.adopt(tiles.file(), target);
    } catch (IOException e) {
      throw failed(tiles.file(), e);
    }
  }

  @Override
  public void close() {
    try (lock) {
      tiles.close();
    } catch (IOException e) {
      throw failed(tiles.file(), e);
    }
  }
}
