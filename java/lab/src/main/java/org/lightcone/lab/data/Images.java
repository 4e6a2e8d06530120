// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import org.lightcone.lab.network.ImageShape;

/**
 * One split of a data set in its fixed order.
 *
 * @param shape the shape of one image
 * @param pixels (N, C, H, W), normalised
 * @param labels (N), each in [0, classes)
 */
public record Images(ImageShape shape, float[] pixels, int[] labels) {
  public Images {
    if (pixels.length != (long) labels.length * shape.values()) {
      throw new IllegalArgumentException("There are " + pixels.length + " pixel values for " + labels.length
          + " labels of " + shape.values() + " values each.");
    }
  }

  /** The number of samples, N. */
  public int count() {
    return labels.length;
  }
}
