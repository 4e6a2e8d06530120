// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.file.Path;

/** Says whether the file under construction {@code args[0]} is free to write. */
final class LockProbe {
  private LockProbe() {}

  public static void main(String[] args) throws Exception {
    try (PartLock lock = PartLock.tryTake(Path.of(args[0]))) {
      System.out.println(lock == null ? "busy" : "free");
    }
  }
}
