// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.FloatBuffer;

/** Whether a matrix from outside is one of distances. */
final class MatrixCheck {
  /** Allowed asymmetry, of the largest finite entry. */
  static final double TOLERANCE = 1e-6;

  /** Edge of the blocks in which the two triangles are compared: 2 x 16 kB, both in the first cache. */
  private static final int BLOCK = 64;

  private MatrixCheck() {}

  /** Refuses a NaN, a negative entry, a diagonal that is not 0 and asymmetry; averages small asymmetry away. */
  static void checkAndSymmetrise(String file, FloatBuffer[] rows) {
    double allowed = TOLERANCE * largest(file, rows);
    int models = rows.length;
    for (int blockI = 0; blockI < models; blockI += BLOCK) {
      for (int blockJ = blockI; blockJ < models; blockJ += BLOCK) {
        for (int i = blockI; i < Math.min(models, blockI + BLOCK); i++) {
          for (int j = Math.max(i + 1, blockJ); j < Math.min(models, blockJ + BLOCK); j++) {
            symmetrise(file, rows, i, j, allowed);
          }
        }
      }
    }
  }

  private static double largest(String file, FloatBuffer[] rows) {
    float largest = 0;
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows.length; j++) {
        float value = rows[i].get(j);
        if (!(value >= 0)) {
          throw bad(file, i, j, "is " + value + "; distances are not negative and no NaN");
        }
        if (value > largest && value != Float.POSITIVE_INFINITY) {
          largest = value;
        }
      }
      if (rows[i].get(i) != 0) {
        throw bad(file, i, i, "is " + rows[i].get(i) + "; the distance of a model to itself is 0");
      }
      rows[i].put(i, 0f); // -0 becomes 0
    }
    return largest;
  }

  private static void symmetrise(String file, FloatBuffer[] rows, int i, int j, double allowed) {
    float upper = rows[i].get(j);
    float lower = rows[j].get(i);
    if (upper == lower) {
      return;
    }
    if (!(Math.abs((double) upper - lower) <= allowed)) {
      throw bad(file, i, j, "is " + upper + " and entry (" + j + ", " + i + ") is " + lower
          + "; a distance matrix is symmetric to 1e-6 of its largest entry");
    }
    float mean = (float) (0.5 * ((double) upper + lower));
    rows[i].put(j, mean);
    rows[j].put(i, mean);
  }

  private static InvalidDataException bad(String file, int i, int j, String why) {
    return new InvalidDataException(file + " cannot be used: its entry (" + i + ", " + j + ") " + why);
  }
}
