// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Metric;
import org.lightcone.Npy;

/**
 * All pairwise distances of one metric without refinement, rows to panels not counted: the fast kernel alone. Verified
 * on all pairs of 48 models against {@link Reference}.
 */
final class DistanceRow extends Row {
  /** Enough pairs (1,128) for a 99th percentile, few enough that their float64 form takes less time than the kernel. */
  private static final int CHECKED = 48;
  /** The header's bound for distances above the threshold of refinement, which those of a spread of 1 are. */
  private static final double BOUND = 2e-6;
  /** Sizes at which the peers are still quick; above, their temporaries take gigabytes or minutes. */
  private static final long PEER_ELEMENTS = 6_000_000;

  private final Metric metric;
  private final DistanceOptions options;
  private final List<Double> endToEnd = new ArrayList<>();
  private Inputs inputs;
  private int[] checked;
  private double[] exact;
  private DistanceMatrix.Report report;

  DistanceRow(Metric metric, long models, long samples, long classes, int threads, org.lightcone.Isa isa) {
    super(new RowKey(metric.toString(), "exact, refine off", models, samples, classes, threads, isa.toString()));
    this.metric = metric;
    this.options = DistanceOptions.defaults().withMetric(metric).withRefine(DistanceOptions.Refine.OFF)
        .withThreads(threads).withIsa(isa);
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
    if (report != null) {
      return Inputs.bytes(key.models(), key.samples(), key.classes()) + 4 * key.models() * key.models()
          + report.workingBytes();
    }
    // The engine's panels take at most 512 MiB.
    return 2 * Inputs.bytes(key.models(), key.samples(), key.classes()) + 12 * key.models() * key.models();
  }

  @Override
  void prepare(Inputs shared) {
    inputs = shared;
    inputs.use(key.models(), key.samples(), key.classes(), 1);
    checked = new SplittableRandom(2).ints(0, (int) key.models()).distinct()
        .limit(Math.min(CHECKED, key.models())).toArray();
    // The last model lies in the tile that is not full.
    checked[0] = (int) key.models() - 1;
    Reference reference = Reference.of(metric.toString(), inputs.table(), (int) key.samples(), (int) key.classes(),
        checked);
    exact = new double[checked.length * checked.length];
    for (int i = 0; i < checked.length; i++) {
      for (int j = 0; j < i; j++) {
        exact[i * checked.length + j] = checked[i] == checked[j] ? 0 : reference.distance(i, j);
      }
    }
  }

  @Override
  Errors verify() {
    Poison.matrix(inputs.predictions(), options);
    try (DistanceMatrix d = DistanceMatrix.compute(inputs.predictions(), options, null)) {
      return errors((i, j) -> d.get(i, j), BOUND);
    }
  }

  @FunctionalInterface
  private interface Entry {
    double at(int i, int j);
  }

  private Errors errors(Entry d, double bound) {
    double[] relative = new double[checked.length * (checked.length - 1) / 2];
    double diagonal = 0;
    int at = 0;
    for (int i = 0; i < checked.length; i++) {
      diagonal = Math.max(diagonal, Math.abs(d.at(checked[i], checked[i])));
      for (int j = 0; j < i; j++) {
        relative[at++] = Errors.relative(d.at(checked[i], checked[j]), exact[i * checked.length + j]);
      }
    }
    return Errors.of(relative, diagonal, bound);
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    try (DistanceMatrix d = DistanceMatrix.compute(inputs.predictions(), options, null)) {
      endToEnd.add((System.nanoTime() - start) * 1e-9);
      report = d.report();
      return report.distancesSeconds();
    }
  }

  @Override
  Ceiling ceiling(MachineCeilings machine) {
    double fma = machine.fma(options.isa(), key.threads());
    return switch (metric.toString()) {
      // One multiplication into the product and 3 / 8 of an instruction that renormalises it share the FMA units.
      case "bhattacharyya" -> new Ceiling("FMA / (C + 11/8)", fma / (key.classes() + 1 + 3.0 / 8));
      case "hellinger", "euclidean", "geodesic", "geodesic-l2" -> new Ceiling("FMA / C", fma / key.classes());
      case "jeffreys" -> new Ceiling("FMA / 2C", fma / (2.0 * key.classes()));
      default -> null;
    };
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    if (key.models() * key.samples() * key.classes() > PEER_ELEMENTS) {
      return List.of();
    }
    Path table = folder.resolve("p.npy");
    inputs.write(table);
    String[][] ways = switch (metric.toString()) {
      case "bhattacharyya" -> new String[][] {{"NumPy, log per sample", "numpy_distances.py", "bhattacharyya"},
          {"NumPy, product", "numpy_distances.py", "bhattacharyya-product"},
          {"torch bmm + log", "torch_distances.py", "bhattacharyya"}};
      case "hellinger", "euclidean" -> new String[][] {{"sklearn", "sklearn_distances.py", metric.toString()}};
      case "jensen-shannon" -> new String[][] {{"scipy cdist", "scipy_distances.py", "jensen-shannon"}};
      case "disagreement" -> new String[][] {{"scipy cdist", "scipy_distances.py", "disagreement"}};
      default -> new String[][] {{"NumPy", "numpy_distances.py", metric.toString()}};
    };
    List<PeerSpec> peers = new ArrayList<>();
    for (String[] way : ways) {
      peers.add(new PeerSpec(way[0], way[1], List.of(way[2], table.toString()), this::errors, 3));
    }
    return peers;
  }

  /** A peer's matrix may have any diagonal, and its error is told and not judged. */
  private Errors errors(Path npy) {
    double[] d = Npy.readDoubles(npy);
    return errors((i, j) -> d[i * (int) key.models() + j], Double.POSITIVE_INFINITY);
  }

  @Override
  void notes(ObjectNode json) {
    json.put("end_to_end_s", Timing.of(endToEnd).median());
  }
}
