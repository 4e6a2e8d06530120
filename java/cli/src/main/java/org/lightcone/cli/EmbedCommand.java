// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.DistanceMatrix;
import org.lightcone.Embedding;
import org.lightcone.InPca;
import org.lightcone.Npy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone embed}: InPCA of a distance matrix. */
@Command(name = "embed", header = "Embeds a distance matrix by InPCA.",
    description = "Writes the coordinates (M, K), float64. Axes are ordered by |eigenvalue|; one with a negative"
        + " eigenvalue is time-like: squared distances along it are subtracted.",
    footer = {"", "Example:", "  lightcone embed --distances D.npy --dims 3 --out X.npy"})
final class EmbedCommand extends Verb {
  /** A header may claim any size; beyond this the sum of bytes would overflow, and no machine has them. */
  private static final long MOST_MODELS = 100_000_000;
  private static final int DEFAULT_DIMS = 10;

  @Option(names = "--distances", paramLabel = "D.npy", required = true, description = "Symmetric matrix (M, M).")
  private Path distances;

  @Option(names = "--dims", paramLabel = "K", description = "Dimensions, at most M - 1 (default: 10, or M - 1).")
  private Integer dims;

  @Option(names = "--weights", paramLabel = "w.npy", hidden = true)
  private Path weights;

  @Option(names = "--out", paramLabel = "X.npy", required = true, description = "Where the coordinates go.")
  private Path out;

  @Override
  Result execute() throws Exception {
    if (dims != null && dims < 1) {
      throw usage("--dims " + dims + ": at least 1 is needed");
    }
    if (weights != null) {
      throw usage("--weights is not in this version: leave it out for equal weights");
    }
    try {
      Options.npyOutput("--out", out);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    // Before anything is read: the matrix in float32, and in float64 its centred copy, LAPACK's workspace of twice
    // that, and the vectors, coordinates and two tables of their errors.
    long order = Math.min(MOST_MODELS, Npy.readHeader(distances).shape().stream().findFirst().orElse(0L));
    common.reserve("the embedding of " + order + " models",
        28 * order * order + 32 * order * (dims != null ? dims : DEFAULT_DIMS));
    try (DistanceMatrix matrix = DistanceMatrix.read(distances)) {
      int models = matrix.models();
      int k = dims != null ? dims : Math.max(1, Math.min(DEFAULT_DIMS, models - 1));
      Embedding embedding = InPca.embed(matrix, k, common.threads());
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
    json.put("passes", e.passes());
    json.put("seconds", e.seconds());
    json.put("out", out.toString());
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%d models in %d dimensions: %s in %.2f s", models, k, out, e.seconds()));
    lines.add("axis  kind        eigenvalue  explained stress  explained distance");
    for (int i = 0; i < k; i++) {
      lines.add(String.format(Locale.ROOT, "%4d  %-10s %11.4g  %15.1f%%  %17.1f%%", i + 1,
          e.signature()[i] < 0 ? "time-like" : "space-like", e.eigenvalues()[i], 100 * e.stress()[i],
          100 * e.pairwise()[i]));
    }
    return new Result(json, lines);
  }
}
