// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.lightcone.Centroid;
import org.lightcone.Control;
import org.lightcone.Kind;
import org.lightcone.Npy;
import org.lightcone.Predictions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone centroid}: one table in the middle of many models. */
@Command(name = "centroid", header = "The mean of many models: one table of probabilities.",
    description = {"Writes the (N, C) float64 probabilities in the middle of the M models, per sample.", "",
        "Means: arithmetic; sqrt-arithmetic; geometric; harmonic; bhattacharyya and jeffreys, which minimise the"
        + " mean of that distance to the models. geometric, harmonic and jeffreys are 0 where any model is."},
    footer = {"", "Example:",
        "  lightcone centroid --predictions P.npy --kind probs --mean bhattacharyya --out q.npy"})
final class CentroidCommand extends Verb {
  @Option(names = "--predictions", paramLabel = "P.npy", required = true,
      description = "Predictions (M, N, C), float32 or float64, C order.")
  private Path predictions;

  @Option(names = "--kind", paramLabel = "K", required = true,
      description = "What they are: probs, log-probs or logits.")
  private String kind;

  @Option(names = "--mean", paramLabel = "MEAN", required = true,
      description = "arithmetic, sqrt-arithmetic, geometric, harmonic, bhattacharyya or jeffreys.")
  private String mean;

  @Option(names = "--weights", paramLabel = "w.npy",
      description = "Weights of the models (M), not negative (default: equal).")
  private Path weights;

  @Option(names = "--out", paramLabel = "q.npy", required = true, description = "Where the centroid goes.")
  private Path out;

  @Override
  @SuppressWarnings("try") // the stage and the line act by being open
  Result execute() throws Exception {
    Centroid.Mean chosen;
    try {
      Options.parsed("--kind", kind, Kind::parse);
      chosen = Options.parsed("--mean", mean, Centroid.Mean::parse);
      Options.npyOutput("--out", out);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    long begin = System.nanoTime();
    double[] shares = weights == null ? null : Npy.readDoubles(weights);
    try (Control control = new Control();
        Interruption.Stage stage = stop.stage(control::cancel);
        Predictions table = Predictions.open(predictions, Kind.parse(kind), common.threads(), control);
        ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "centroid", "rows", control::done,
            control::total)) {
      common.reserve("the centroid of " + table.samples() + " samples and " + table.classes() + " classes",
          Double.BYTES * table.samples() * table.classes());
      double entropy = Centroid.computeTo(out, table, chosen, shares, common.threads(), control);
      double seconds = (System.nanoTime() - begin) * 1e-9;
      ObjectNode json = JSON.createObjectNode();
      json.put("models", table.models());
      json.put("samples", table.samples());
      json.put("classes", table.classes());
      json.put("seconds", seconds);
      json.put("mean", chosen.toString());
      json.put("entropy", entropy);
      json.put("out", out.toString());
      return new Result(json, List.of(String.format(Locale.ROOT,
          "%s centroid of %d models, %d samples, %d classes: entropy %.4f nats; %s in %.2f s", chosen, table.models(),
          table.samples(), table.classes(), entropy, out, seconds)));
    }
  }
}
