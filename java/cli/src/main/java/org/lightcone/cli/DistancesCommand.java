// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.lightcone.Control;
import org.lightcone.DistanceFile;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.DistanceOptions.Infinity;
import org.lightcone.DistanceOptions.Refine;
import org.lightcone.DistanceOptions.SampleRange;
import org.lightcone.DistancePlan;
import org.lightcone.Kind;
import org.lightcone.Metric;
import org.lightcone.Predictions;
import org.lightcone.lab.analysis.StoreTable;
import org.lightcone.lab.store.Store;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone distances}: all pairwise distances of one table of predictions. */
@Command(name = "distances", header = "All pairwise Bhattacharyya distances, in nats per sample.",
    description = {"Reads P.npy (M, N, C), float32 or float64, or the records of a store, and writes the"
        + " symmetric (M, M) float32 matrix.", "",
        "From a store: the records of all runs that did not fail, runs in the order of their sweep, records"
        + " in the order of training; D.index.json beside D.npy names run, record and step of every row."},
    footer = {"", "Example:", "  lightcone distances --predictions P.npy --kind probs --out D.npy"})
final class DistancesCommand extends Verb {
  private static final List<String> METRICS_LATER = List.of("hellinger", "jeffreys", "geodesic", "geodesic-l2",
      "euclidean", "jensen-shannon", "disagreement");

  @Option(names = "--predictions", paramLabel = "P.npy", description = "Predictions (M, N, C), C order.")
  private Path predictions;

  @Option(names = "--kind", paramLabel = "K", description = "What they are: probs, log-probs or logits.")
  private String kind;

  @Option(names = "--store", paramLabel = "DIR", description = "A store, instead of --predictions and --kind.")
  private Path store;

  @Option(names = "--split", paramLabel = "S", description = "Which samples of the store: train or test.")
  private String split;

  @Option(names = "--metric", paramLabel = "M", defaultValue = "bhattacharyya",
      description = "bhattacharyya (the default, and the only one in this version).")
  private String metric;

  @Option(names = "--precision", paramLabel = "P", defaultValue = "exact",
      description = "exact (the default, and the only one in this version).")
  private String precision;

  @Option(names = "--infinity", paramLabel = "keep|cap", defaultValue = "keep",
      description = "Keep infinite distances, or let every infinite per-sample term be 100 nats (default: keep).")
  private String infinity;

  @Option(names = "--refine", paramLabel = "auto|off", defaultValue = "auto",
      description = "Measure near-identical models again in float64 (default: auto).")
  private String refine;

  @Option(names = "--samples", paramLabel = "a:b[:step]", description = "Use only these samples.")
  private String samples;

  @Option(names = "--std-errors", paramLabel = "E.npy", hidden = true)
  private Path standardErrors;

  @Option(names = "--against", paramLabel = "Q.npy", hidden = true)
  private Path against;

  @Option(names = "--out", paramLabel = "D.npy|D.tiles", required = true,
      description = "Where the matrix goes. What does not fit in --memory is computed in bands on the disk, which a"
          + " stopped command finds again.")
  private Path out;

  @Override
  @SuppressWarnings("try") // the stage and the line act by being open
  Result execute() throws Exception {
    DistanceOptions options = options();
    try (Control control = new Control(); Interruption.Stage stage = stop.stage(control::cancel)) {
      if (store == null) {
        try (Predictions table = Predictions.open(predictions, Kind.parse(kind), common.threads(), control)) {
          return measure(table, options, control);
        }
      }
      StoreTable rows = StoreTable.of(Store.open(store), split);
      try (Predictions table = rows.predictions(common.threads(), control)) {
        // The old index must never stand beside a new matrix.
        Files.deleteIfExists(indexFile());
        Result result = measure(table, options, control);
        rows.writeIndex(indexFile());
        return result;
      }
    }
  }

  /** D.index.json beside D.npy. */
  private Path indexFile() {
    return out.resolveSibling(out.getFileName().toString().replaceFirst("\\.(npy|tiles)$", ".index.json"));
  }

  private DistanceOptions options() {
    try {
      if ((predictions == null) == (store == null)) {
        throw new IllegalArgumentException("give either --predictions P.npy --kind K, or --store DIR --split S");
      }
      if (predictions != null && kind == null) {
        throw new IllegalArgumentException("--kind is missing: say what " + predictions
            + " holds, probs, log-probs or logits");
      }
      if (store != null && split == null) {
        throw new IllegalArgumentException("--split is missing: say which samples of the store, train or test");
      }
      if (predictions != null) {
        Options.parsed("--kind", kind, Kind::parse);
      }
      Options.available("--metric", metric, List.of("bhattacharyya"), METRICS_LATER);
      Options.available("--precision", precision, List.of("exact"), List.of("fast", "compat"));
      if (standardErrors != null || against != null) {
        throw new IllegalArgumentException((against != null ? "--against" : "--std-errors")
            + " is not in this version: leave it out to get the distances alone");
      }
      Options.matrixOutput("--out", out);
      DistanceOptions options = DistanceOptions.defaults()
          .withMetric(Metric.parse(metric))
          .withInfinity(Options.parsed("--infinity", infinity, Infinity::parse))
          .withRefine(Options.parsed("--refine", refine, Refine::parse))
          .withThreads(common.threads());
      return samples == null ? options : options.withSamples(Options.parsed("--samples", samples, SampleRange::parse));
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  @SuppressWarnings("try") // the stage and the line act by being open
  private Result measure(Predictions table, DistanceOptions options, Control control) {
    long models = table.models();
    if (models < 2) {
      throw new IllegalArgumentException((predictions != null ? predictions : store) + " holds 1 model, and a distance"
          + " takes two: add models");
    }
    long limit = common.memoryBytes();
    DistancePlan plan = DistanceFile.plan(out, table, options, limit);
    if (!plan.inMemory()) {
      spec.commandLine().getErr().println("distances: " + plan);
    }
    long begin = System.nanoTime();
    try (ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "distances", "pair-samples",
            control::done, control::total)) {
      DistanceFile.Summary summary = DistanceFile.compute(out, table, options, limit, control);
      return result(models, table.classes(), summary, (System.nanoTime() - begin) * 1e-9);
    }
  }

  private Result result(long models, long classes, DistanceFile.Summary summary, double seconds) {
    DistanceMatrix.Report report = summary.report();
    ObjectNode json = JSON.createObjectNode();
    json.put("models", models);
    json.put("samples", report.samples());
    json.put("classes", classes);
    json.put("metric", metric);
    json.put("precision", precision);
    json.put("device", "cpu");
    json.put("isa", report.isa().toString());
    json.put("threads", report.threads());
    json.put("infinite", report.infinitePairs());
    json.put("infinite_terms", report.infiniteTerms());
    json.put("refined_share", report.refinedShare());
    json.putObject("seconds").put("read", report.readSeconds()).put("distances", report.distancesSeconds())
        .put("refine", report.refineSeconds()).put("write", report.writeSeconds());
    double kernel = report.distancesSeconds();
    double rate = kernel > 0 ? (double) report.pairs() * report.samples() / kernel : 0;
    json.put("pair_samples_per_second", rate);
    json.put("reads", summary.reads());
    json.put("bands", summary.bands());
    json.put("resumed_bands", summary.resumedBands());
    json.put("out", out.toString());
    return new Result(json, List.of(
        String.format(Locale.ROOT, "%d models, %d samples, %d classes: %s in %.2f s (%s, %d threads, %s"
            + " pair-samples/s)", models, report.samples(), classes, out, seconds, report.isa(), report.threads(),
            ProgressLine.si(rate)),
        String.format(Locale.ROOT, "measured again in float64: %.3g%% of the pairs; infinite: %d pairs (%d terms)",
            100 * report.refinedShare(), report.infinitePairs(), report.infiniteTerms()),
        String.format(Locale.ROOT, "bands: %d, %d of them found from an earlier command; reads of the input: %d",
            summary.bands(), summary.resumedBands(), summary.reads())));
  }
}
