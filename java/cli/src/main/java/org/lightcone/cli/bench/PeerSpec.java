// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Someone else's way to the same answer: a script of bench/peers.
 *
 * @param name for the table
 * @param script file name in bench/peers
 * @param arguments besides {@code --out} and {@code --serve}; its threads it has from its environment
 * @param compare the error of the .npy that it wrote
 * @param rounds how often it runs at most, interleaved with ours after a first run; 1: that first run is all
 */
record PeerSpec(String name, String script, List<String> arguments, Compare compare, int rounds) {
  /** Reads a peer's answer. */
  @FunctionalInterface
  interface Compare {
    Errors errors(Path npy) throws IOException;
  }
}
