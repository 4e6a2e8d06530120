// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.lightcone.Control;
import org.lightcone.Embedding;
import org.lightcone.InPca;
import org.lightcone.InvalidDataException;
import org.lightcone.Npy;
import org.lightcone.PackedTiles;
import org.lightcone.Placement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone place}: other models in the coordinates of an embedding (Eq 9). */
@Command(name = "place", header = "Places new models in the embedding of a distance matrix.",
    description = "Embeds D as `lightcone embed` does and adds the models whose distances to D's models are in DN"
        + " (Q, M), without changing the axes (Eq 9). Writes their coordinates (Q, K), float64; dimensions whose eigenvalue is"
        + " within rounding of 0 are 0 there, and named.",
    footer = {"", "Example:", "  lightcone place --distances D.npy --new DN.npy --dims 3 --out XN.npy"})
final class PlaceCommand extends Verb {
  @Option(names = "--distances", paramLabel = "D.npy|D.tiles", required = true,
      description = "Symmetric matrix (M, M).")
  private Path distances;

  @Option(names = "--new", paramLabel = "DN.npy", required = true,
      description = "Distances (Q, M) of the new models to those of D, in D's order.")
  private Path added;

  @Option(names = "--dims", paramLabel = "K", required = true, description = "Dimensions, at most M - 1.")
  private int dims;

  @Option(names = "--weights", paramLabel = "w.npy", description = "Weights (M) of D's models (default: equal).")
  private Path weights;

  @Option(names = "--out", paramLabel = "XN.npy", required = true, description = "Where the coordinates go.")
  private Path out;

  @Override
  @SuppressWarnings("try") // the stage and the line act by being open
  Result execute() {
    if (dims < 1) {
      throw usage("--dims " + dims + ": at least 1 is needed");
    }
    try {
      Options.npyOutput("--out", out);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    long start = System.nanoTime();
    List<Long> shape = Npy.readHeader(added).shape();
    try (Control control = new Control();
        Interruption.Stage stage = stop.stage(control::cancel);
        PackedTiles matrix = Options.distances(distances, common);
        // How many passes there will be is not known: the line shows the part of a pass that runs.
        ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "embedding, this pass", "block rows",
            control::done, control::total)) {
      if (shape.size() != 2 || shape.get(1) != matrix.models()) {
        throw new InvalidDataException(added + " cannot be used: its shape is "
            + shape.stream().map(String::valueOf).collect(Collectors.joining(", ", "(", ")")) + ", wanted is (Q, "
            + matrix.models() + "), a row of distances to the models of " + distances + " for each new model");
      }
      double[] flat = Npy.readDoubles(added);
      double[][] rows = new double[Math.toIntExact(shape.get(0))][];
      Arrays.setAll(rows, q -> Arrays.copyOfRange(flat, q * matrix.models(), (q + 1) * matrix.models()));
      Embedding embedding = InPca.embed(matrix, common.embedding(dims, weights), control);
      Placement placed = Placement.of(embedding, rows);
      Npy.writeDoubles(out, placed.coordinates());
      return result(embedding, placed, (System.nanoTime() - start) * 1e-9);
    }
  }

  private Result result(Embedding e, Placement placed, double seconds) {
    ObjectNode json = JSON.createObjectNode();
    json.put("models", placed.coordinates().length);
    json.put("embedded", e.models());
    json.put("dims", e.dims());
    json.set("dropped", JSON.valueToTree(Arrays.stream(placed.dropped()).map(k -> k + 1).toArray()));
    json.put("passes", e.passes());
    json.put("seconds", seconds);
    json.put("out", out.toString());
    List<String> lines = new ArrayList<>();
    lines.add(String.format(Locale.ROOT, "%d new models among %d, in %d dimensions: %s in %.2f s",
        placed.coordinates().length, e.models(), e.dims(), out, seconds));
    if (placed.dropped().length > 0) {
      lines.add("0 in dimensions " + Arrays.stream(placed.dropped()).mapToObj(k -> String.valueOf(k + 1))
          .collect(Collectors.joining(", ")) + ": their eigenvalues are within rounding of 0");
    }
    return new Result(json, lines);
  }
}
