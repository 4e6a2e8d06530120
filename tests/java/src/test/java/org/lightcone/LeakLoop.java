// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Takes and gives back everything the engine has, many times; prints by how many bytes the process grew. */
final class LeakLoop {
  static final int MODELS = 256;
  static final int ROUNDS = 150;

  private LeakLoop() {}

  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0], "P.npy");
    Path matrix = Path.of(arguments[0], "D.npy");
    Npy.writeFloats(file, Tables.logits(new Random(63), MODELS, 50, 10, 2), MODELS, 50, 10);
    // Pools of the allocator, of OpenBLAS and of the JVM's compilers fill up first.
    for (int round = 0; round < ROUNDS; round++) {
      everything(file, matrix);
    }
    long before = residentBytes();
    for (int round = 0; round < ROUNDS; round++) {
      everything(file, matrix);
    }
    System.out.println(residentBytes() - before);
  }

  private static void everything(Path file, Path matrix) {
    try (Control control = new Control();
        Predictions table = Predictions.open(file, Kind.LOGITS, 1, control);
        DistanceMatrix d = DistanceMatrix.computeTo(matrix, table, DistanceOptions.defaults().withThreads(1), control);
        DistanceMatrix read = DistanceMatrix.read(matrix)) {
      if (d.get(3, 4) != read.get(3, 4)) {
        throw new AssertionError("read otherwise than written");
      }
      InPca.embed(read, 2, 1);
    }
    try {
      Predictions.open(file, Kind.PROBS).close();
      throw new AssertionError("logits are no probabilities");
    } catch (InvalidDataException e) {
      // The failing way must give everything back too.
    }
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    throw new AssertionError("/proc/self/status has no VmRSS");
  }
}
