// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.nio.file.Path;

/**
 * How a sweep is carried out; nothing here but {@code threads} changes any bits.
 *
 * @param threads LibTorch threads
 * @param shard which part of the sweep's runs
 * @param dataDir where the full data set lies; null for Debian's place
 * @param stop asks for a clean stop
 * @param snapshots how often
 * @param allowThreadChange lets runs begun under another thread count go on under this one (their bits are
 *     then those of neither)
 */
public record SweepOptions(int threads, Shard shard, Path dataDir, StopSignal stop, SnapshotPolicy snapshots,
      boolean allowThreadChange) {
  /** Part {@code index} (from 1) of {@code count}: every count-th run. */
  public record Shard(int index, int count) {
    /** All runs. */
    public static final Shard ALL = new Shard(1, 1);

    public Shard {
      if (count < 1 || index < 1 || index > count) {
        throw new SpecException("A shard is i/n with 1 <= i <= n, not " + index + "/" + count + ".");
      }
    }

    /** Reads {@code i/n}. */
    public static Shard parse(String text) {
      if (!text.matches("\\d{1,9}/\\d{1,9}")) {
        throw new SpecException("A shard is i/n, for example 2/4, not \"" + text + "\".");
      }
      String[] parts = text.split("/");
      return new Shard(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    boolean takes(int run) {
      return run % count == index - 1;
    }
  }

  public SweepOptions {
    if (threads < 1) {
      throw new SpecException("Training needs at least 1 thread, not " + threads + ".");
    }
  }

  /** All runs, Debian's data, no stop but a kill. */
  public static SweepOptions of(int threads) {
    return new SweepOptions(threads, Shard.ALL, null, new StopSignal(), SnapshotPolicy.DEFAULT, false);
  }

  public SweepOptions withShard(Shard value) {
    return new SweepOptions(threads, value, dataDir, stop, snapshots, allowThreadChange);
  }

  public SweepOptions withDataDir(Path value) {
    return new SweepOptions(threads, shard, value, stop, snapshots, allowThreadChange);
  }

  public SweepOptions withStop(StopSignal value) {
    return new SweepOptions(threads, shard, dataDir, value, snapshots, allowThreadChange);
  }

  public SweepOptions withSnapshots(SnapshotPolicy value) {
    return new SweepOptions(threads, shard, dataDir, stop, value, allowThreadChange);
  }

  public SweepOptions withAllowThreadChange(boolean value) {
    return new SweepOptions(threads, shard, dataDir, stop, snapshots, value);
  }
}
