// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Set;
import org.bytedeco.javacpp.DoublePointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativePredictions;
import org.lightcone.ffi.NativeTrajectoriesOptions;
import org.lightcone.ffi.NativeTrajectoriesOutputs;

/**
 * Runs re-indexed by progress, and the distances between them (Eq 5).
 *
 * <p>The place of t in a run: its bracket ends at the first checkpoint whose index exceeds t and begins one before;
 * between the two the geodesic (Eq 3), at the part (t - index_lower) / (index_upper - index_lower). Before the first
 * checkpoint's index: the first checkpoint. Of equal indices the later is the lower end. Where no index exceeds t: the
 * first checkpoint whose index is t, and if t lies beyond them all, the last checkpoint.
 *
 * <p>Safe in several threads at once; results do not depend on the number of threads.
 */
public final class Trajectories {
  private Trajectories() {}

  /** What {@link #measure} can find; R runs, T points, G configurations, all in nats per sample. */
  public enum Measure {
    /** (R, R): the mean over k of d_B(P_u(t_k), P_v(t_k)), Eq 5. */
    PAIRS,
    /** (G, G): the mean of the pairs over the runs of two configurations; within one over pairs of different runs. */
    CONFIGURATIONS,
    /** (T, R, R): the terms of Eq 5. */
    POINT_PAIRS,
    /** (R, T): the distance to the arithmetic mean of the run's configuration at the same t. */
    TUBE_WIDTHS,
    /** (R, T): the distance to the geodesic from ignorance to truth at the same t. */
    TO_GEODESIC
  }

  /** What was measured; null what was not asked for. The shapes are those of {@link Measure}. */
  public record Measures(double[][] pairs, double[][] configurations, double[][][] pointPairs, double[][] tubeWidths,
      double[][] toGeodesic) {}

  /**
   * Where the points lie between the checkpoints.
   *
   * @param t (T)
   * @param lower (R, T) models of the table
   * @param upper (R, T)
   * @param fraction (R, T), 0 to below 1: the part of the way from lower to upper
   */
  public record Places(double[] t, long[][] lower, long[][] upper, double[][] fraction) {}

  /**
   * Re-indexes without reading a table.
   *
   * @throws InvalidDataException for an index that is not finite, or runs without a common range
   * @throws IllegalArgumentException for runs that are no runs of so many models
   */
  public static Places reindex(Runs runs, TrajectoryOptions options) {
    Native.require();
    int points = options.points();
    int places = Math.multiplyExact(runs.count(), points);
    double[] t = new double[points];
    long[] lower = new long[places];
    long[] upper = new long[places];
    double[] fraction = new double[places];
    try (NativeOptions set = new NativeOptions(options)) {
      Native.check(Lightcone.lightcone_reindex(runs.begin(), runs.count(), runs.index(), runs.index().length,
          set.pointer, t, lower, upper, fraction));
    }
    long[][] lowers = new long[runs.count()][points];
    long[][] uppers = new long[runs.count()][points];
    for (int r = 0; r < runs.count(); r++) {
      System.arraycopy(lower, r * points, lowers[r], 0, points);
      System.arraycopy(upper, r * points, uppers[r], 0, points);
    }
    return new Places(t, lowers, uppers, rows(fraction, runs.count(), points));
  }

  /**
   * The rows of one re-indexed run.
   *
   * @return (T, N, C) probabilities
   */
  public static double[] points(
      Predictions predictions, Runs runs, int run, TrajectoryOptions options, Control control) {
    return points(predictions, runs, run, options, Place.cpu(options.threads()), control);
  }

  /**
   * The same at a place, whose threads count in place of the options'.
   *
   * @throws UnsupportedException if the device that it asks for cannot be had
   */
  public static double[] points(
      Predictions predictions, Runs runs, int run, TrajectoryOptions options, Place place, Control control) {
    requireIndex(predictions, runs);
    long size = Math.multiplyExact(options.points(), predictions.samples() * predictions.classes());
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(options.points() + " points of " + predictions.samples() + " samples and "
          + predictions.classes() + " classes are more than a Java array holds; ask for fewer points");
    }
    double[] path = new double[(int) size];
    try (NativeOptions set = new NativeOptions(options)) {
      call(predictions, control, (table, entered) -> {
        place.call(at -> Lightcone.lightcone_trajectory_at_place(table, runs.begin(), runs.count(), runs.index(),
            set.pointer, run, at, entered, path));
        return Lightcone.LIGHTCONE_OK;
      });
    }
    return path;
  }

  /**
   * Measures re-indexed runs in one pass over the table. d_B is good to the bound of {@link DistanceMatrix#compute}
   * between runs, and to 1e-12 relative to a mean or the geodesic. Memory: the options' panels, 16 R^2 bytes and the
   * result.
   *
   * @param what at least one measure
   * @param labels (N), for TO_GEODESIC; else may be null
   * @param configurations (R) numbers 0 to G - 1 without gaps, for CONFIGURATIONS and TUBE_WIDTHS; else may be null
   * @param control may be null
   * @throws InvalidDataException for labels, configurations or an index that cannot be
   * @throws CancelledException if it was cancelled
   */
  public static Measures measure(Predictions predictions, Runs runs, Set<Measure> what, int[] labels,
      int[] configurations, TrajectoryOptions options, Control control) {
    requireIndex(predictions, runs);
    int count = runs.count();
    boolean grouped = what.contains(Measure.CONFIGURATIONS) || what.contains(Measure.TUBE_WIDTHS);
    requireInputs(predictions, what, labels, configurations, count, grouped);
    long[] groups = null;
    int groupCount = 0;
    if (grouped) {
      groups = new long[count];
      for (int r = 0; r < count; r++) {
        groups[r] = configurations[r];
        groupCount = Math.max(groupCount, Math.addExact(configurations[r], 1));
      }
    }
    int points = options.points();
    try (NativeOptions set = new NativeOptions(options);
        Outputs out = new Outputs(what, count, points, groupCount)) {
      long[] nativeGroups = groups;
      int nativeCount = groupCount;
      call(predictions, control, (table, entered) -> Lightcone.lightcone_trajectories(table, runs.begin(), count,
          runs.index(), set.pointer, labels, nativeGroups, nativeCount, entered, out.pointer));
      return out.measures(count, points, groupCount);
    }
  }

  private static void requireIndex(Predictions predictions, Runs runs) {
    if (runs.index().length != predictions.models()) {
      throw new InvalidDataException("the index has " + runs.index().length + " entries for " + predictions.models()
          + " models; give one per model of the table");
    }
  }

  private static void requireInputs(Predictions predictions, Set<Measure> what, int[] labels, int[] configurations,
      int runs, boolean grouped) {
    if (what.isEmpty()) {
      throw new IllegalArgumentException("no measure is asked for; name at least one of Trajectories.Measure");
    }
    if (what.contains(Measure.TO_GEODESIC) && (labels == null || labels.length != predictions.samples())) {
      throw new InvalidDataException("the distance to the geodesic needs one label for each of the "
          + predictions.samples() + " samples");
    }
    if (grouped && (configurations == null || configurations.length != runs)) {
      throw new InvalidDataException("configurations and tube widths need the number of the configuration of each"
          + " of the " + runs + " runs");
    }
  }

  private interface Call {
    int on(NativePredictions table, NativeControl control);
  }

  private static void call(Predictions predictions, Control control, Call call) {
    var table = predictions.enter();
    try {
      NativeControl entered = Control.enter(control);
      try {
        Native.check(call.on(table, entered));
      } finally {
        Control.exit(control);
      }
    } finally {
      predictions.exit();
    }
  }

  private static double[][] rows(double[] values, int rows, int columns) {
    double[][] matrix = new double[rows][columns];
    for (int r = 0; r < rows; r++) {
      System.arraycopy(values, r * columns, matrix[r], 0, columns);
    }
    return matrix;
  }

  private static final class NativeOptions implements AutoCloseable {
    private final OffHeap memory = OffHeap.allocate(256, "options");
    final NativeTrajectoriesOptions pointer = new NativeTrajectoriesOptions(memory.pointer());

    NativeOptions(TrajectoryOptions options) {
      if (pointer.sizeof() > memory.bytes()) {
        throw new AssertionError("the options of trajectories have outgrown their memory");
      }
      Lightcone.lightcone_trajectories_options_init(pointer);
      pointer.points(options.points());
      pointer.tail(options.tail().code);
      pointer.range(options.range().code);
      pointer.threads(options.threads());
      pointer.panel_bytes(options.panelBytes());
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  /** The memory that the library writes, and the struct that points into it. */
  private static final class Outputs implements AutoCloseable {
    private final OffHeaps pieces = new OffHeaps();
    private final OffHeap memory = pieces.allocate(256, "outputs");
    final NativeTrajectoriesOutputs pointer = new NativeTrajectoriesOutputs(memory.pointer());
    private final OffHeap pairs;
    private final OffHeap configurations;
    private final OffHeap pointPairs;
    private final OffHeap tubeWidths;
    private final OffHeap toGeodesic;

    Outputs(Set<Measure> what, long runs, long points, long groups) {
      if (pointer.sizeof() > memory.bytes()) {
        throw new AssertionError("the outputs of trajectories have outgrown their memory");
      }
      Lightcone.lightcone_trajectories_outputs_init(pointer);
      pairs = array(what.contains(Measure.PAIRS), runs * runs);
      configurations = array(what.contains(Measure.CONFIGURATIONS), groups * groups);
      pointPairs = array(what.contains(Measure.POINT_PAIRS), points * runs * runs);
      tubeWidths = array(what.contains(Measure.TUBE_WIDTHS), runs * points);
      toGeodesic = array(what.contains(Measure.TO_GEODESIC), runs * points);
      pointer.pairs(pointer(pairs));
      pointer.configurations(pointer(configurations));
      pointer.point_pairs(pointer(pointPairs));
      pointer.tube_widths(pointer(tubeWidths));
      pointer.to_geodesic(pointer(toGeodesic));
    }

    private OffHeap array(boolean wanted, long count) {
      return wanted ? pieces.allocate(count * Double.BYTES, "measures of trajectories") : null;
    }

    private static DoublePointer pointer(OffHeap array) {
      return array == null ? null : array.doublePointer(0, array.bytes() / Double.BYTES);
    }

    Measures measures(int runs, int points, int groups) {
      return new Measures(matrix(pairs, 0, runs, runs), matrix(configurations, 0, groups, groups),
          cube(runs, points), matrix(tubeWidths, 0, runs, points), matrix(toGeodesic, 0, runs, points));
    }

    private double[][][] cube(int runs, int points) {
      if (pointPairs == null) {
        return null;
      }
      double[][][] terms = new double[points][][];
      for (int k = 0; k < points; k++) {
        terms[k] = matrix(pointPairs, (long) k * runs * runs, runs, runs);
      }
      return terms;
    }

    private static double[][] matrix(OffHeap array, long begin, int rows, int columns) {
      if (array == null) {
        return null;
      }
      double[][] matrix = new double[rows][columns];
      for (int r = 0; r < rows; r++) {
        array.doubles((begin + (long) r * columns) * Double.BYTES, columns).get(matrix[r]);
      }
      return matrix;
    }

    @Override
    public void close() {
      pieces.close();
    }
  }
}
