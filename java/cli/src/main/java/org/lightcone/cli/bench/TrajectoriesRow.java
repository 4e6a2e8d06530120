// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.IntStream;
import org.lightcone.Isa;
import org.lightcone.Kind;
import org.lightcone.Npy;
import org.lightcone.Predictions;
import org.lightcone.Runs;
import org.lightcone.Trajectories;
import org.lightcone.TrajectoryOptions;

/**
 * Distances of all pairs of re-indexed runs (Eq 5): points on the geodesics between checkpoints, and Bhattacharyya
 * distances at each. Verified on the pairs of six runs in float64 by the formulas of Eq 2 and 3.
 */
final class TrajectoriesRow extends Row {
  private static final int CHECKPOINTS = 25;
  private static final int CHECKED = 6;
  /** The header's bound of a distance. */
  private static final double BOUND = 2e-6;

  private final TrajectoryOptions options;
  private final int runs;
  private FloatBuffer table;
  private Predictions predictions;
  private Runs shape;
  private Trajectories.Places places;

  TrajectoriesRow(int runs, long samples, long classes, int threads, Isa isa) {
    super(new RowKey("trajectories", "Eq 5, " + runs + " runs", (long) runs * CHECKPOINTS, samples, classes, threads,
        isa.toString()));
    this.runs = runs;
    this.options = TrajectoryOptions.defaults().withThreads(threads);
  }

  @Override
  double work() {
    return runs * (runs - 1) / 2.0 * options.points() * key.samples();
  }

  @Override
  String unit() {
    return "pair-samples";
  }

  @Override
  long bytes() {
    return 2 * Inputs.bytes(key.models(), key.samples(), key.classes())
        + Inputs.bytes((long) runs * options.points(), key.samples(), key.classes());
  }

  @Override
  void prepare(Inputs shared) {
    int models = (int) key.models();
    RandomWalks walks = new RandomWalks(runs, CHECKPOINTS, (int) key.samples(), (int) key.classes(), 11);
    table = walks.table();
    predictions = Predictions.of(table, models, walks.samples(), walks.classes(), Kind.PROBS);
    long[] begin = IntStream.rangeClosed(0, runs).mapToLong(r -> (long) r * CHECKPOINTS).toArray();
    double[] index = new double[models];
    // Faster at first, and no point of the grid is a checkpoint of all runs.
    Arrays.setAll(index, m -> Math.pow(m % CHECKPOINTS / (CHECKPOINTS - 1.0), 0.5 + 0.01 * (m / CHECKPOINTS)));
    shape = new Runs(begin, index);
    places = Trajectories.reindex(shape, options);
  }

  private double[][] pairs() {
    return Trajectories.measure(predictions, shape, EnumSet.of(Trajectories.Measure.PAIRS), null, null, options, null)
        .pairs();
  }

  @Override
  Errors verify() {
    double[][] d = pairs();
    return errors((i, j) -> d[i][j], BOUND);
  }

  @FunctionalInterface
  private interface Entry {
    double at(int i, int j);
  }

  private Errors errors(Entry d, double bound) {
    int count = Math.min(CHECKED, runs);
    double[][][] paths = new double[count][][];
    for (int r = 0; r < count; r++) {
      paths[r] = path(r);
    }
    double[] relative = new double[count * (count - 1) / 2];
    int at = 0;
    double diagonal = 0;
    for (int i = 0; i < count; i++) {
      diagonal = Math.max(diagonal, Math.abs(d.at(i, i)));
      for (int j = 0; j < i; j++) {
        relative[at++] = Errors.relative(d.at(i, j), distance(paths[i], paths[j]));
      }
    }
    return Errors.of(relative, bound == BOUND ? diagonal : Double.NaN, bound);
  }

  /** Roots of the probabilities at every point of a run, (T, N C). */
  private double[][] path(int run) {
    int points = options.points();
    int classes = (int) key.classes();
    int row = (int) key.samples() * classes;
    double[][] path = new double[points][row];
    for (int k = 0; k < points; k++) {
      double[] from = roots((int) places.lower()[run][k]);
      double[] to = roots((int) places.upper()[run][k]);
      double f = places.fraction()[run][k];
      for (int n = 0; n < row; n += classes) {
        double squared = 0;
        for (int c = n; c < n + classes; c++) {
          squared += (from[c] - to[c]) * (from[c] - to[c]);
        }
        double theta = 2 * Math.asin(Math.sqrt(squared) / 2);
        for (int c = n; c < n + classes; c++) {
          path[k][c] = theta < 1e-8 ? from[c]
              : (Math.sin((1 - f) * theta) * from[c] + Math.sin(f * theta) * to[c]) / Math.sin(theta);
        }
      }
    }
    return path;
  }

  private double[] roots(int model) {
    int classes = (int) key.classes();
    double[] roots = new double[(int) key.samples() * classes];
    for (int n = 0; n < roots.length; n += classes) {
      double sum = 0;
      for (int c = n; c < n + classes; c++) {
        sum += table.get(model * roots.length + c);
      }
      for (int c = n; c < n + classes; c++) {
        roots[c] = Math.sqrt(table.get(model * roots.length + c) / sum);
      }
    }
    return roots;
  }

  private double distance(double[][] a, double[][] b) {
    int classes = (int) key.classes();
    double sum = 0;
    for (int k = 0; k < a.length; k++) {
      for (int n = 0; n < a[k].length; n += classes) {
        double half = 0;
        for (int c = n; c < n + classes; c++) {
          half += (a[k][c] - b[k][c]) * (a[k][c] - b[k][c]) / 2;
        }
        sum -= Math.log1p(-half);
      }
    }
    return sum / a.length / key.samples();
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    pairs();
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    int models = (int) key.models();
    int row = (int) (key.samples() * key.classes());
    double[][] numbers = new double[models][row];
    for (int k = 0; k < models * row; k++) {
      numbers[k / row][k % row] = table.get(k);
    }
    Path input = folder.resolve("p.npy");
    Path steps = folder.resolve("places.npy");
    Npy.writeDoubles(input, numbers);
    // For every run and point: lower, upper, fraction.
    double[][] flat = new double[runs * options.points()][];
    for (int k = 0; k < flat.length; k++) {
      int r = k / options.points();
      int t = k % options.points();
      flat[k] = new double[] {places.lower()[r][t], places.upper()[r][t], places.fraction()[r][t]};
    }
    Npy.writeDoubles(steps, flat);
    return List.of(new PeerSpec("NumPy, log per sample", "numpy_trajectories.py",
        List.of(input.toString(), steps.toString(), Integer.toString(runs), Long.toString(key.classes())), npy -> {
          double[] d = Npy.readDoubles(npy);
          return errors((i, j) -> d[i * runs + j], Double.POSITIVE_INFINITY);
        }, 1));
  }

  @Override
  public void close() {
    if (predictions != null) {
      predictions.close();
    }
    predictions = null;
    table = null;
  }
}
