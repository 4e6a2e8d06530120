// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.lightcone.FuzzProperty;

/** Any bytes in place of one file of a sound store: everything that reads it answers, or says which file is damaged. */
@Tag("fuzz")
class StoreFuzzTest {
  private static final Path FOLDER = FuzzProperty.folder();
  private static final String RUN = "runs/r1/";

  private static final SampleSet SAMPLES = new SampleSet("test", new int[] {0, 1, 1}, "hash");

  /** A store with one run of two records. */
  private static void makeSound(Path root) {
    Store store = Store.openOrCreate(root);
    store.declare(new DataFacts("toy", "made", "content", List.of(1, 2, 2), List.of("no", "yes")), List.of(SAMPLES));
    try (RunWriter writer = store.writer("r1", Json.object().put("id", "r1").put("spec_hash", "s1"),
        List.of(SAMPLES), 2)) {
      for (int record = 0; record < 2; record++) {
        writer.append(new RunRecord(record, record, record, 0.7, 0.5, 0.7, 0.5, 1),
            Map.of("test", ByteBuffer.allocateDirect(3 * 2 * Float.BYTES)));
      }
      writer.status(Status.DONE, "");
    }
    store.plan(List.of(Json.object().put("id", "r2").put("spec_hash", "s2")));
  }

  private static void holds(String path, byte[] content) {
    Path root = FOLDER.resolve(path.replace('/', '-'));
    Path file = root.resolve(path);
    if (!Files.exists(root)) {
      makeSound(root);
    }
    FuzzProperty.write(file, content);
    // What a sound manifest says about other files may not fit: then the store is named, not the file.
    String name = path.equals("lightcone.json") ? root.toString() : file.toString();
    FuzzProperty.holds(name, StoreException.class, () -> readAll(root));
  }

  private static void readAll(Path root) {
    Store store = Store.open(root);
    store.data();
    store.inputShape();
    for (String split : store.splits()) {
      store.sampleHash(split);
    }
    store.labels("test");
    store.counts();
    for (RunInfo run : store.runs()) {
      if (store.exists(run.id())) {
        store.run(run.id());
        List<RunRecord> records = store.records(run.id());
        List<PredictionBlock> blocks = store.predictionBlocks(run.id(), "test");
        long covered = blocks.stream().mapToLong(block -> (long) block.records() * block.samples()).sum();
        if (covered % Math.max(1, records.size()) != 0) {
          throw new AssertionError(records.size() + " records, but the blocks cover " + covered + " rows");
        }
      }
    }
  }

  @FuzzTest
  void manifest(byte[] content) {
    holds("lightcone.json", content);
  }

  @FuzzTest
  void plan(byte[] content) {
    holds("plan.json", content);
  }

  @FuzzTest
  void labels(byte[] content) {
    holds("samples/test/labels.npy", content);
  }

  @FuzzTest
  void run(byte[] content) {
    holds(RUN + "run.json", content);
  }

  @FuzzTest
  void metrics(byte[] content) {
    holds(RUN + "metrics.jsonl", content);
  }

  @FuzzTest
  void zarr(byte[] content) {
    holds(RUN + "predictions/test/zarr.json", content);
  }
}
