// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
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
  Result execute() throws IOException {
    if (dims < 1) {
      throw usage("--dims " + dims + ": at least 1 is needed");
    }
    try {
      Options.npyOutput("--out", out);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    long start = System.nanoTime();
    Npy.Header header = Npy.readHeader(added);
    try (Control control = new Control();
        Interruption.Stage stage = stop.stage(control::cancel);
        PackedTiles matrix = Options.distances(distances, common, control);
        // How many passes there will be is not known: the line shows the part of a pass that runs.
        ProgressLine line = new ProgressLine(spec.commandLine().getErr(), "embedding, this pass", "block rows",
            control::done, control::total)) {
      double[][] rows = rows(header, matrix.models());
      Embedding embedding = InPca.embed(matrix, common.embedding(dims, weights), control);
      Placement placed = Placement.of(embedding, rows);
      Npy.writeDoubles(out, placed.coordinates());
      return result(embedding, placed, (System.nanoTime() - start) * 1e-9);
    }
  }

  /** The rows of DN, one at a time: Q M may be more than one array holds. */
  private double[][] rows(Npy.Header header, int models) throws IOException {
    List<Long> shape = header.shape();
    if (shape.size() != 2 || shape.get(1) != models || !header.type().floating()) {
      throw new InvalidDataException(added + " cannot be used: its shape is " + header.shapeText() + " of "
          + header.type() + ", wanted is (Q, " + models + ") of <f4 or <f8, a row of distances to the models of "
          + distances + " for each new model");
    }
    common.reserve("the distances of " + shape.get(0) + " new models", Double.BYTES * header.elements());
    double[][] rows = new double[Math.toIntExact(shape.get(0))][models];
    try (InputStream in = new BufferedInputStream(Files.newInputStream(added))) {
      in.skipNBytes(header.offset());
      for (double[] row : rows) {
        ByteBuffer bytes = ByteBuffer.wrap(in.readNBytes(models * header.type().bytes()))
            .order(ByteOrder.LITTLE_ENDIAN);
        for (int m = 0; m < models; m++) {
          row[m] = header.type() == Npy.Type.FLOAT32 ? bytes.getFloat() : bytes.getDouble();
        }
      }
    }
    return rows;
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
