// SPDX-License-Identifier: Apache-2.0
package org.lightcone.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.SplittableRandom;
import org.lightcone.Kind;
import org.lightcone.Predictions;

/** Random tables of predictions. */
final class Tables {
  private Tables() {}

  /** Logits of deviation 2 that models share, and 1 of their own: distances of about 0.15. */
  static Predictions random(int models, int samples, int classes) {
    SplittableRandom random = new SplittableRandom(1);
    int row = samples * classes;
    FloatBuffer logits = ByteBuffer.allocateDirect(models * row * Float.BYTES).order(ByteOrder.nativeOrder())
        .asFloatBuffer();
    float[] common = new float[row];
    for (int k = 0; k < row; k++) {
      common[k] = (float) (2 * random.nextGaussian());
    }
    for (int k = 0; k < models * row; k++) {
      logits.put(k, common[k % row] + (float) random.nextGaussian());
    }
    return Predictions.of(logits, models, samples, classes, Kind.LOGITS);
  }
}
