// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Files that appear whole or not at all: written aside in the same folder, forced to the disk, then renamed, so that a
 * kill or a power cut at any moment leaves the old content or the new. Safe for several threads and processes at once;
 * the last rename wins.
 */
public final class AtomicFile {
  /** Writes the content from the beginning of the channel. */
  public interface Content {
    /** Writes all of it; an exception leaves the target as it was. */
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
    removeOrphans(target);
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
    try {
      replace(target, content);
    } catch (IOException e) {
      throw new LightconeIoException("cannot write " + target + ": " + reason(e)
          + "; nothing was left under that name, free some room or choose another folder", e);
    }
  }

  /** Creates or replaces {@code target}. */
  public static void replace(Path target, Content content) throws IOException {
    removeOrphans(target);
    Path aside = aside(target);
    try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE, StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING)) {
      lock(channel);
      content.writeTo(channel);
      channel.force(true);
      move(aside, target);
      forceFolder(folder(target));
    } finally {
      deleteQuietly(aside);
    }
  }

  /** Shows that the file is being written; false if someone else shows it, or the file system cannot say. */
  private static boolean lock(FileChannel channel) {
    try {
      return channel.tryLock() != null;
    } catch (IOException | OverlappingFileLockException e) {
      return false;
    }
  }

  /** Deletes what killed processes left of that target: the process is gone, and on no other machine holds a lock. */
  private static void removeOrphans(Path target) {
    Path folder = folder(target);
    Pattern name = Pattern.compile(
        "\\." + Pattern.quote(target.getFileName().toString()) + "\\.(\\d{1,18})-\\d+\\.part");
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, file -> {
      Matcher matcher = name.matcher(file.getFileName().toString());
      return matcher.matches() && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty();
    })) {
      for (Path orphan : found) {
        try (FileChannel channel = FileChannel.open(orphan, StandardOpenOption.WRITE)) {
          if (lock(channel)) {
            Files.deleteIfExists(orphan);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // They only take room; the writing that follows says what is wrong with the folder.
    }
  }

  /** Creates or replaces {@code target} with these bytes. */
  public static void replace(Path target, byte[] content) throws IOException {
    replace(target, channel -> {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    });
  }

  /** Forces {@code aside}, written by someone else in the target's folder, to the disk and gives it its name. */
  public static void adopt(Path aside, Path target) throws IOException {
    try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    move(aside, target);
    forceFolder(folder(target));
  }

  /**
   * The name a file has while it is written. Process and thread are in it, so that two writers on one machine never
   * share it. A kill during the writing leaves it behind, hidden, until the same target is written again.
   */
  public static Path aside(Path target) {
    return folder(target).resolve("." + target.getFileName() + "." + ProcessHandle.current().pid() + "-"
        + Thread.currentThread().getId() + ".part");
  }

  private static void move(Path aside, Path target) throws IOException {
    try {
      Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** Without this a crash may lose the rename though the content is on the disk. */
  static void forceFolder(Path folder) throws IOException {
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

  /** The folder that a target is in. */
  static Path folder(Path target) {
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
