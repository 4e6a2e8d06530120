// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.lightcone.Control;
import org.lightcone.DistanceOptions;
import org.lightcone.Embedding;
import org.lightcone.EmbeddingOptions;
import org.lightcone.InPca;
import org.lightcone.Kind;
import org.lightcone.LandmarkEmbedding;
import org.lightcone.Metric;
import org.lightcone.Npy;
import org.lightcone.PackedTiles;
import org.lightcone.PredictionBlocks;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone embed}: InPCA of a distance matrix. */
@Command(name = "embed", header = "Embeds a distance matrix by InPCA.",
    description = {"Writes the coordinates (M, K), float64. Axes are ordered by |eigenvalue|; one with a negative"
        + " eigenvalue is time-like: squared distances along it are subtracted.", "",
        "With --landmarks no matrix is needed: L of the models in P.npy, far from each other, are embedded exactly and"
        + " all are placed by their distances to these, M L distances instead of M^2 / 2. How good that is, is measured"
        + " on models that are not landmarks, and told as the share of their distances that the coordinates explain and"
        + " as the mean error of one."},
    footer = {"", "Example:", "  lightcone embed --distances D.npy --dims 3 --out X.npy",
        "  lightcone embed --predictions P.npy --kind probs --landmarks 1000 --dims 3 --out X.npy"})
final class EmbedCommand extends Verb {
  private static final int DEFAULT_DIMS = 10;
  private static final int HELD_OUT = 200;

  @Option(names = "--distances", paramLabel = "D.npy|D.tiles",
      description = "Symmetric matrix (M, M). A .tiles file is read as often as it is needed, and not held.")
  private Path distances;

  @Option(names = "--predictions", paramLabel = "P.npy",
      description = "Predictions (M, N, C), with --landmarks instead of --distances.")
  private Path predictions;

  @Option(names = "--kind", paramLabel = "K", description = "What they are: probs, log-probs or logits.")
  private String kind;

  @Option(names = "--metric", paramLabel = "M", completionCandidates = MetricNames.class,
      description = "Which distance of the predictions: ${COMPLETION-CANDIDATES} (default: bhattacharyya).")
  private String metric;

  @Option(names = "--landmarks", paramLabel = "L", description = "So many landmarks, at least K + 1.")
  private Integer landmarks;

  @Option(names = "--held-out", paramLabel = "H",
      description = "Models on which the error of --landmarks is measured (default: 200, or M - L).")
  private Integer held;

  @Option(names = "--dims", paramLabel = "K",
      description = "Dimensions, at most M - 1, with --landmarks L - 1 (default: 10, or that).")
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
    DistanceOptions measure;
    try {
      Options.npyOutput("--out", out);
      measure = measure();
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    if (landmarks != null) {
      return byLandmarks(measure);
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

  /** Checks that one of the two ways is asked for, whole. */
  private DistanceOptions measure() {
    if ((distances == null) == (predictions == null)) {
      throw new IllegalArgumentException("give either --distances D, or --predictions P.npy --kind K --landmarks L");
    }
    if (distances != null) {
      if (landmarks != null || held != null || kind != null || metric != null) {
        throw new IllegalArgumentException("--landmarks, --held-out, --kind and --metric go with --predictions: a"
            + " matrix that is there is embedded as it is");
      }
      return null;
    }
    if (landmarks == null || kind == null) {
      throw new IllegalArgumentException("--predictions takes --kind, what they are, and --landmarks, how many: for an"
          + " embedding of all distances measure them first (lightcone distances)");
    }
    if (landmarks < 2 || held != null && held < 2) {
      throw new IllegalArgumentException("--landmarks " + landmarks + (held == null ? "" : " --held-out " + held)
          + ": at least 2 are needed");
    }
    if (weights != null) {
      throw new IllegalArgumentException("--weights go with --distances: an embedding by landmarks takes none");
    }
    Options.parsed("--kind", kind, Kind::parse);
    DistanceOptions options = DistanceOptions.defaults().withThreads(common.threads());
    return metric == null ? options : options.withMetric(Options.parsed("--metric", metric, Metric::parse));
  }

  @SuppressWarnings("try") // the stage and the line act by being open
  private Result byLandmarks(DistanceOptions measure) {
    try (Control control = new Control();
        Interruption.Stage stage = stop.stage(control::cancel);
        PredictionBlocks blocks = new PredictionBlocks(predictions, Kind.parse(kind), measure, control);
        ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "embedding, this part", "steps",
            control::done, control::total)) {
      int models = blocks.models();
      int k = dims != null ? dims : Math.max(1, Math.min(DEFAULT_DIMS, landmarks - 1));
      int others = held != null ? held : Math.min(HELD_OUT, models - landmarks);
      // Distances among the candidates for landmarks, four for each, and the coordinates.
      long candidates = Math.min(models, 4L * landmarks);
      common.reserve("an embedding by " + landmarks + " landmarks",
          2 * candidates * candidates * Double.BYTES + (long) models * k * Double.BYTES);
      EmbeddingOptions options = common.embedding(k, null);
      long begin = System.nanoTime();
      LandmarkEmbedding embedded = LandmarkEmbedding.of(
          blocks, landmarks, others, tolerance == null ? options : options.withTolerance(tolerance), control);
      Npy.writeDoubles(out, embedded.coordinates());
      Embedding e = embedded.embedding();
      double seconds = (System.nanoTime() - begin) * 1e-9;
      ObjectNode json = json(models, k, e);
      json.put("seconds", seconds);
      ObjectNode said = json.putObject("landmarks");
      said.put("count", landmarks).put("held_out", others).put("pairwise", embedded.pairwise())
          .put("mean_error", embedded.meanError()).put("standard_error", embedded.standardError());
      said.set("models", JSON.valueToTree(embedded.landmarks()));
      said.set("dropped", JSON.valueToTree(embedded.dropped()));
      List<String> lines = new ArrayList<>();
      lines.add(String.format(Locale.ROOT, "%d models in %d dimensions by %d landmarks: %s in %.2f s", models, k,
          landmarks, out, seconds));
      lines.add(String.format(Locale.ROOT, "of the distances of %d models that are not landmarks the coordinates"
          + " explain %.4f; mean error %.3g nats +- %.1g", others, embedded.pairwise(), embedded.meanError(),
          embedded.standardError()));
      return new Result(json, lines);
    }
  }

  private ObjectNode json(int models, int k, Embedding e) {
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
    return json;
  }

  private Result result(int models, int k, Embedding e) {
    ObjectNode json = json(models, k, e);
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
