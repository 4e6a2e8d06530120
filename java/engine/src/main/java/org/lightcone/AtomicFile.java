// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that appear whole or not at all: written aside, forced to the disk, then renamed. */
final class AtomicFile {
  /** Writes the content from the beginning of the channel. */
  interface Content {
    void writeTo(FileChannel channel) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Refuses, before any work, a target that cannot receive {@code bytes}: no such folder, a folder of that
   * name, or too little room.
   */
  static void requireRoom(Path target, long bytes) {
    Path folder = folder(target);
    if (!Files.isDirectory(folder)) {
      throw new LightconeIoException("cannot write " + target + ": the folder " + folder
          + " does not exist; create it first");
    }
    if (Files.isDirectory(target)) {
      throw new LightconeIoException("cannot write " + target + ": it is a folder; name a file in it");
    }
    try {
      long free = Files.getFileStore(folder).getUsableSpace();
      if (free < bytes) {
        throw new LightconeIoException("cannot write " + target + ": it needs " + Memory.size(bytes) + " and the disk of "
            + folder + " has " + Memory.size(free) + " free; free some or choose another folder");
      }
    } catch (IOException e) {
      // The room is not known; writing itself will tell.
    }
  }

  /** Writes {@code bytes} bytes; an existing file is replaced. */
  static void write(Path target, long bytes, Content content) {
    requireRoom(target, bytes);
    // A random name, so that two writers of one target never share it.
    Path aside = folder(target).resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".part");
    try {
      try (FileChannel channel =
          FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
        content.writeTo(channel);
        channel.force(true);
      }
      move(aside, target);
      forceFolder(folder(target));
    } catch (IOException e) {
      throw new LightconeIoException("cannot write " + target + ": " + reason(e)
          + "; nothing was left under that name, free some room or choose another folder", e);
    } finally {
      deleteQuietly(aside);
    }
  }

  private static void move(Path aside, Path target) throws IOException {
    try {
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Without this a crash may lose the rename though the content is on the disk. */
  private static void forceFolder(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      System.getLogger("org.lightcone").log(System.Logger.Level.WARNING, "could not remove " + file, e);
    }
  }

  private static Path folder(Path target) {
    Path parent = target.toAbsolutePath().getParent();
    if (parent == null) {
      throw new LightconeIoException("cannot write " + target + ": it names no file");
    }
    return parent;
  }

  /** What the system says, without the path that FileSystemException repeats. */
  static String reason(IOException e) {
    if (e instanceof java.nio.file.NoSuchFileException) {
      return "no such file";
    }
    if (e instanceof java.nio.file.AccessDeniedException) {
      return "permission denied";
    }
    if (e instanceof FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
