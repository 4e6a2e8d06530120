// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/** Random label maps with regions, as decision regions are: each point has the class of the nearest of a few sites. */
final class LabelInputs {
  private LabelInputs() {}

  /** Maps (A, height, width) of so many sites, each site of a random class. */
  static ByteBuffer regions(int maps, int height, int width, int sites, int classes) {
    ByteBuffer labels = ByteBuffer.allocateDirect(maps * height * width);
    SplittableRandom random = new SplittableRandom(4);
    double[] x = new double[sites];
    double[] y = new double[sites];
    byte[] label = new byte[sites];
    for (int map = 0; map < maps; map++) {
      for (int s = 0; s < sites; s++) {
        x[s] = random.nextDouble(height);
        y[s] = random.nextDouble(width);
        label[s] = (byte) random.nextInt(classes);
      }
      for (int i = 0; i < height; i++) {
        for (int j = 0; j < width; j++) {
          int nearest = 0;
          double least = Double.POSITIVE_INFINITY;
          for (int s = 0; s < sites; s++) {
            double distance = (x[s] - i) * (x[s] - i) + (y[s] - j) * (y[s] - j);
            if (distance < least) {
              least = distance;
              nearest = s;
            }
          }
          labels.put((map * height + i) * width + j, label[nearest]);
        }
      }
    }
    return labels;
  }

  /** Maps (A, P) of which a fifth of the points differ from what all maps have in common. */
  static ByteBuffer similar(int maps, int points, int classes) {
    ByteBuffer labels = ByteBuffer.allocateDirect(maps * points);
    for (int map = 0; map < maps; map++) {
      SplittableRandom common = new SplittableRandom(5);
      SplittableRandom own = new SplittableRandom(6 + map);
      byte[] row = new byte[points];
      for (int k = 0; k < points; k++) {
        int shared = common.nextInt(classes);
        row[k] = (byte) (own.nextInt(5) == 0 ? own.nextInt(classes) : shared);
      }
      labels.put(map * points, row);
    }
    return labels;
  }

  /** The same numbers for a peer's .npy. */
  static int[] ints(ByteBuffer labels) {
    int[] all = new int[labels.remaining()];
    for (int k = 0; k < all.length; k++) {
      all[k] = labels.get(k);
    }
    return all;
  }
}
