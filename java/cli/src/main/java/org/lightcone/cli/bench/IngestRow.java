// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.nio.FloatBuffer;
import java.util.stream.IntStream;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Isa;
import org.lightcone.Kind;
import org.lightcone.Predictions;

/**
 * What precedes every distance, on few models of many samples: the one validation of all rows, or their way into panels
 * of square roots. Verified by the distances that come of it.
 */
final class IngestRow extends Row {
  /** The part that is timed. */
  enum Part { VALIDATION, PANELS }

  private static final int CHECKED = 6;
  private static final double BOUND = 2e-6;

  private final Part part;
  private final Kind kind;
  private final DistanceOptions options;
  private Inputs inputs;
  private Predictions table;

  IngestRow(Part part, Kind kind, long models, long samples, long classes, int threads, Isa isa) {
    super(new RowKey("ingest", (part == Part.PANELS ? "rows to panels" : "validation") + ", float32 " + kind, models,
        samples, classes, threads, isa.toString()));
    this.part = part;
    this.kind = kind;
    this.options = DistanceOptions.defaults().withRefine(DistanceOptions.Refine.OFF).withThreads(threads).withIsa(isa);
  }

  @Override
  double work() {
    return bytes();
  }

  @Override
  String unit() {
    return "bytes";
  }

  @Override
  long bytes() {
    return Inputs.bytes(key.models(), key.samples(), key.classes());
  }

  @Override
  void prepare(Inputs shared) {
    inputs = shared;
    inputs.use(key.models(), key.samples(), key.classes(), 1);
    // The same numbers count as logits, which any numbers are, or as the probabilities that they are.
    table = inputs.open(kind, key.threads());
  }

  @Override
  Errors verify() {
    int[] models = IntStream.range(0, (int) Math.min(CHECKED, key.models())).toArray();
    Reference reference = Reference.of("bhattacharyya", weights(models.length), (int) key.samples(),
        (int) key.classes(), models);
    DistanceOptions refined = options.withRefine(DistanceOptions.Refine.AUTO);
    Poison.matrix(table, refined);
    try (DistanceMatrix d = DistanceMatrix.compute(table, refined, null)) {
      double[] relative = new double[models.length * (models.length - 1) / 2];
      int at = 0;
      for (int i = 0; i < models.length; i++) {
        for (int j = 0; j < i; j++) {
          relative[at++] = Errors.relative(d.get(i, j), reference.distance(i, j));
        }
      }
      return Errors.of(relative, d.get(0, 0), BOUND);
    }
  }

  /** What the reference normalises, of the first models: the probabilities, or e to the logits. */
  private FloatBuffer weights(int models) {
    if (kind == Kind.PROBS) {
      return inputs.table();
    }
    FloatBuffer weights = FloatBuffer.allocate((int) (models * key.samples() * key.classes()));
    for (int k = 0; k < weights.capacity(); k++) {
      weights.put(k, (float) Math.exp(inputs.table().get(k)));
    }
    return weights;
  }

  @Override
  double seconds() {
    if (part == Part.PANELS) {
      try (DistanceMatrix d = DistanceMatrix.compute(table, options, null)) {
        return d.report().readSeconds();
      }
    }
    long start = System.nanoTime();
    try (Predictions validated = inputs.open(kind, key.threads())) {
      return validated.models() == key.models() ? (System.nanoTime() - start) * 1e-9 : Double.NaN;
    }
  }

  @Override
  Ceiling ceiling(MachineCeilings machine) {
    return new Ceiling("read", machine.read(bytes(), key.threads()));
  }

  @Override
  public void close() {
    if (table != null) {
      table.close();
    }
  }
}
