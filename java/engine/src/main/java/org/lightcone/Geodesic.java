// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;

/**
 * The shortest path between two probability tables (Eq 3): per sample
 * {@code gamma(t) = ([sin((1-t) theta) sqrt p + sin(t theta) sqrt q] / sin theta)^2} with
 * {@code theta = arccos <sqrt p, sqrt q>}. Where theta is below 1e-8, p is copied.
 */
public final class Geodesic {
  private Geodesic() {}

  /**
   * Points on the path.
   *
   * @param p (N, C) probabilities in row order, rows summing to 1 within 1e-3
   * @param q (N, C), likewise
   * @param samples N
   * @param classes C
   * @param t (T) positions, 0 (p) to 1 (q)
   * @return (T, N, C) probabilities
   * @throws IllegalArgumentException for arrays of another size or positions out of range
   * @throws InvalidDataException for rows that are no distributions
   */
  public static double[] interpolate(double[] p, double[] q, int samples, int classes, double[] t) {
    long size = (long) samples * classes;
    if (samples < 1 || classes < 2 || p.length != size || q.length != size) {
      throw new IllegalArgumentException("two tables of " + p.length + " and " + q.length + " numbers are not both ("
          + samples + ", " + classes + "), with at least one sample and two classes");
    }
    if (size * t.length > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(t.length + " points of " + size
          + " numbers are more than a Java array holds; ask for fewer at once");
    }
    Native.require();
    double[] path = new double[(int) size * t.length];
    Native.check(Lightcone.lightcone_geodesic(p, q, samples, classes, t, t.length, path));
    return path;
  }

  /**
   * Points on the path between two models of a table.
   *
   * @param from the model at t = 0
   * @param to the model at t = 1
   * @param t (T) positions, 0 to 1
   * @param threads 0: all processors
   * @param control may be null
   * @return (T, N, C) probabilities
   * @throws IllegalArgumentException for models that are not there, or positions out of range
   * @throws CancelledException if it was cancelled
   */
  public static double[] between(
      Predictions predictions, long from, long to, double[] t, int threads, Control control) {
    return between(predictions, from, to, t, Place.cpu(threads), control);
  }

  /**
   * The same at a place.
   *
   * @throws UnsupportedException if the device that it asks for cannot be had
   */
  public static double[] between(
      Predictions predictions, long from, long to, double[] t, Place place, Control control) {
    long size = Math.multiplyExact(predictions.samples() * predictions.classes(), (long) t.length);
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(t.length + " points of " + predictions.samples() + " samples and "
          + predictions.classes() + " classes are more than a Java array holds; ask for fewer at once");
    }
    double[] path = new double[(int) size];
    var table = predictions.enter();
    try {
      NativeControl entered = Control.enter(control);
      try {
        place.call(at ->
            Lightcone.lightcone_geodesic_between_at_place(table, from, to, t, t.length, at, entered, path));
      } finally {
        Control.exit(control);
      }
    } finally {
      predictions.exit();
    }
    return path;
  }
}
