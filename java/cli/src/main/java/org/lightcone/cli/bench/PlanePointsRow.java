// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.lightcone.Isa;
import org.lightcone.Npy;
import org.lightcone.PlaneGrid;
import org.lightcone.TripletPlanes;

/**
 * Points of planes through triplets of images, written one after the other. Verified on points throughout all planes
 * by x1 + s u + t w in float64.
 */
final class PlanePointsRow extends Row {
  private static final PlaneGrid GRID = PlaneGrid.METRICS;
  private static final int CHECKED = 200;
  /** Points are rounded once to float32, and the largest coordinates of images in [0, 1) are about 2. */
  private static final double BOUND = 2 * 0x1p-24 + 1e-12;

  private final int triplets;
  private final int dimension;
  private FloatBuffer images;
  private FloatBuffer out;
  private TripletPlanes planes;

  PlanePointsRow(int triplets, int dimension, int threads, Isa isa) {
    super(new RowKey("plane points", triplets + " planes, " + dimension + " numbers a point", triplets, GRID.points(),
        dimension, threads, isa.toString()));
    this.triplets = triplets;
    this.dimension = dimension;
  }

  @Override
  double work() {
    return (double) triplets * GRID.points() * dimension * Float.BYTES;
  }

  @Override
  String unit() {
    return "bytes";
  }

  @Override
  long bytes() {
    return (long) work();
  }

  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  @Override
  void prepare(Inputs shared) {
    SplittableRandom random = new SplittableRandom(13);
    images = floats(3 * triplets * dimension);
    for (int k = 0; k < images.capacity(); k++) {
      images.put(k, (float) random.nextDouble());
    }
    int[][] numbers = new int[triplets][];
    for (int q = 0; q < triplets; q++) {
      numbers[q] = new int[] {3 * q, 3 * q + 1, 3 * q + 2};
    }
    planes = TripletPlanes.of(images.duplicate(), dimension, numbers);
    out = floats((int) (triplets * GRID.points() * dimension));
  }

  @Override
  Errors verify() {
    for (int k = 0; k < out.capacity(); k++) {
      out.put(k, Float.NaN);
    }
    seconds();
    return errors(k -> out.get(k), BOUND);
  }

  @FunctionalInterface
  private interface Number {
    double at(int k);
  }

  /** Errors relative to the size of an image's numbers, 1. */
  private Errors errors(Number points, double bound) {
    double[] worst = new double[CHECKED];
    long all = triplets * GRID.points();
    for (int k = 0; k < CHECKED; k++) {
      long point = (all - 1) * k / (CHECKED - 1);
      int q = (int) (point / GRID.points());
      int at = (int) (point % GRID.points());
      double[][] st = planes.coordinates(q, GRID);
      double[] exact = exact(q, st[0][at / GRID.tPoints()], st[1][at % GRID.tPoints()]);
      for (int i = 0; i < dimension; i++) {
        double error = Math.abs(points.at((int) (point * dimension) + i) - exact[i]);
        worst[k] = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(worst[k], error);
      }
    }
    return Errors.of(worst, Double.NaN, bound);
  }

  private double[] exact(int q, double s, double t) {
    double[] u = new double[dimension];
    double[] w = new double[dimension];
    double length = 0;
    for (int i = 0; i < dimension; i++) {
      u[i] = (double) images.get((3 * q + 1) * dimension + i) - images.get(3 * q * dimension + i);
      length += u[i] * u[i];
    }
    double along = 0;
    for (int i = 0; i < dimension; i++) {
      u[i] /= Math.sqrt(length);
      w[i] = (double) images.get((3 * q + 2) * dimension + i) - images.get(3 * q * dimension + i);
      along += u[i] * w[i];
    }
    double across = 0;
    for (int i = 0; i < dimension; i++) {
      w[i] -= along * u[i];
      across += w[i] * w[i];
    }
    double[] point = new double[dimension];
    for (int i = 0; i < dimension; i++) {
      point[i] = images.get(3 * q * dimension + i) + s * u[i] + t * w[i] / Math.sqrt(across);
    }
    return point;
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    planes.points(GRID, 0, triplets * GRID.points(), out, key.threads(), null);
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    double[][] rows = new double[3 * triplets][dimension];
    double[][] coordinates = new double[triplets][GRID.sPoints() + GRID.tPoints()];
    for (int q = 0; q < triplets; q++) {
      double[][] st = planes.coordinates(q, GRID);
      System.arraycopy(st[0], 0, coordinates[q], 0, GRID.sPoints());
      System.arraycopy(st[1], 0, coordinates[q], GRID.sPoints(), GRID.tPoints());
      for (int k = 0; k < 3 * dimension; k++) {
        rows[3 * q + k / dimension][k % dimension] = images.get(3 * q * dimension + k);
      }
    }
    Path input = folder.resolve("images.npy");
    Path grid = folder.resolve("grid.npy");
    Npy.writeDoubles(input, rows);
    Npy.writeDoubles(grid, coordinates);
    return List.of(new PeerSpec("NumPy", "numpy_planes.py",
        List.of(input.toString(), grid.toString(), Integer.toString(GRID.sPoints())), npy -> {
          double[] points = Npy.readDoubles(npy);
          return errors(k -> points[k], Double.POSITIVE_INFINITY);
        }, 3));
  }

  @Override
  public void close() {
    if (planes != null) {
      planes.close();
    }
    planes = null;
    images = null;
    out = null;
  }
}
