// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.lightcone.Isa;
import org.lightcone.Npy;
import org.lightcone.Progress;

/**
 * Progress of every model: one pass over the data, so a plain read of the same bytes bounds it. Verified on 16 models
 * by bisection on the derivative of the objective of Eq 4 in float64.
 */
final class ProgressRow extends Row {
  private static final int CHECKED = 16;
  /** The header promises about 1e-8; the smallest progress here is above 0.01. */
  private static final double BOUND = 1e-6;
  /** scipy's minimiser takes seconds beyond. */
  private static final long PEER_ELEMENTS = 6_000_000;

  private Inputs inputs;
  private int[] labels;

  ProgressRow(long models, long samples, long classes, int threads, Isa isa) {
    super(new RowKey("progress", "float32 probabilities in memory", models, samples, classes, threads, isa.toString()));
  }

  @Override
  double work() {
    return Inputs.bytes(key.models(), key.samples(), key.classes());
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
    labels = new int[(int) key.samples()];
    // What the first model would say: all are somewhat like it, so that progress lies inside of 0 to 1.
    for (int n = 0; n < labels.length; n++) {
      float[] row = new float[(int) key.classes()];
      inputs.table().get(n * row.length, row);
      for (int c = 1; c < row.length; c++) {
        labels[n] = row[c] > row[labels[n]] ? c : labels[n];
      }
    }
  }

  @Override
  Errors verify() {
    Poison.progress(inputs.predictions(), labels, (int) key.classes(), key.threads());
    return errors(Progress.of(inputs.predictions(), labels, key.threads(), null), BOUND);
  }

  private Errors errors(double[] progress, double bound) {
    int models = (int) Math.min(CHECKED, key.models());
    double[] relative = new double[models];
    for (int k = 0; k < models; k++) {
      // The first and the last among them.
      int m = models == 1 ? 0 : (int) ((key.models() - 1) * k / (models - 1));
      relative[k] = Errors.relative(progress[m], exact(m));
    }
    return Errors.of(relative, Double.NaN, bound);
  }

  /** The root of d/dt sum_n arccos(a_n sin((1-t) theta) + b_n sin(t theta)) / sin theta, by bisection. */
  private double exact(int model) {
    int samples = (int) key.samples();
    int classes = (int) key.classes();
    double[] a = new double[samples];
    double[] b = new double[samples];
    float[] row = new float[classes];
    FloatBuffer table = inputs.table();
    for (int n = 0; n < samples; n++) {
      table.get((model * samples + n) * classes, row);
      double sum = 0;
      double roots = 0;
      for (float p : row) {
        sum += p;
        roots += Math.sqrt(p);
      }
      a[n] = roots / Math.sqrt(sum * classes);
      b[n] = Math.sqrt(row[labels[n]] / sum);
    }
    double theta = Math.acos(1 / Math.sqrt(classes));
    double low = 0;
    double high = 1;
    for (int k = 0; k < 60; k++) {
      double t = (low + high) / 2;
      double slope = 0;
      for (int n = 0; n < samples; n++) {
        double cosine = (a[n] * Math.sin((1 - t) * theta) + b[n] * Math.sin(t * theta)) / Math.sin(theta);
        double rise = (b[n] * Math.cos(t * theta) - a[n] * Math.cos((1 - t) * theta)) * theta / Math.sin(theta);
        slope -= rise / Math.sqrt(Math.max(1e-300, 1 - cosine * cosine));
      }
      if (slope > 0) {
        high = t;
      } else {
        low = t;
      }
    }
    return (low + high) / 2;
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    Progress.of(inputs.predictions(), labels, key.threads(), null);
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  Ceiling ceiling(MachineCeilings machine) {
    return new Ceiling("read", machine.read(bytes(), key.threads()));
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    if (key.models() * key.samples() * key.classes() > PEER_ELEMENTS) {
      return List.of();
    }
    Path table = folder.resolve("p.npy");
    Path truth = folder.resolve("labels.npy");
    inputs.write(table);
    Npy.writeInts(truth, labels, labels.length);
    return List.of(new PeerSpec("scipy minimize_scalar", "scipy_progress.py",
        List.of(table.toString(), truth.toString()), npy -> errors(Npy.readDoubles(npy), Double.POSITIVE_INFINITY), 3));
  }
}
