// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;

/**
 * How far models have come from ignorance P0 (1/C everywhere) to truth P* (the labels).
 *
 * <p>s = argmin over t in [0, 1] of (1/N) sum_n arccos &lt;sqrt p_n, gamma_n(t)&gt; with gamma the geodesic from P0
 * to P* (Eq 4). On a flat minimum (C = 2, half of the labels wrong) the middle of the flat part. Good to
 * about 1e-8, and never worse than a bounded scalar minimiser on the same objective.
 */
public final class Progress {
  private Progress() {}

  /**
   * Progress of every model.
   *
   * @param labels (N), the true class of each sample, 0 to C - 1
   * @param threads 0: all processors
   * @param control may be null
   * @return (M), 0 to 1
   * @throws InvalidDataException for labels of another number or out of range, naming the entry
   * @throws CancelledException if it was cancelled
   */
  public static double[] of(Predictions predictions, int[] labels, int threads, Control control) {
    return of(predictions, labels, Place.cpu(threads), control);
  }

  /**
   * The same at a place.
   *
   * @throws UnsupportedException if the device that it asks for cannot be had
   */
  public static double[] of(Predictions predictions, int[] labels, Place place, Control control) {
    requireLabels(predictions, labels);
    if (predictions.models() > Integer.MAX_VALUE - 8) {
      throw new InvalidDataException(predictions.models() + " models are more than one call returns; split the table");
    }
    double[] progress = new double[(int) predictions.models()];
    var table = predictions.enter();
    try {
      NativeControl entered = Control.enter(control);
      try {
        place.call(at ->
            Lightcone.lightcone_progress_at_place(table, labels, labels.length, at, entered, progress));
      } finally {
        Control.exit(control);
      }
    } finally {
      predictions.exit();
    }
    return progress;
  }

  private static void requireLabels(Predictions predictions, int[] labels) {
    if (labels.length != predictions.samples()) {
      throw new InvalidDataException("there are " + labels.length + " labels for " + predictions.samples()
          + " samples; give one label per sample, in the same order");
    }
    for (int n = 0; n < labels.length; n++) {
      if (labels[n] < 0 || labels[n] >= predictions.classes()) {
        throw new InvalidDataException("label " + n + " is " + labels[n] + "; the table has "
            + predictions.classes() + " classes, 0 to " + (predictions.classes() - 1));
      }
    }
  }
}
