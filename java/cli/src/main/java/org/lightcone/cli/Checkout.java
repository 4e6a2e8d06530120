// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The source tree that this command line was started from, where it was: the launcher says so. */
final class Checkout {
  private Checkout() {}

  /** Its folder, or null. */
  static Path folder() {
    String said = System.getProperty("lightcone.checkout");
    return said == null || !Files.isDirectory(Path.of(said, "bench", "peers")) ? null : Path.of(said);
  }

  /** "d5c8c57", with "-dirty" where something is not committed; "unknown" without a checkout or git. */
  static String commit(Path folder) throws IOException {
    if (folder == null || Machine.program("git") == null) {
      return "unknown";
    }
    Process git = new ProcessBuilder("git", "-C", folder.toString(), "describe", "--always", "--dirty", "--abbrev=7",
        "--exclude=*").redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      return git.waitFor() == 0 && !said.isEmpty() ? said : "unknown";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "unknown";
    }
  }
}
