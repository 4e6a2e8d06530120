// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import org.lightcone.Control;
import org.lightcone.Kind;
import org.lightcone.Npy;
import org.lightcone.Predictions;
import org.lightcone.Progress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone progress}: where each model stands between ignorance and truth. */
@Command(name = "progress", header = "Progress of each model from ignorance (0) to truth (1).",
    description = "Writes one float64 per model: the point of the geodesic from ignorance to truth that is nearest"
        + " to the model.",
    footer = {"", "Example:",
        "  lightcone progress --predictions P.npy --kind probs --labels L.npy --out s.npy"})
final class ProgressCommand extends Verb {
  @Option(names = "--predictions", paramLabel = "P.npy", required = true,
      description = "Predictions (M, N, C), float32 or float64, C order.")
  private Path predictions;

  @Option(names = "--kind", paramLabel = "K", required = true,
      description = "What they are: probs, log-probs or logits.")
  private String kind;

  @Option(names = "--labels", paramLabel = "L.npy", required = true, description = "True classes (N), any integer type.")
  private Path labels;

  @Option(names = "--out", paramLabel = "s.npy", required = true, description = "Where the progress values go.")
  private Path out;

  @Override
  @SuppressWarnings("try") // the stage and the line act by being open
  Result execute() throws Exception {
    try {
      Options.parsed("--kind", kind, Kind::parse);
      Options.npyOutput("--out", out);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    long begin = System.nanoTime();
    int[] truth = Npy.readLabels(labels);
    try (Control control = new Control();
        Interruption.Stage stage = stop.stage(control::cancel);
        Predictions table = Predictions.open(predictions, Kind.parse(kind), common.threads(), control);
        ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "progress", "rows", control::done,
            control::total)) {
      common.reserve("the progress of " + table.models() + " models", Double.BYTES * table.models());
      double[] progress = Progress.of(table, truth, common.threads(), control);
      Npy.writeDoubles(out, progress, progress.length);
      double seconds = (System.nanoTime() - begin) * 1e-9;
      DoubleSummaryStatistics summary = Arrays.stream(progress).summaryStatistics();
      ObjectNode json = JSON.createObjectNode();
      json.put("models", table.models());
      json.put("samples", table.samples());
      json.put("classes", table.classes());
      json.put("seconds", seconds);
      json.put("min", summary.getMin());
      json.put("mean", summary.getAverage());
      json.put("max", summary.getMax());
      json.put("out", out.toString());
      return new Result(json, List.of(String.format(Locale.ROOT,
          "%d models: progress from %.4f to %.4f, mean %.4f; %s in %.2f s", table.models(), summary.getMin(),
          summary.getMax(), summary.getAverage(), out, seconds)));
    }
  }
}
