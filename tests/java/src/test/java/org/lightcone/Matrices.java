// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.Random;

/** Matrices of distances for tests of the embedding, and their brute-force forms. */
final class Matrices {
  private Matrices() {}

  interface Entry {
    double at(int i, int j);
  }

  /** The symmetric matrix of entry(i, j), i &lt; j, in float32. */
  static DistanceMatrix of(int models, Entry entry) {
    TileLayout layout = TileLayout.of(models, "a test");
    DistanceMatrix matrix = DistanceMatrix.empty(layout);
    float[] tile = new float[TileLayout.TILE];
    for (int i = 0; i < layout.blocks(); i++) {
      for (int j = i; j < layout.blocks(); j++) {
        for (int k = 0; k < tile.length; k++) {
          int r = i * TileLayout.EDGE + k / TileLayout.EDGE;
          int c = j * TileLayout.EDGE + k % TileLayout.EDGE;
          tile[k] = r == c || Math.max(r, c) >= models ? 0 : (float) entry.at(Math.min(r, c), Math.max(r, c));
        }
        matrix.putTile(i, j, tile);
      }
    }
    return matrix;
  }

  /** Points of a Minkowski space with these squared lengths of the axes; a negative one is time-like. */
  static double[][] points(long seed, int models, double... axes) {
    Random random = new Random(seed);
    double[][] x = new double[models][axes.length];
    for (double[] point : x) {
      for (int k = 0; k < axes.length; k++) {
        point[k] = random.nextGaussian() * Math.sqrt(Math.abs(axes[k]));
      }
    }
    return x;
  }

  /** The magnitudes of their squared intervals: a generic matrix with eigenvalues of both signs. */
  static DistanceMatrix intervals(double[][] x, double... axes) {
    return of(x.length, (i, j) -> Math.abs(interval(x[i], x[j], axes)));
  }

  static double interval(double[] p, double[] q, double... axes) {
    double sum = 0;
    for (int k = 0; k < axes.length; k++) {
      sum += Math.signum(axes[k]) * (p[k] - q[k]) * (p[k] - q[k]);
    }
    return sum;
  }

  static double interval(Embedding e, int dims, int i, int j) {
    double sum = 0;
    for (int k = 0; k < dims; k++) {
      double step = e.coordinates()[i][k] - e.coordinates()[j][k];
      sum += e.signature()[k] * step * step;
    }
    return sum;
  }

  static double[][] rows(PackedTiles d) {
    double[][] rows = new double[d.models()][d.models()];
    float[] row = new float[d.models()];
    for (int i = 0; i < rows.length; i++) {
      d.row(i, row);
      for (int j = 0; j < row.length; j++) {
        rows[i][j] = row[j];
      }
    }
    return rows;
  }
}
