// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.lightcone.Centroid;
import org.lightcone.Isa;
import org.lightcone.Npy;

/** A centroid of all models on every sample. Verified on samples throughout the table by its formula in float64. */
final class CentroidRow extends Row {
  private static final int CHECKED = 50;
  /** The mean is a sum of numbers of one sign; the fixed point converges to 1e-10 of its steps. */
  private static final double BOUND = 1e-8;

  private final Centroid.Mean mean;
  private Inputs inputs;

  CentroidRow(Centroid.Mean mean, long models, long samples, long classes, int threads, Isa isa) {
    super(new RowKey("centroid", mean.toString(), models, samples, classes, threads, isa.toString()));
    this.mean = mean;
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
    return Inputs.bytes(key.models(), key.samples(), key.classes()) + 2 * Double.BYTES * key.samples() * key.classes();
  }

  @Override
  void prepare(Inputs shared) {
    inputs = shared;
    inputs.use(key.models(), key.samples(), key.classes(), 1);
  }

  private double[] centroid() {
    return Centroid.of(inputs.predictions(), mean, null, key.threads(), null);
  }

  @Override
  Errors verify() {
    return errors(centroid(), BOUND);
  }

  private Errors errors(double[] q, double bound) {
    int classes = (int) key.classes();
    int count = (int) Math.min(CHECKED, key.samples());
    double[] relative = new double[count * classes];
    for (int k = 0; k < count; k++) {
      int n = count == 1 ? 0 : (int) ((key.samples() - 1) * k / (count - 1));
      double[] exact = exact(n);
      for (int c = 0; c < classes; c++) {
        relative[k * classes + c] = Errors.relative(q[n * classes + c], exact[c]);
      }
    }
    return Errors.of(relative, Double.NaN, bound);
  }

  /** The arithmetic mean, and from there q <- mean of sqrt(p q) / BC(p, q) until nothing moves. */
  private double[] exact(int sample) {
    int classes = (int) key.classes();
    double[][] p = new double[(int) key.models()][classes];
    FloatBuffer table = inputs.table();
    double[] q = new double[classes];
    for (int m = 0; m < p.length; m++) {
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        p[m][c] = table.get((m * (int) key.samples() + sample) * classes + c);
        sum += p[m][c];
      }
      for (int c = 0; c < classes; c++) {
        p[m][c] /= sum;
        q[c] += p[m][c] / p.length;
      }
    }
    for (int round = 0; mean == Centroid.Mean.BHATTACHARYYA && round < 1_000; round++) {
      double[] next = new double[classes];
      for (double[] row : p) {
        double bc = 0;
        for (int c = 0; c < classes; c++) {
          bc += Math.sqrt(row[c] * q[c]);
        }
        for (int c = 0; c < classes; c++) {
          next[c] += Math.sqrt(row[c] * q[c]) / bc / p.length;
        }
      }
      q = next;
    }
    return q;
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    centroid();
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  Ceiling ceiling(MachineCeilings machine) {
    return mean != Centroid.Mean.ARITHMETIC ? null : new Ceiling("read",
        machine.read(Inputs.bytes(key.models(), key.samples(), key.classes()), key.threads()));
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    Path table = folder.resolve("p.npy");
    inputs.write(table);
    return List.of(new PeerSpec("NumPy", "numpy_centroid.py", List.of(mean.toString(), table.toString()),
        npy -> errors(Npy.readDoubles(npy), Double.POSITIVE_INFINITY), 3));
  }
}
