// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.analysis;

import java.util.Arrays;
import org.lightcone.Control;
import org.lightcone.DType;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Embedding;
import org.lightcone.InPca;
import org.lightcone.Kind;
import org.lightcone.Predictions;
import org.lightcone.Progress;

/**
 * The geometry of one split: its M recorded models together with L landmarks (ignorance, truth, the geodesic), measured,
 * embedded and indexed by progress.
 *
 * @param landmarks places of the landmarks on the geodesic, (L)
 * @param coordinates InPCA coordinates, models first, then landmarks, (M + L, K)
 * @param embedding the whole embedding, of at most {@value #EIGENVALUES} dimensions
 * @param progress Eq 4 of each recorded model, (M)
 * @param distances what the engine counted
 * @param capped whether infinite per-sample terms were there and were capped
 * @param seconds wall-clock seconds of the stages
 */
record SplitAnalysis(double[] landmarks, double[][] coordinates, Embedding embedding, double[] progress,
                     DistanceMatrix.Report distances, boolean capped, Seconds seconds) {
  /** Axes the page can show and hold for every model. */
  static final int DIMENSIONS = 10;
  /** Eigenvalues the page draws. */
  static final int EIGENVALUES = 50;

  /** Wall-clock seconds. */
  record Seconds(double distances, double embedding, double progress) {}

  /** Tells what the analysis is doing, and hands out what counts it. */
  interface Watch {
    /** A stage begins; the control counts it and can cancel it, null where neither is possible. */
    void begin(String stage, Control control);

    /** The stage is over. */
    void end();
  }

  /** The recorded models of a split. */
  interface Source {
    /** M. */
    int models();

    /** Adds models [0, M) to a table that has room for more. */
    void addTo(Predictions.Builder table);
  }

  /**
   * Measures a split.
   *
   * @param labels true classes (N), in [0, classes)
   */
  static SplitAnalysis of(Source source, int[] labels, int classes, int threads, Watch watch) {
    int models = source.models();
    Landmarks landmarks = Landmarks.of(labels, classes);
    int all = Math.addExact(models, landmarks.count());
    Predictions.Builder builder = Predictions.builder(all, labels.length, classes);
    source.addTo(builder);
    builder.addMemory(landmarks.table(), "landmarks", Kind.PROBS, DType.FLOAT64, models, landmarks.count(), 0,
        labels.length, 8L * labels.length * classes);
    long begin = System.nanoTime();
    try (Control control = new Control()) {
      watch.begin("distances", control);
      try (Predictions table = builder.build(threads, control)) {
        DistanceOptions options = DistanceOptions.defaults().withThreads(threads);
        boolean capped = false;
        DistanceMatrix matrix = DistanceMatrix.compute(table, options, control);
        try {
          if (matrix.report().infinitePairs() > 0) {
            // A model that gives a true class probability zero is infinitely far from truth, and an embedding
            // has no place for it: the page says that such terms were capped.
            capped = true;
            matrix.close();
            matrix = DistanceMatrix.compute(table, options.withInfinity(DistanceOptions.Infinity.CAP), control);
          }
          watch.end();
          long measured = System.nanoTime();
          watch.begin("embedding", null);
          Embedding embedding = InPca.embed(matrix, Math.min(EIGENVALUES, all - 1), threads);
          watch.end();
          long embedded = System.nanoTime();
          watch.begin("progress", control);
          double[] progress = Arrays.copyOf(Progress.of(table, labels, threads, control), models);
          watch.end();
          double[][] coordinates = new double[all][];
          for (int i = 0; i < all; i++) {
            double[] x = embedding.coordinates()[i];
            coordinates[i] = Arrays.copyOf(x, Math.min(DIMENSIONS, x.length));
          }
          return new SplitAnalysis(landmarks.t(), coordinates, embedding, progress, matrix.report(), capped,
              new Seconds((measured - begin) * 1e-9, (embedded - measured) * 1e-9,
                  (System.nanoTime() - embedded) * 1e-9));
        } finally {
          matrix.close();
        }
      }
    }
  }
}
