// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.lightcone.Control;
import org.lightcone.Embedding;
import org.lightcone.EmbeddingOptions;
import org.lightcone.InPca;
import org.lightcone.Npy;
import org.lightcone.PackedTiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone embed}: InPCA of a distance matrix. */
@Command(name = "embed", header = "Embeds a distance matrix by InPCA.",
    description = "Writes the coordinates (M, K), float64. Axes are ordered by |eigenvalue|; one with a negative"
        + " eigenvalue is time-like: squared distances along it are subtracted.",
    footer = {"", "Example:", "  lightcone embed --distances D.npy --dims 3 --out X.npy"})
final class EmbedCommand extends Verb {
  private static final int DEFAULT_DIMS = 10;

  @Option(names = "--distances", paramLabel = "D.npy|D.tiles", required = true,
      description = "Symmetric matrix (M, M). A .tiles file is read as often as it is needed, and not held.")
  private Path distances;

  @Option(names = "--dims", paramLabel = "K", description = "Dimensions, at most M - 1 (default: 10, or M - 1).")
  private Integer dims;

  @Option(names = "--weights", paramLabel = "w.npy",
      description = "Weights (M) of the models, float32 or float64; only their ratios count (default: equal).")
  private Path weights;

  @Option(names = "--tolerance", paramLabel = "T",
      description = "Largest residual |W v - lambda v| / |lambda_1| of an eigenpair (default: 1e-8).")
  private Double tolerance;

  @Option(names = "--out", paramLabel = "X.npy", required = true, description = "Where the coordinates go.")
  private Path out;

  @Override
  @SuppressWarnings("try") // the stage and the line act by being open
  Result execute() {
    if (dims != null && dims < 1) {
      throw usage("--dims " + dims + ": at least 1 is needed");
    }
    if (tolerance != null && !(tolerance >= 1e-13 && tolerance <= 1e-2)) {
      throw usage("--tolerance " + tolerance + ": it lies between 1e-13 and 1e-2");
    }
    try {
      Options.npyOutput("--out", out);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    try (Control control = new Control();
        Interruption.Stage stage = stop.stage(control::cancel);
        PackedTiles matrix = Options.distances(distances, common, control);
        // How many passes there will be is not known: the line shows the part of a pass that runs.
        ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "embedding, this pass", "block rows",
            control::done, control::total)) {
      int models = matrix.models();
      int k = dims != null ? dims : Math.max(1, Math.min(DEFAULT_DIMS, models - 1));
      EmbeddingOptions options = common.embedding(k, weights);
      Embedding embedding =
          InPca.embed(matrix, tolerance == null ? options : options.withTolerance(tolerance), control);
      Npy.writeDoubles(out, embedding.coordinates());
      return result(models, k, embedding);
    }
  }

  private Result result(int models, int k, Embedding e) {
    ObjectNode json = JSON.createObjectNode();
    json.put("models", models);
    json.put("dims", k);
    json.set("eigenvalues", JSON.valueToTree(e.eigenvalues()));
    json.set("signature", JSON.valueToTree(e.signature()));
    json.set("stress", JSON.valueToTree(e.stress()));
    json.set("pairwise", JSON.valueToTree(e.pairwise()));
    json.set("residuals", JSON.valueToTree(e.residuals()));
    json.set("pairwise_l2", JSON.valueToTree(e.pairwiseL2()));
    json.put("passes", e.passes());
    json.put("seconds", e.seconds());
    json.put("device", e.device().toString());
    json.put("device_reason", e.deviceReason());
    json.put("dense", e.dense());
    json.put("out", out.toString());
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%d models in %d dimensions: %s in %.2f s, %d passes over the distances,"
        + " residuals below %.1e", models, k, out, e.seconds(), e.passes(), Arrays.stream(e.residuals()).max().orElse(0)));
    lines.add("products on " + e.device() + " (" + e.deviceReason() + "); vectors on " + e.dense());
    lines.add("axis  kind        eigenvalue  explained stress  explained distance");
    for (int i = 0; i < k; i++) {
      lines.add(String.format(Locale.ROOT, "%4d  %-10s %11.4g  %15.1f%%  %17.1f%%", i + 1,
          e.signature()[i] < 0 ? "time-like" : "space-like", e.eigenvalues()[i], 100 * e.stress()[i],
          100 * e.pairwise()[i]));
    }
    return new Result(json, lines);
  }
}
