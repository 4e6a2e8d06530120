// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.Control;
import org.lightcone.CrossDistances;
import org.lightcone.Device;
import org.lightcone.DistanceErrors;
import org.lightcone.DistanceFile;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.DistanceOptions.Infinity;
import org.lightcone.DistanceOptions.Precision;
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

/** {@code lightcone distances}: all pairwise distances of one table of predictions, or of new models to it. */
@Command(name = "distances", header = "All pairwise distances, by default Bhattacharyya's in nats per sample.",
    description = {"Reads P.npy (M, N, C), float32 or float64, or the records of a store, and writes the"
        + " symmetric (M, M) float32 matrix; with --against the (Q, M) one of Q new models.", "",
        "From a store: the records of all runs that did not fail, runs in the order of their sweep, records"
        + " in the order of training; D.index.json beside D.npy names run, record and step of every row (with --against"
        + " of every column)."},
    footer = {"", "Example:", "  lightcone distances --predictions P.npy --kind probs --out D.npy"})
final class DistancesCommand extends Verb {
  @Option(names = "--predictions", paramLabel = "P.npy", description = "Predictions (M, N, C), C order.")
  private Path predictions;

  @Option(names = "--kind", paramLabel = "K", description = "What they are, and what --against holds: probs,"
      + " log-probs or logits.")
  private String kind;

  @Option(names = "--store", paramLabel = "DIR", description = "A store, instead of --predictions.")
  private Path store;

  @Option(names = "--split", paramLabel = "S", description = "Which samples of the store: train or test.")
  private String split;

  @Option(names = "--metric", paramLabel = "M", defaultValue = "bhattacharyya",
      completionCandidates = MetricNames.class,
      description = "Which distance: ${COMPLETION-CANDIDATES} (default: bhattacharyya).")
  private String metric;

  @Option(names = "--precision", paramLabel = "P", defaultValue = "exact",
      description = "exact (default, to 2e-6 of each distance), fast (float32, near models too) or compat (the paper's"
          + " code: infinite terms count 100; bhattacharyya alone).")
  private String precision;

  @Option(names = "--infinity", paramLabel = "keep|cap", defaultValue = "keep",
      description = "Keep infinite distances, or let every infinite per-sample term be 100 nats (default: keep).")
  private String infinity;

  @Option(names = "--refine", paramLabel = "auto|off", defaultValue = "auto",
      description = "Measure near-identical models again in float64 (default: auto).")
  private String refine;

  @Option(names = "--samples", paramLabel = "a:b[:step]", description = "Use only these samples.")
  private String samples;

  @Option(names = "--std-errors", paramLabel = "E.npy",
      description = "Also write the standard error of each distance over blocks of samples; of the (Q, M) ones with"
          + " --against.")
  private Path standardErrors;

  @Option(names = "--sample-blocks", paramLabel = "B", defaultValue = "32",
      description = "Blocks of consecutive samples for --std-errors and --bootstrap (default: 32).")
  private long sampleBlocks;

  @Option(names = "--bootstrap", paramLabel = "R",
      description = "Also write R bootstrap replicates of the matrix: each is measured on blocks of samples drawn with"
          + " replacement, the same ones for all pairs. What is computed from each, an embedding say, then has its"
          + " spread over the R. Needs --replicates, and 12 bytes for each pair and replicate.")
  private Integer bootstrap;

  @Option(names = "--replicates", paramLabel = "B.npy",
      description = "Where the replicates go: (R, M, M) float32.")
  private Path replicates;

  @Option(names = "--seed", paramLabel = "S", defaultValue = "0",
      description = "Of the draws of --bootstrap: the same seed draws the same blocks (default: 0).")
  private long seed;

  @Option(names = "--against", paramLabel = "Q.npy",
      description = "Distances of these Q models, of the same samples, to the M: writes (Q, M). Not with --bootstrap.")
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
          return against != null ? measureAgainst(table, options, control) : measure(table, options, control);
        }
      }
      StoreTable rows = StoreTable.of(Store.open(store), split);
      try (Predictions table = rows.predictions(common.threads(), control)) {
        // The old index must never stand beside a new matrix.
        Files.deleteIfExists(indexFile());
        Result result = against != null ? measureAgainst(table, options, control) : measure(table, options, control);
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
      if (against != null && kind == null) {
        throw new IllegalArgumentException("--kind is missing: say what " + against
            + " holds, probs, log-probs or logits");
      }
      if (kind != null) {
        Options.parsed("--kind", kind, Kind::parse);
      }
      checkSampling();
      if (against != null) {
        Options.npyOutput("--out", out);
      } else {
        Options.matrixOutput("--out", out);
      }
      DistanceOptions options = DistanceOptions.defaults()
          .withMetric(Options.parsed("--metric", metric, Metric::parse))
          .withPrecision(Options.parsed("--precision", precision, Precision::parse))
          .withInfinity(Options.parsed("--infinity", infinity, Infinity::parse))
          .withRefine(Options.parsed("--refine", refine, Refine::parse))
          .withThreads(common.threads())
          .withDevice(common.device);
      return samples == null ? options : options.withSamples(Options.parsed("--samples", samples, SampleRange::parse));
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  /** The options about the choice of samples. */
  private void checkSampling() {
    if ((bootstrap == null) != (replicates == null)) {
      throw new IllegalArgumentException("--bootstrap R and --replicates B.npy go together: how many, and where to");
    }
    if (bootstrap != null) {
      if (bootstrap < 1) {
        throw new IllegalArgumentException("--bootstrap " + bootstrap + ": at least 1 replicate");
      }
      if (against != null) {
        throw new IllegalArgumentException("--bootstrap draws for the M models among each other: leave it out, or"
            + " --against");
      }
      Options.npyOutput("--replicates", replicates);
    }
    if (standardErrors != null) {
      if (against != null) {
        Options.npyOutput("--std-errors", standardErrors);
      } else {
        Options.matrixOutput("--std-errors", standardErrors);
      }
    }
    if ((standardErrors != null || bootstrap != null) && sampleBlocks < 2) {
      throw new IllegalArgumentException("--sample-blocks " + sampleBlocks + ": at least 2 are needed");
    }
  }

  @SuppressWarnings("try") // the stage and the line act by being open
  private Result measure(Predictions table, DistanceOptions options, Control control) {
    long models = table.models();
    if (models < 2) {
      throw new IllegalArgumentException((predictions != null ? predictions : store) + " holds 1 model, and a distance"
          + " takes two: add models");
    }
    if (standardErrors != null || bootstrap != null) {
      return measureErrors(table, options, control);
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

  /**
   * Distances, their standard errors and replicates, all in memory: three sums of float64 for each pair and one for a
   * replicate, and as many results of float32 but one.
   */
  @SuppressWarnings("try") // the line acts by being open
  private Result measureErrors(Predictions table, DistanceOptions options, Control control) {
    int drawn = bootstrap == null ? 0 : bootstrap;
    common.reserve("the distances of " + table.models() + " models and their errors",
        ((3L + drawn) * Double.BYTES + (2L + drawn) * Float.BYTES) * (table.models() * table.models() / 2));
    try (ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "distances", "pair-samples",
            control::done, control::total);
        DistanceErrors errors = DistanceErrors.compute(table, options, sampleBlocks, drawn, seed, control)) {
      long begin = System.nanoTime();
      List<String> written = new ArrayList<>();
      if (standardErrors != null) {
        errors.standardErrors().write(standardErrors);
        written.add("standard errors over " + sampleBlocks + " blocks of samples: " + standardErrors);
      }
      if (bootstrap != null) {
        errors.writeReplicates(replicates);
        written.add(bootstrap + " replicates over " + sampleBlocks + " blocks of samples: " + replicates);
      }
      errors.distances().write(out);
      DistanceMatrix.Report report = errors.distances().report();
      ObjectNode json = json(table.models(), table.classes(), report, (System.nanoTime() - begin) * 1e-9);
      json.put("sample_blocks", sampleBlocks);
      if (standardErrors != null) {
        json.put("std_errors", standardErrors.toString());
      }
      if (bootstrap != null) {
        json.putObject("bootstrap").put("replicates", bootstrap).put("seed", seed).put("out", replicates.toString());
      }
      written.addAll(0, List.of(summaryLine(table.models(), table.classes(), report), redoneLine(report)));
      return new Result(json, written);
    }
  }

  /** The (Q, M) distances of new models. */
  @SuppressWarnings("try") // the line acts by being open
  private Result measureAgainst(Predictions table, DistanceOptions options, Control control) {
    try (Predictions rows = Predictions.open(against, Kind.parse(kind), common.threads(), control)) {
      // A sum of float64 and a distance of float32 for each pair; with errors three sums and two results.
      long each = standardErrors == null ? Double.BYTES + Float.BYTES : 3 * Double.BYTES + 2 * Float.BYTES;
      common.reserve("the distances of " + rows.models() + " models to " + table.models(),
          each * rows.models() * table.models());
      return measureAgainst(rows, table, options, control);
    }
  }

  @SuppressWarnings("try") // the line acts by being open
  private Result measureAgainst(Predictions rows, Predictions table, DistanceOptions options, Control control) {
    try (ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "distances", "pair-samples",
            control::done, control::total);
        CrossDistances matrix = CrossDistances.compute(
            rows, table, options, standardErrors == null ? 0 : sampleBlocks, control)) {
      long begin = System.nanoTime();
      if (standardErrors != null) {
        matrix.writeStandardErrors(standardErrors);
      }
      matrix.write(out);
      ObjectNode json = json(table.models(), table.classes(), matrix.report(), (System.nanoTime() - begin) * 1e-9);
      json.put("against", rows.models());
      List<String> lines = new ArrayList<>(List.of(rows.models() + " models against "
          + summaryLine(table.models(), table.classes(), matrix.report()), redoneLine(matrix.report())));
      if (standardErrors != null) {
        json.put("sample_blocks", sampleBlocks);
        json.put("std_errors", standardErrors.toString());
        lines.add("standard errors over " + sampleBlocks + " blocks of samples: " + standardErrors);
      }
      return new Result(json, lines);
    }
  }

  private Result result(long models, long classes, DistanceFile.Summary summary, double seconds) {
    DistanceMatrix.Report report = summary.report();
    ObjectNode json = json(models, classes, report, report.writeSeconds());
    json.put("reads", summary.reads());
    json.put("bands", summary.bands());
    json.put("resumed_bands", summary.resumedBands());
    return new Result(json, List.of(
        String.format(Locale.ROOT, "%s in %.2f s", summaryLine(models, classes, report), seconds),
        redoneLine(report),
        String.format(Locale.ROOT, "bands: %d, %d of them found from an earlier command; reads of the input: %d",
            summary.bands(), summary.resumedBands(), summary.reads())));
  }

  private static double rate(DistanceMatrix.Report report) {
    double kernel = report.distancesSeconds();
    return kernel > 0 ? (double) report.pairs() * report.samples() / kernel : 0;
  }

  private String summaryLine(long models, long classes, DistanceMatrix.Report report) {
    return String.format(Locale.ROOT, "%d models, %d samples, %d classes by %s: %s (%s, %d threads, %s pair-samples/s)",
        models, report.samples(), classes, metric, out,
        report.device() == Device.CPU ? report.isa() : report.deviceName(), report.threads(), ProgressLine.si(rate(report)));
  }

  private static String redoneLine(DistanceMatrix.Report report) {
    return String.format(Locale.ROOT, "measured again in float64: %.3g%% of the pairs; infinite: %d pairs (%d terms)",
        100 * report.refinedShare(), report.infinitePairs(), report.infiniteTerms());
  }

  private ObjectNode json(long models, long classes, DistanceMatrix.Report report, double writeSeconds) {
    ObjectNode json = JSON.createObjectNode();
    json.put("models", models);
    json.put("samples", report.samples());
    json.put("classes", classes);
    json.put("metric", metric);
    json.put("precision", precision);
    json.put("device", report.device().toString());
    json.put("device_name", report.deviceName());
    json.put("device_reason", report.deviceReason());
    json.put("isa", report.isa().toString());
    json.put("threads", report.threads());
    json.put("infinite", report.infinitePairs());
    json.put("infinite_terms", report.infiniteTerms());
    json.put("refined_share", report.refinedShare());
    json.putObject("seconds").put("read", report.readSeconds()).put("distances", report.distancesSeconds())
        .put("refine", report.refineSeconds()).put("write", writeSeconds);
    json.put("pair_samples_per_second", rate(report));
    json.put("out", out.toString());
    return json;
  }
}
