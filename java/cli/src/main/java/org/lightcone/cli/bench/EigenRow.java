// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.lightcone.DistanceFile;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.DistancePlan;
import org.lightcone.Embedding;
import org.lightcone.EmbeddingOptions;
import org.lightcone.InPca;
import org.lightcone.Isa;
import org.lightcone.Kind;
import org.lightcone.Npy;
import org.lightcone.PackedTiles;
import org.lightcone.Predictions;
import org.lightcone.TilesFile;

/**
 * The K eigenpairs of largest magnitude of the centred matrix of distances of random walks, in memory or in a .tiles
 * file, with all that an embedding is (explained distances included). Verified in plain float64: |W v - lambda v| /
 * |lambda_1| of the first and the last pairs, and that power iterations on what is orthogonal to all K find nothing
 * larger than the last.
 */
final class EigenRow extends Row {
  private static final int POINTS = 50;
  private static final double TOLERANCE = 1e-6;
  /** Pairs at either end whose residual is computed again; each costs a product in Java. */
  private static final int CHECKED = 3;
  private static final int POWER_STEPS = 10;
  /** eigsh takes minutes beyond. */
  private static final long PEER_MODELS = 8000;

  private final int dims;
  /** For the tiles and the eigenvectors; 0: the matrix is in memory. */
  private final long memoryBytes;
  private Path folder;
  private PackedTiles matrix;
  private Embedding embedding;

  /** In memory. */
  EigenRow(int runs, int samples, int dims, int threads, Isa isa) {
    this(runs, samples, dims, 0, "in memory", threads, isa);
  }

  /** From a .tiles file, with so many bytes of memory. */
  EigenRow(int runs, int samples, int dims, long memoryBytes, int threads, Isa isa) {
    this(runs, samples, dims, memoryBytes, ".tiles with " + memoryBytes / 1_000_000 + " MB", threads, isa);
  }

  private EigenRow(int runs, int samples, int dims, long memoryBytes, String where, int threads, Isa isa) {
    super(new RowKey("eigenpairs", "K = " + dims + ", residual 1e-6, " + where, (long) runs * POINTS, samples, 10,
        threads, isa.toString()));
    this.dims = dims;
    this.memoryBytes = memoryBytes;
  }

  @Override
  double work() {
    return 1;
  }

  @Override
  String unit() {
    return "embeddings";
  }

  @Override
  long bytes() {
    return memoryBytes > 0 ? memoryBytes : 2 * key.models() * key.models() + 8 * key.models() * 10 * dims;
  }

  @Override
  void prepare(Inputs inputs) throws IOException {
    folder = Files.createTempDirectory("lightcone-bench-eigenpairs");
    int runs = (int) key.models() / POINTS;
    RandomWalks walks = new RandomWalks(runs, POINTS, (int) key.samples(), (int) key.classes(), 7);
    DistanceOptions options = DistanceOptions.defaults().withThreads(key.threads());
    try (Predictions table = Predictions.of(walks.table(), walks.models(), walks.samples(), walks.classes(),
        Kind.PROBS)) {
      if (memoryBytes == 0) {
        matrix = DistanceMatrix.compute(table, options, null);
      } else {
        Path tiles = folder.resolve("d.tiles");
        DistanceFile.compute(tiles, table, options, DistancePlan.machineBytes(), null);
        matrix = TilesFile.open(tiles);
      }
    }
  }

  @Override
  Errors verify() throws IOException {
    seconds();
    if (memoryBytes == 0) {
      return errors(new CentredRows(matrix));
    }
    // Rows of tiles on the disk are slow to come by: what is verified is a copy in memory.
    Path copy = folder.resolve("d.npy");
    matrix.write(copy);
    try (DistanceMatrix d = DistanceMatrix.read(copy)) {
      Files.delete(copy);
      return errors(new CentredRows(d));
    }
  }

  private Errors errors(CentredRows w) {
    double[] values = embedding.eigenvalues();
    double[][] vectors = new double[dims][w.order()];
    for (int k = 0; k < dims; k++) {
      for (int i = 0; i < w.order(); i++) {
        vectors[k][i] = embedding.coordinates()[i][k] / Math.sqrt(Math.abs(values[k]));
      }
    }
    double[] residuals = new double[2 * CHECKED];
    for (int k = 0; k < residuals.length; k++) {
      int pair = k < CHECKED ? k : dims - 1 - (k - CHECKED);
      double[] product = w.times(vectors[pair]);
      double sum = 0;
      for (int i = 0; i < product.length; i++) {
        double difference = product[i] - values[pair] * vectors[pair][i];
        sum += difference * difference;
      }
      residuals[k] = Math.sqrt(sum) / Math.abs(values[0]);
    }
    // A pair that was passed over by more than the tolerance is as wrong as one with a large residual.
    double beyond = largestBeyond(w, vectors) - Math.abs(values[dims - 1]);
    return beyond > TOLERANCE * Math.abs(values[0]) ? Errors.exact(1)
        : Errors.of(residuals, Double.NaN, 1.01 * TOLERANCE);
  }

  /** A lower bound of the largest magnitude of an eigenvalue whose vector is orthogonal to all of these. */
  private static double largestBeyond(CentredRows w, double[][] vectors) {
    double[] x = new SplittableRandom(8).doubles(w.order(), -1, 1).toArray();
    double norm = 0;
    for (int step = 0; step <= POWER_STEPS; step++) {
      for (double[] v : vectors) {
        double overlap = 0;
        for (int i = 0; i < x.length; i++) {
          overlap += v[i] * x[i];
        }
        for (int i = 0; i < x.length; i++) {
          x[i] -= overlap * v[i];
        }
      }
      double scale = norm = Math.sqrt(Arrays.stream(x).map(e -> e * e).sum());
      x = step == POWER_STEPS ? x : w.times(Arrays.stream(x).map(e -> e / scale).toArray());
    }
    return norm;
  }

  @Override
  double seconds() {
    embedding = InPca.embed(matrix, EmbeddingOptions.of(dims).withTolerance(TOLERANCE).withMemory(memoryBytes)
        .withThreads(key.threads()), null);
    return embedding.seconds();
  }

  @Override
  List<PeerSpec> peers(Path shared) throws IOException {
    if (key.models() > PEER_MODELS || memoryBytes > 0) {
      return List.of();
    }
    Path distances = shared.resolve("d.npy");
    matrix.write(distances);
    return List.of(new PeerSpec("scipy eigsh LM", "scipy_eigsh.py",
        List.of(distances.toString(), Integer.toString(dims)), npy -> {
          double[] theirs = Npy.readDoubles(npy);
          double[] ours = embedding.eigenvalues();
          double[] difference = new double[dims];
          Arrays.setAll(difference, k -> Math.abs(theirs[k] - ours[k]) / Math.abs(ours[0]));
          return Errors.of(difference, Double.NaN, Double.POSITIVE_INFINITY);
        }, key.models() > 4000 ? 1 : 3));
  }

  @Override
  void notes(ObjectNode json) {
    json.put("passes", embedding.passes());
  }

  @Override
  String note() {
    return embedding.passes() + " passes over the matrix";
  }

  @Override
  public void close() throws IOException {
    if (matrix != null) {
      matrix.close();
    }
    if (folder != null) {
      Files.deleteIfExists(folder.resolve("d.tiles"));
      Files.deleteIfExists(folder);
    }
  }
}
