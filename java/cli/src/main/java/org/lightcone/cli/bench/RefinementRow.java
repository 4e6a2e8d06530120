// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Isa;

/**
 * The refinement of near pairs alone, on a table of which every pair is near; the fast path's cost per pair-sample
 * comes from the same runs.
 */
final class RefinementRow extends Row {
  private static final int CHECKED = 48;
  /** The header's bound with refinement. */
  private static final double BOUND = 2e-6;
  /** Distances of about 6e-5, below the threshold for fewer than five million samples. */
  private static final double SPREAD = 0.02;

  private final DistanceOptions options;
  private final List<Double> ratios = new ArrayList<>();
  private Inputs inputs;
  private DistanceMatrix.Report report;

  RefinementRow(long models, long samples, long classes, int threads, Isa isa) {
    super(new RowKey("refinement", "bhattacharyya, all pairs near", models, samples, classes, threads, isa.toString()));
    this.options = DistanceOptions.defaults().withThreads(threads).withIsa(isa);
  }

  @Override
  double work() {
    return key.models() * (key.models() - 1) / 2.0 * key.samples();
  }

  @Override
  String unit() {
    return "pair-samples";
  }

  @Override
  long bytes() {
    return DistanceRow.bytes(key, report);
  }

  @Override
  void prepare(Inputs shared) {
    inputs = shared;
    inputs.use(key.models(), key.samples(), key.classes(), SPREAD);
  }

  @Override
  Errors verify() {
    int[] models = new SplittableRandom(3).ints(0, (int) key.models()).distinct().limit(CHECKED).toArray();
    Reference reference = Reference.of("bhattacharyya", inputs.table(), (int) key.samples(), (int) key.classes(),
        models);
    Poison.matrix(inputs.predictions(), options);
    try (DistanceMatrix d = DistanceMatrix.compute(inputs.predictions(), options, null)) {
      if (d.report().nearPairs() != d.report().pairs()) {
        return Errors.exact(d.report().pairs() - d.report().nearPairs());
      }
      double[] relative = new double[models.length * (models.length - 1) / 2];
      double diagonal = 0;
      int at = 0;
      for (int i = 0; i < models.length; i++) {
        diagonal = Math.max(diagonal, Math.abs(d.get(models[i], models[i])));
        for (int j = 0; j < i; j++) {
          relative[at++] = Errors.relative(d.get(models[i], models[j]), reference.distance(i, j));
        }
      }
      return Errors.of(relative, diagonal, BOUND);
    }
  }

  @Override
  double seconds() {
    try (DistanceMatrix d = DistanceMatrix.compute(inputs.predictions(), options, null)) {
      report = d.report();
      ratios.add(report.refineSeconds() / report.distancesSeconds());
      return report.refineSeconds();
    }
  }

  @Override
  void notes(ObjectNode json) {
    json.put("cost_over_fast_path", Timing.of(ratios).median());
  }

  @Override
  String note() {
    return String.format(Locale.ROOT, "a redone pair-sample costs %.1f times one of the fast path",
        Timing.of(ratios).median());
  }
}
