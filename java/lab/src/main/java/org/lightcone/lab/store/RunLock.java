// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;

/**
 * The right to write one run: a lock on {@code runs/<id>/lock} between processes, which the system drops when
 * the process dies, and a set of held folders between the threads of this one.
 */
final class RunLock implements AutoCloseable {
  // Process-wide on purpose: POSIX drops a process's lock as soon as any of its handles on the file is
  // closed, so that two users in one process must know of each other before either opens the file.
  private static final Set<Path> HELD = new HashSet<>();
  // A reader that asks "is it running?" holds a shared lock for an instant; try again before refusing a
  // writer.
  private static final int ATTEMPTS = 5;
  private static final long PAUSE_MS = 40;

  private final Path folder;
  private final FileChannel channel;

  private RunLock(Path folder, FileChannel channel) {
    this.folder = folder;
    this.channel = channel;
  }

  /** @throws RunBusyException if someone else holds it */
  static RunLock acquire(Path runFolder, String id) {
    Path file = runFolder.resolve("lock");
    try {
      Path folder = runFolder.toRealPath();
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        synchronized (HELD) {
          if (HELD.contains(folder)) {
            throw new RunBusyException(id);
          }
          FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          boolean locked = false;
          try {
            FileLock lock = channel.tryLock();
            locked = lock != null;
          } finally {
            if (!locked) {
              channel.close();
            }
          }
          if (locked) {
            HELD.add(folder);
            return new RunLock(folder, channel);
          }
        }
        Thread.sleep(PAUSE_MS);
      }
      throw new RunBusyException(id);
    } catch (IOException e) {
      throw AtomicFiles.failure(file, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RunBusyException(id);
    }
  }

  /** Whether some writer holds the run now. */
  static boolean isHeld(Path runFolder) {
    Path file = runFolder.resolve("lock");
    try {
      synchronized (HELD) {
        if (!Files.exists(file)) {
          return false;
        }
        if (HELD.contains(runFolder.toRealPath())) {
          return true;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
  FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
          return lock == null;
        }
      }
    } catch (IOException e) {
      // A store on a read-only or lockless file system has no writers that we could see.
      return false;
    }
  }

  @Override
  public void close() {
    synchronized (HELD) {
      if (HELD.remove(folder)) {
        try {
          channel.close();
        } catch (IOException e) {
          // The process's end drops the lock at the latest.
        }
      }
    }
  }
}
