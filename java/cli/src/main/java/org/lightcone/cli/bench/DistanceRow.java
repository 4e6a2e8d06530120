// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.lightcone.DType;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.DistanceOptions.Precision;
import org.lightcone.Isa;
import org.lightcone.Metric;
import org.lightcone.Npy;

/**
 * All pairwise distances of one metric without refinement, rows to panels not counted: the fast kernel alone. Verified
 * on all pairs of 48 models against {@link Reference}, and on the whole diagonal.
 */
final class DistanceRow extends Row {
  /** Enough pairs (1,128) for a 99th percentile, few enough that their float64 form takes less time than the kernel. */
  private static final int CHECKED = 48;
  /** The header's bound of exact precision above the threshold of refinement, where distances of a spread of 1 lie. */
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

  DistanceRow(Metric metric, Precision precision, long models, long samples, long classes, int threads, Isa isa) {
    super(new RowKey(metric.toString(), precision == Precision.EXACT ? "exact, refine off" : precision.toString(),
        models, samples, classes, threads, isa.toString()));
    this.metric = metric;
    this.options = DistanceOptions.defaults().withMetric(metric).withPrecision(precision)
        .withRefine(DistanceOptions.Refine.OFF).withThreads(threads).withIsa(isa);
  }

  /** Whether its fast precision is another computation than its exact one without refinement. */
  static boolean hasFastForm(Metric metric) {
    return switch (metric) {
      case HELLINGER, JEFFREYS, GEODESIC, GEODESIC_L2, EUCLIDEAN -> true;
      default -> false;
    };
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
    return bytes(key, report);
  }

  /** Of the table, the packed matrix, and what the engine reports, or before a run may take. */
  static long bytes(RowKey key, DistanceMatrix.Report report) {
    long table = Inputs.bytes(key.models(), key.samples(), key.classes());
    long matrix = 2 * key.models() * key.models();
    return table + matrix + (report == null ? table + 4 * matrix : report.workingBytes());
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
      return errors((i, j) -> d.get(i, j), bound());
    }
  }

  /** What must be 0: of all models, not of those alone whose pairs are checked. */
  private double diagonal(Entry d) {
    double most = 0;
    for (int i = 0; i < key.models(); i++) {
      double entry = Math.abs(d.at(i, i));
      // NaN stands for no diagonal, and on one it is as wrong as can be.
      most = Math.max(most, Double.isNaN(entry) ? Double.POSITIVE_INFINITY : entry);
    }
    return most;
  }

  /** What the header allows relative to the smallest distance that is checked. */
  private double bound() {
    if (options.precision() == Precision.EXACT) {
      return BOUND;
    }
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < checked.length; i++) {
      for (int j = 0; j < i; j++) {
        least = Math.min(least, exact[i * checked.length + j]);
      }
    }
    double k = Math.max(1, key.classes() / 50.0);
    return switch (metric) {
      case HELLINGER -> 1e-6 * k / least;
      case EUCLIDEAN -> 2e-6 * k / least;
      case JEFFREYS -> 4e-6 * k * (2 * Math.log(key.classes()) / least + 1);
      case GEODESIC, GEODESIC_L2 -> 2e-7 / least + 2e-6 * k;
      default -> BOUND;
    };
  }

  @FunctionalInterface
  private interface Entry {
    double at(int i, int j);
  }

  private Errors errors(Entry d, double bound) {
    double[] relative = new double[checked.length * (checked.length - 1) / 2];
    int at = 0;
    for (int i = 0; i < checked.length; i++) {
      for (int j = 0; j < i; j++) {
        relative[at++] = Errors.relative(d.at(checked[i], checked[j]), exact[i * checked.length + j]);
      }
    }
    return Errors.of(relative, diagonal(d), bound);
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    try (DistanceMatrix d = DistanceMatrix.compute(inputs.predictions(), options, null)) {
      endToEnd.add((System.nanoTime() - start) * 1e-9);
      report = d.report();
      // A metric without a fast form has all its pairs redone.
      return report.distancesSeconds() + report.refineSeconds();
    }
  }

  @Override
  Ceiling ceiling(MachineCeilings machine) {
    // Exact sums of products are float64; the product trick of the Bhattacharyya distance is float32 always.
    boolean single = metric == Metric.BHATTACHARYYA || metric == Metric.HELLINGER_PRODUCT
        || options.precision() == Precision.FAST;
    String name = single ? "FMA" : "FMA64";
    return switch (metric) {
      // One multiplication into the product and 3 / 8 of an instruction that renormalises it share the FMA units.
      case BHATTACHARYYA, HELLINGER_PRODUCT -> fma(machine, name + " / (C + 11/8)", single, key.classes() + 1 + 3.0 / 8);
      case HELLINGER -> fma(machine, name + " / C", single, key.classes());
      // A difference and its square; or two streams.
      case EUCLIDEAN, GEODESIC, GEODESIC_L2, JEFFREYS -> fma(machine, name + " / 2C", single, 2.0 * key.classes());
      default -> null;
    };
  }

  private Ceiling fma(MachineCeilings machine, String name, boolean single, double divisor) {
    DType dtype = single ? DType.FLOAT32 : DType.FLOAT64;
    return new Ceiling(name, machine.fma(options.isa(), dtype, key.threads()) / divisor);
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    if (key.models() * key.samples() * key.classes() > PEER_ELEMENTS) {
      return List.of();
    }
    Path table = folder.resolve("p.npy");
    inputs.write(table);
    String[][] ways = switch (metric) {
      case BHATTACHARYYA -> new String[][] {{"NumPy, log per sample", "numpy_distances.py", "bhattacharyya"},
          {"NumPy, product", "numpy_distances.py", "bhattacharyya-product"},
          {"torch bmm + log", "torch_distances.py", "bhattacharyya"}};
      case HELLINGER, EUCLIDEAN -> new String[][] {{"sklearn", "sklearn_distances.py", metric.toString()}};
      case JENSEN_SHANNON -> new String[][] {{"scipy cdist", "scipy_distances.py", "jensen-shannon"}};
      case DISAGREEMENT -> new String[][] {{"scipy cdist", "scipy_distances.py", "disagreement"}};
      default -> new String[][] {{"NumPy", "numpy_distances.py", metric.toString()}};
    };
    List<PeerSpec> peers = new ArrayList<>();
    for (String[] way : ways) {
      peers.add(new PeerSpec(way[0], way[1], List.of(way[2], table.toString()), this::errors,
          metric == Metric.JENSEN_SHANNON ? 1 : 3));
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

  @Override
  String note() {
    return String.format(Locale.ROOT, "end to end, rows to panels included: %.3g s", Timing.of(endToEnd).median());
  }
}
