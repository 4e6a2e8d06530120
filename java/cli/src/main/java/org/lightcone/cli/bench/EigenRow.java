// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.lightcone.Device;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Embedding;
import org.lightcone.EmbeddingOptions;
import org.lightcone.InPca;
import org.lightcone.Isa;
import org.lightcone.Kind;
import org.lightcone.Npy;
import org.lightcone.Predictions;

/**
 * The K eigenpairs of largest magnitude of the centred matrix of distances of random walks, in memory, with all that an
 * embedding is (explained distances included). Verified by {@link EigenCheck}.
 */
final class EigenRow extends Row {
  /** Models of a walk. */
  static final int POINTS = 50;
  private static final int CLASSES = 10;
  /** eigsh takes tens of seconds above: one run is enough. */
  private static final long MANY_MODELS = 4000;

  private final int dims;
  private DistanceMatrix matrix;
  private Embedding embedding;

  EigenRow(int runs, int samples, int dims, int threads, Isa isa) {
    super(new RowKey("eigenpairs", "K = " + dims + ", residual 1e-6, in memory", (long) runs * POINTS, samples, CLASSES,
        threads, isa.toString()));
    this.dims = dims;
  }

  /** Random walks of so many models. */
  static RandomWalks walks(RowKey key) {
    return new RandomWalks((int) key.models() / POINTS, POINTS, (int) key.samples(), (int) key.classes(), 7);
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
    // The packed matrix, and a basis of some ten blocks.
    return 2 * key.models() * key.models() + 8 * key.models() * 10 * dims;
  }

  @Override
  void prepare(Inputs inputs) {
    RandomWalks walks = walks(key);
    try (Predictions table = Predictions.of(walks.table(), walks.models(), walks.samples(), walks.classes(),
        Kind.PROBS)) {
      matrix = DistanceMatrix.compute(table, DistanceOptions.defaults().withThreads(key.threads()), null);
    }
  }

  @Override
  Errors verify() {
    seconds();
    return EigenCheck.errors(new CentredRows(matrix), embedding.eigenvalues(), embedding.coordinates());
  }

  @Override
  double seconds() {
    EmbeddingOptions options = EmbeddingOptions.of(dims).withTolerance(EigenCheck.TOLERANCE).withThreads(key.threads())
        .withDevice(Device.CPU);
    embedding = InPca.embed(matrix, options, null);
    return embedding.seconds();
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    Path distances = folder.resolve("d.npy");
    matrix.write(distances);
    double[] ours = embedding.eigenvalues();
    // ARPACK's residuals are relative to each eigenvalue: of the last of K this is ours, relative to the first.
    double tolerance = EigenCheck.TOLERANCE * Math.abs(ours[0] / ours[dims - 1]);
    return List.of(new PeerSpec("scipy eigsh LM", "scipy_eigsh.py",
        List.of(distances.toString(), Integer.toString(dims), Double.toString(tolerance)), npy -> {
          double[] theirs = Npy.readDoubles(npy);
          double[] errors = new double[dims];
          Arrays.setAll(errors,
              k -> Math.max(theirs[dims + k], Math.abs(theirs[k] - ours[k]) / Math.abs(ours[0])));
          return Errors.of(errors, Double.NaN, Double.POSITIVE_INFINITY);
        }, key.models() > MANY_MODELS ? 1 : 3));
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
  public void close() {
    if (matrix != null) {
      matrix.close();
    }
  }
}
