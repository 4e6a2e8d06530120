// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A process of its own that trains, so that a test can kill it. */
public final class TrainChild {
  private TrainChild() {
  }

  /**
   * Arguments: store, shard, epochs, seeds... Prints "ready" when the first step is done and a summary at the
   * end.
   */
  public static void main(String[] args) {
    RunSpec[] runs = new RunSpec[args.length - 3];
    for (int i = 0; i < runs.length; i++) {
      runs[i] = run(Integer.parseInt(args[2]), Long.parseLong(args[3 + i]));
    }
    SweepOptions options = SweepOptions.of(1).withShard(SweepOptions.Shard.parse(args[1]))
        .withSnapshots(new SnapshotPolicy(1e9, 3));
    Summary summary = Sweep.run(new Spec(List.of(runs)), Path.of(args[0]), options, new SweepListener() {
      private boolean said;

      @Override
      public void stepped(long step) {
        if (!said) {
          said = true;
          System.out.println("ready");
        }
      }
    });
    System.out.println(summary);
    System.exit(summary.done() == summary.runs() ? 0 : 1);
  }

  /** Momentum and the scale of Adam's second moments would show a state that was not restored. */
  static RunSpec run(int epochs, long seed) {
    return Small.run("fc", OptimizerSpec.of("adam", 0.002), seed, epochs, new Checkpoints.PerEpoch(4));
  }

  /** Starts one with this JVM's class path, its output merged. */
  static Process start(Path store, String shard, int epochs, long... seeds) throws IOException {
    String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command = new java.util.ArrayList<>(List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
        "-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty("org.bytedeco.javacpp.cachedir", ""),
        "-cp", classPath.replace(";", File.pathSeparator), TrainChild.class.getName(), store.toString(),
        shard, Integer.toString(epochs)));
    for (long seed : seeds) {
      command.add(Long.toString(seed));
    }
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
