// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.analysis;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lightcone.Control;
import org.lightcone.Embedding;
import org.lightcone.EngineInfo;
import org.lightcone.lab.report.ReportData;
import org.lightcone.lab.store.DataFacts;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.store.RunRecord;
import org.lightcone.lab.store.Status;
import org.lightcone.lab.store.Store;

/**
 * From a store to what its report shows: for each split the distances of all recorded models, ignorance, truth and the
 * geodesic between them, their embedding, and each model's progress; the runs with their errors and failures.
 *
 * @param report everything the page shows
 * @param models recorded models of the main split; others may have more while a run is being trained
 * @param samples samples of the main split
 * @param classes classes
 * @param embedding of the main split (train where there is one); null when no model is recorded
 * @param seconds wall-clock seconds of this analysis, all splits together
 */
public record StoreAnalysis(ReportData report, int models, int samples, int classes, Embedding embedding,
                            Seconds seconds) {
  /** Wall-clock seconds; progress is that of finding Eq 4 for every model. */
  public record Seconds(double distances, double embedding, double progress) {}

  /**
   * Analyses a store. Reads only; a store that is being written is analysed as it stands.
   *
   * @param title the page's heading
   * @param threads engine threads, at least 1
   * @param watch told what goes on
   * @throws org.lightcone.CancelledException if a control given to the watch was cancelled
   */
  public static StoreAnalysis of(Store store, String title, int threads, Watch watch) {
    List<RunInfo> runs = store.runs();
    Map<String, Integer> place = new HashMap<>();
    List<ReportData.Run> shown = new ArrayList<>();
    for (RunInfo run : runs) {
      place.put(run.id(), shown.size());
      shown.add(describe(run, store.records(run.id())));
    }
    List<String> splits = new ArrayList<>(store.splits());
    // The train view opens first.
    splits.sort(Comparator.comparing((String split) -> !split.equals("train")).thenComparing(split -> split));
    List<ReportData.View> views = new ArrayList<>();
    boolean capped = false;
    double distances = 0;
    double embedding = 0;
    double progress = 0;
    Embedding main = null;
    int models = 0;
    int samples = 0;
    for (String split : splits) {
      StoreTable table = StoreTable.of(store, split, runs);
      if (table.models() == 0) {
        continue;
      }
      SplitAnalysis analysis = SplitAnalysis.of(table, table.labels(), table.classes(), threads, watch.of(split));
      if (main == null) {
        main = analysis.embedding();
        models = table.models();
        samples = table.labels().length;
      }
      capped |= analysis.capped();
      distances += analysis.seconds().distances();
      embedding += analysis.seconds().embedding();
      progress += analysis.seconds().progress();
      views.add(view(split, store.sampleHash(split), table, analysis, place));
    }
    Seconds seconds = new Seconds(distances, embedding, progress);
    ReportData report = new ReportData(title, subtitle(store.data(), runs, models, capped), shown, views,
        stages(runs, seconds), provenance(store, runs, threads, capped));
    return new StoreAnalysis(report, models, samples, store.classNames().size(), main, seconds);
  }

  /** Told what the analysis does, by the thread that runs it. */
  public interface Watch {
    /** A stage of a split begins; until {@link #end} the control counts it and can cancel it; may be null. */
    void begin(String stage, Control control);

    /** The stage is over. */
    void end();

    private SplitAnalysis.Watch of(String split) {
      Watch self = this;
      return new SplitAnalysis.Watch() {
        @Override
        public void begin(String stage, Control control) {
          self.begin(stage + " (" + split + ")", control);
        }

        @Override
        public void end() {
          self.end();
        }
      };
    }
  }

  private static ReportData.Run describe(RunInfo run, List<RunRecord> records) {
    ReportData.Status status = switch (run.status()) {
      case DONE -> ReportData.Status.DONE;
      case FAILED -> ReportData.Status.FAILED;
      default -> ReportData.Status.RUNNING;
    };
    RunRecord last = records.isEmpty() ? null : records.get(records.size() - 1);
    JsonNode spec = run.spec();
    return new ReportData.Run(run.id(), run.label(), run.network(), run.optimizer(),
        spec.path("optimizer").path("lr").asDouble(Double.NaN), spec.path("batch").asInt(0),
        spec.path("seed").asLong(), status,
        status == ReportData.Status.FAILED && run.reason().isBlank() ? "no reason was recorded" : run.reason(),
        last == null ? Double.NaN : last.trainError(), last == null ? Double.NaN : last.testError(), records.size(),
        run.trainingSeconds(), run.recordingSeconds());
  }

  private static ReportData.View view(String split, String hash, StoreTable table, SplitAnalysis analysis,
      Map<String, Integer> place) {
    int models = table.models();
    int[] run = new int[models];
    int[] record = new int[models];
    long[] step = new long[models];
    double[] epoch = new double[models];
    double[] trainError = new double[models];
    double[] testError = new double[models];
    double[] loss = new double[models];
    for (StoreTable.Rows rows : table.rows()) {
      int m = rows.firstModel();
      for (RunRecord r : rows.records()) {
        run[m] = place.get(rows.run().id());
        record[m] = r.index();
        step[m] = r.step();
        epoch[m] = r.epoch();
        trainError[m] = r.trainError();
        testError[m] = r.testError();
        loss[m] = split.equals("test") ? r.testLoss() : r.trainLoss();
        m++;
      }
    }
    double[][] coordinates = Arrays.copyOf(analysis.coordinates(), models);
    List<ReportData.Special> specials = new ArrayList<>();
    for (int k = 0; k < analysis.landmarks().length; k++) {
      specials.add(new ReportData.Special(
          k == 0 ? ReportData.Landmark.IGNORANCE : k == 1 ? ReportData.Landmark.TRUTH : ReportData.Landmark.GEODESIC,
          analysis.landmarks()[k], analysis.coordinates()[models + k]));
    }
    Embedding e = analysis.embedding();
    return new ReportData.View(split, table.labels().length, table.classes(), hash,
        new ReportData.Models(run, record, step, epoch, analysis.progress(), trainError, testError, loss, coordinates),
        specials, e.eigenvalues(), e.signature(), e.stress(), e.pairwise(),
        new ReportData.Distances("bhattacharyya", models + analysis.landmarks().length,
            analysis.distances().refinedShare(), analysis.distances().infiniteTerms()));
  }

  private static String subtitle(DataFacts data, List<RunInfo> runs, int models, boolean capped) {
    long failed = runs.stream().filter(run -> run.status() == Status.FAILED).count();
    return (data == null ? "" : data.name() + " (" + data.source() + "): ") + runs.size() + " runs, " + models
        + " recorded models" + (failed > 0 ? ", " + failed + " failed runs left out" : "")
        + (capped ? "; infinite per-sample terms were capped at 100 nats" : "");
  }

  private static List<ReportData.Stage> stages(List<RunInfo> runs, Seconds seconds) {
    return List.of(
        new ReportData.Stage("training", runs.stream().mapToDouble(RunInfo::trainingSeconds).sum()),
        new ReportData.Stage("recording", runs.stream().mapToDouble(RunInfo::recordingSeconds).sum()),
        new ReportData.Stage("distances", seconds.distances()),
        new ReportData.Stage("embedding", seconds.embedding()),
        new ReportData.Stage("progress", seconds.progress()));
  }

  private static ReportData.Provenance provenance(Store store, List<RunInfo> runs, int threads, boolean capped) {
    EngineInfo engine = EngineInfo.query();
    Map<String, String> more = new LinkedHashMap<>();
    DataFacts data = store.data();
    if (data != null) {
      more.put("data", data.name() + " (" + data.source() + "), SHA-256 " + data.contentHash());
    }
    if (capped) {
      more.put("infinite terms", "capped at 100 nats each: a model gave a class probability zero that another one, or"
          + " truth, gave all");
    }
    return new ReportData.Provenance(engine.version(), "", engine.isa().toString(), threads,
        System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"),
        first(runs, "host", "cpu"), System.getProperty("java.version"),
        first(runs, "versions", "libtorch"), "", Instant.now(), more);
  }

  /** A fact that run.json holds, from the first run that knows it. */
  private static String first(List<RunInfo> runs, String group, String key) {
    return runs.stream().map(run -> run.json().path(group).path(key).asText("")).filter(fact -> !fact.isEmpty())
        .findFirst().orElse("");
  }
}
