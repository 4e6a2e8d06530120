// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to write a file under construction, for one writer on all processes: a lock of the system on a file of its
 * own, {@code PART.lock}, that ends with the process and is deleted with the right. Of its own, because a POSIX lock is
 * lost when the process closes any descriptor of the locked file, and the part itself is opened by readers too.
 */
final class PartLock implements AutoCloseable {
  /**
   * What this process holds: the lock file must not even be opened a second time, closing it would give the lock up.
   * The lock belongs to the whole process, and so does this.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path key;
  private final Path file;
  private final FileChannel channel;

  private PartLock(Path key, Path file, FileChannel channel) {
    this.key = key;
    this.file = file;
    this.channel = channel;
  }

  /** Takes it; null if another writer, of this process or another, has it. */
  static PartLock tryTake(Path part) throws IOException {
    Path absolute = part.toAbsolutePath();
    Path file = absolute.resolveSibling(absolute.getFileName() + ".lock");
    Path key = absolute.getParent().toRealPath().resolve(file.getFileName());
    if (!HELD.add(key)) {
      return null;
    }
    PartLock taken = null;
    try {
      FileChannel channel = locked(file);
      taken = channel == null ? null : new PartLock(key, file, channel);
      return taken;
    } finally {
      if (taken == null) {
        HELD.remove(key);
      }
    }
  }

  private static FileChannel locked(Path file) throws IOException {
    while (true) {
      try {
        Files.createFile(file);
      } catch (FileAlreadyExistsException e) {
        // Another writer's, or left by a kill.
      }
      boolean done = false;
      FileChannel channel = null;
      try {
        Object before = fileKey(file);
        channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
          return null;
        }
        // Whoever had the lock may have deleted the file meanwhile: then this lock keeps nobody out.
        if (before.equals(fileKey(file))) {
          done = true;
          return channel;
        }
      } catch (NoSuchFileException e) {
        // Deleted meanwhile.
      } catch (OverlappingFileLockException e) {
        return null;
      } finally {
        if (!done && channel != null) {
          channel.close();
        }
      }
    }
  }

  private static Object fileKey(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /** Gives it up. Idempotent. */
  @Override
  public void close() throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    try (channel) {
      Files.deleteIfExists(file);
    } finally {
      HELD.remove(key);
    }
  }
}
