// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.lab.train.RunSpec;
import org.lightcone.lab.train.Spec;
import org.lightcone.lab.train.StopSignal;
import org.lightcone.lab.train.Summary;
import org.lightcone.lab.train.Sweep;
import org.lightcone.lab.train.SweepOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lightcone train}: a sweep into a store. */
@Command(name = "train", header = "Trains a sweep and records its predictions; goes on where it was.",
    description = {"Runs that are done or failed are skipped, interrupted ones resume from their snapshot and end with"
        + " the same bits as if nothing had happened. Ctrl-C stops cleanly. Several processes may share a store; a run"
        + " that another one writes is left to it, and the exit code is then 1.", "",
        "The number of threads changes a run's bits: it is part of the run."},
    footer = {"", "Example:", "  lightcone train sweep.yaml --store my-store",
        "  lightcone train sweep.yaml --store my-store --shard 2/4    (the second of four machines)"})
final class TrainCommand extends Verb {
  @Parameters(paramLabel = "SPEC.yaml", description = "The sweep.")
  private Path specFile;

  @Option(names = "--store", paramLabel = "DIR", required = true, description = "The store; made if it is not there.")
  private Path store;

  @Option(names = "--shard", paramLabel = "i/n", description = "Only every n-th run, beginning with the i-th.")
  private String shard;

  @Option(names = "--dry-run", description = "Say what would be trained, and do nothing.")
  private boolean dryRun;

  @Option(names = "--data-dir", paramLabel = "DIR", description = "The folder with the full data set.")
  private Path dataDir;

  @Option(names = "--allow-thread-change", description = "Resume runs that were begun with another number of threads;"
      + " their bits are then those of neither.")
  private boolean allowThreadChange;

  @Override
  Result execute() {
    SweepOptions.Shard part;
    try {
      part = shard == null ? SweepOptions.Shard.ALL : SweepOptions.Shard.parse(shard);
    } catch (RuntimeException e) {
      throw usage("--shard " + shard + ": " + e.getMessage());
    }
    Spec sweep = Spec.read(specFile, dataDir);
    if (dryRun) {
      return plan(sweep, part);
    }
    SweepOptions options = SweepOptions.of(common.threads()).withShard(part).withDataDir(dataDir)
        .withAllowThreadChange(allowThreadChange);
    return result(train(this, sweep, store, options));
  }

  /** Trains with a display, stopping cleanly on Ctrl-C. */
  @SuppressWarnings("try") // the stage and the line act by being open
  static Summary train(Verb verb, Spec sweep, Path into, SweepOptions options) {
    StopSignal signal = new StopSignal();
    try (Interruption.Stage stage = verb.stop.stage(signal::request);
        SweepDisplay display = new SweepDisplay(verb.spec.commandLine().getErr())) {
      return Sweep.run(sweep, into, options.withStop(signal), display);
    }
  }

  /** The contract's counts; the exit code says whether the sweep was stopped or could not work on a run. */
  static Result result(Summary summary) {
    ObjectNode json = JSON.createObjectNode();
    json.put("runs", summary.runs());
    json.put("done", summary.done());
    json.put("failed", summary.failed());
    json.put("left", summary.left());
    json.put("records", summary.records());
    json.put("seconds", summary.seconds());
    json.put("training_seconds", summary.trainingSeconds());
    json.put("recording_seconds", summary.recordingSeconds());
    ArrayNode problems = json.putArray("problems");
    summary.problems().forEach(problems::add);
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%s in %s (training %s, recording %s)", StatusCommand.words(json),
        ProgressLine.clock(summary.seconds()), ProgressLine.clock(summary.trainingSeconds()),
        ProgressLine.clock(summary.recordingSeconds())));
    if (summary.stopped()) {
      lines.add("stopped; the same command goes on from here");
    }
    int code = summary.stopped() ? STOPPED : summary.left() == 0 ? 0 : 1;
    return new Result(json, lines, code);
  }

  private Result plan(Spec sweep, SweepOptions.Shard part) {
    ObjectNode json = JSON.createObjectNode();
    List<String> lines = new ArrayList<>();
    List<RunSpec> mine = new ArrayList<>();
    for (int i = part.index() - 1; i < sweep.runs().size(); i += part.count()) {
      mine.add(sweep.runs().get(i));
    }
    long records = 0;
    long images = 0;
    ArrayNode list = JSON.createArrayNode();
    for (RunSpec run : mine) {
      int recorded = run.recordedSteps().length;
      records += recorded;
      images += run.steps() * run.batch();
      list.addObject().put("label", run.label()).put("steps", run.steps()).put("records", recorded);
      lines.add(String.format(Locale.ROOT, "%7d steps %4d records  %s", run.steps(), recorded, run.label()));
    }
    json.put("runs", mine.size()).put("done", 0).put("failed", 0).put("left", mine.size()).put("seconds", 0.0);
    json.put("records", records).put("training_images", images);
    json.set("list", list);
    lines.add(String.format(Locale.ROOT, "%d runs, %d records, %,d training images in all; nothing was trained",
        mine.size(), records, images));
    return new Result(json, lines);
  }
}
