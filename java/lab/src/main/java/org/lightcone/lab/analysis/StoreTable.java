// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.analysis;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lightcone.AtomicFile;
import org.lightcone.Control;
import org.lightcone.DType;
import org.lightcone.Kind;
import org.lightcone.Predictions;
import org.lightcone.lab.store.PredictionBlock;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.store.RunRecord;
import org.lightcone.lab.store.Status;
import org.lightcone.lab.store.Store;

/**
 * All records of a store's runs that did not fail, as one table of models: runs in the store's order, records in order
 * of training. Taken once: what a running process adds later is not in it. Immutable.
 */
public final class StoreTable implements SplitAnalysis.Source {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A run's rows: its records become models {@code firstModel}, {@code firstModel + 1}, ... */
  record Rows(RunInfo run, int firstModel, List<RunRecord> records) {}

  private final Store store;
  private final String split;
  private final int[] labels;
  private final int classes;
  private final List<Rows> rows;
  private final int models;

  private StoreTable(Store store, String split, List<Rows> rows, int models) {
    this.store = store;
    this.split = split;
    this.labels = store.labels(split);
    this.classes = store.classNames().size();
    this.rows = rows;
    this.models = models;
  }

  /**
   * The table of one split.
   *
   * @throws org.lightcone.lab.store.StoreException if the store has no such split
   */
  public static StoreTable of(Store store, String split) {
    return of(store, split, store.runs());
  }

  /** The same for runs listed before: what another process begins meanwhile is not in it. */
  static StoreTable of(Store store, String split, List<RunInfo> runs) {
    List<Rows> rows = new ArrayList<>();
    int models = 0;
    for (RunInfo run : runs) {
      if (run.status() == Status.FAILED) {
        continue;
      }
      List<RunRecord> records = store.records(run.id());
      if (!records.isEmpty()) {
        rows.add(new Rows(run, models, records));
        models += records.size();
      }
    }
    return new StoreTable(store, split, List.copyOf(rows), models);
  }

  /** M. */
  @Override
  public int models() {
    return models;
  }

  /** C. */
  public int classes() {
    return classes;
  }

  /** True classes of the samples, (N). */
  public int[] labels() {
    return labels.clone();
  }

  List<Rows> rows() {
    return rows;
  }

  @Override
  public void addTo(Predictions.Builder table) {
    for (Rows run : rows) {
      for (PredictionBlock block : store.predictionBlocks(run.run().id(), split)) {
        // The run may have gone on since its records were listed.
        int records = Math.min(block.records(), run.records().size() - block.firstRecord());
        if (records > 0) {
          table.addFile(block.file(), block.offset(), Kind.LOG_PROBS, DType.FLOAT32,
              run.firstModel() + (long) block.firstRecord(), records, block.firstSample(), block.samples(),
              block.recordStrideBytes());
        }
      }
    }
  }

  /**
   * The models' predictions, validated.
   *
   * @throws IllegalArgumentException if the store has no record yet
   */
  public Predictions predictions(int threads, Control control) {
    if (models == 0) {
      throw new IllegalArgumentException("The store " + store.root() + " has no recorded model of a run that did not"
          + " fail: train first (lightcone train), or see lightcone status.");
    }
    Predictions.Builder builder = Predictions.builder(models, labels.length, classes);
    addTo(builder);
    return builder.build(threads, control);
  }

  /** Which run and record each row is, as JSON beside a matrix; appears complete or not at all. */
  public void writeIndex(Path file) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    json.put("split", split).put("samples", labels.length).put("classes", classes);
    json.put("sample_hash", store.sampleHash(split));
    ArrayNode all = json.putArray("rows");
    for (Rows run : rows) {
      for (RunRecord record : run.records()) {
        all.addObject().put("run", run.run().id()).put("record", record.index()).put("step", record.step())
            .put("epoch", record.epoch());
      }
    }
    AtomicFile.replace(file, JSON.writeValueAsString(json).getBytes(StandardCharsets.UTF_8));
  }
}
