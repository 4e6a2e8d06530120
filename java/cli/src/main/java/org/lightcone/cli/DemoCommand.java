// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.lightcone.Embedding;
import org.lightcone.lab.analysis.StoreAnalysis;
import org.lightcone.lab.report.Report;
import org.lightcone.lab.store.Store;
import org.lightcone.lab.train.DemoSpec;
import org.lightcone.lab.train.Summary;
import org.lightcone.lab.train.SweepOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone demo}: the main job end to end on the bundled images. */
@Command(name = "demo", header = "Trains small networks on real images and maps how they learn.",
    description = {"Trains the bundled sweep on Fashion-MNIST, records predictions, measures all distances, embeds them"
        + " and writes DIR/report.html (open it in a browser), DIR/report.svg and DIR/store.", "",
        "Given the same DIR again it goes on where it was, or only makes the report anew."},
    footer = {"", "Example:", "  lightcone demo --out my-demo"})
final class DemoCommand extends Verb {
  /** How many axes the summary in words mentions. */
  private static final int AXES_IN_WORDS = 3;

  @Option(names = "--out", paramLabel = "DIR", defaultValue = "lightcone-demo",
      description = "Where everything goes (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  Result execute() throws IOException {
    long begin = System.nanoTime();
    if (Files.exists(out) && !Files.isDirectory(out)) {
      throw usage("--out " + out + " is a file: name a folder");
    }
    Files.createDirectories(out);
    Path store = out.resolve("store");
    Summary trained = TrainCommand.train(this, DemoSpec.spec(), store, SweepOptions.of(common.threads()));
    if (trained.stopped() || trained.left() > 0) {
      return TrainCommand.result(trained);
    }

    StoreAnalysis analysis;
    try (AnalysisDisplay display = new AnalysisDisplay(spec.commandLine().getErr(), stop)) {
      analysis = StoreAnalysis.of(Store.open(store), "Lightcone demo", common.threads(), display);
    }
    if (analysis.embedding() == null) {
      throw new IllegalStateException("every run of " + store + " failed: 'lightcone status' says why");
    }
    long reporting = System.nanoTime();
    Path report = out.resolve("report.html");
    Report.write(report, analysis.report());
    Report.writeSvg(out.resolve("report.svg"), analysis.report());
    long end = System.nanoTime();

    ObjectNode json = JSON.createObjectNode();
    json.put("runs", analysis.report().runs().size());
    json.put("models", analysis.models());
    json.put("samples", analysis.samples());
    json.put("classes", analysis.classes());
    json.set("stress", JSON.valueToTree(analysis.embedding().stress()));
    json.set("eigenvalues", JSON.valueToTree(analysis.embedding().eigenvalues()));
    json.putObject("seconds").put("data", trained.dataSeconds()).put("training", trained.trainingSeconds())
        .put("recording", trained.recordingSeconds()).put("distances", analysis.seconds().distances())
        .put("embedding", analysis.seconds().embedding()).put("progress", analysis.seconds().progress())
        .put("report", (end - reporting) * 1e-9).put("total", (end - begin) * 1e-9);
    json.put("report", report.toAbsolutePath().normalize().toString());
    json.put("store", store.toAbsolutePath().normalize().toString());
    return new Result(json, lines(json, analysis.embedding(), report));
  }

  private static List<String> lines(ObjectNode json, Embedding embedding, Path report) {
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%d runs, %d models on %d samples of %d classes", json.get("runs").asInt(),
        json.get("models").asInt(), json.get("samples").asInt(), json.get("classes").asInt()));
    for (Map.Entry<String, JsonNode> stage : json.get("seconds").properties()) {
      lines.add(String.format(Locale.ROOT, "  %-10s %7.2f s", stage.getKey(), stage.getValue().asDouble()));
    }
    int axes = Math.min(AXES_IN_WORDS, embedding.stress().length);
    long timeLike = Arrays.stream(embedding.signature(), 0, axes).filter(sign -> sign < 0).count();
    lines.add(String.format(Locale.ROOT, "%d dimensions (%d of them time-like) explain %.0f%% of the stress", axes,
        timeLike, 100 * embedding.stress()[axes - 1]));
    lines.add("open " + report);
    return lines;
  }
}
