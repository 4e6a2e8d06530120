// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.lightcone.lab.store.PredictionBlock;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.store.RunRecord;
import org.lightcone.lab.store.Store;

/** Small runs for tests, and the comparison of two runs bit by bit. */
final class Small {
  static final int TRAIN = 60;
  static final int TEST = 30;

  private Small() {
  }

  /** A few-second run: 200 images, 4 steps per epoch. */
  static RunSpec run(String network, OptimizerSpec optimizer, long seed, int epochs,
      Checkpoints checkpoints) {
    return new RunSpec(new DataSpec("fashion-mnist", "bundled", 200, 100), TRAIN, TEST, network, optimizer,
        50, seed, epochs, checkpoints, true);
  }

  static Spec spec(RunSpec... runs) {
    return new Spec(List.of(runs));
  }

  static Summary sweep(Spec spec, Path store) {
    return Sweep.run(spec, store, SweepOptions.of(1), SweepListener.SILENT);
  }

  static RunInfo only(Path store) {
    List<RunInfo> runs = Store.open(store).runs();
    assertEquals(1, runs.size());
    return runs.get(0);
  }

  /** All bytes of all whole records of a run's split. */
  static byte[] predictions(Path store, String id, String split) {
    List<PredictionBlock> blocks = Store.open(store).predictionBlocks(id, split);
    int records = blocks.stream().filter(b -> b.firstSample() == 0).mapToInt(PredictionBlock::records).sum();
    int row = 10 * Float.BYTES;
    int samples = Store.open(store).labels(split).length;
    ByteBuffer all = ByteBuffer.allocate(records * samples * row);
    for (PredictionBlock block : blocks) {
      try (FileChannel in = FileChannel.open(block.file(), StandardOpenOption.READ)) {
        for (int r = 0; r < block.records(); r++) {
          int at = ((block.firstRecord() + r) * samples + block.firstSample()) * row;
          ByteBuffer part = all.duplicate().limit(at + block.samples() * row).position(at);
          long from = block.offset() + r * block.recordStrideBytes();
          while (part.hasRemaining()) {
            int n = in.read(part, from);
            if (n < 0) {
              fail(block.file() + " is shorter than its block");
            }
            from += n;
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return all.array();
  }

  /** Equal predictions and metrics, to the bit; only the seconds may differ. */
  static void assertSame(Path storeA, Path storeB, String id) {
    for (String split : List.of("train", "test")) {
      assertArrayEquals(predictions(storeA, id, split), predictions(storeB, id, split), split);
    }
    assertEquals(timeless(storeA, id), timeless(storeB, id));
  }

  private static List<RunRecord> timeless(Path store, String id) {
    return Store.open(store).records(id).stream().map(r -> new RunRecord(r.index(), r.step(), r.epoch(),
        r.trainLoss(), r.trainError(), r.testLoss(), r.testError(), 0)).toList();
  }
}
