// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

/** The shape (C, H, W) of one image: channels, height and width in pixels. */
public record ImageShape(int channels, int height, int width) {
  public ImageShape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException("An image shape needs at least one channel, row and column, not "
          + channels + "x" + height + "x" + width + " (C x H x W).");
    }
  }

  /** Values per image, C x H x W. */
  public int values() {
    return Math.multiplyExact(Math.multiplyExact(channels, height), width);
  }

  /** {@code [C, H, W]}. */
  public int[] toArray() {
    return new int[] {channels, height, width};
  }
}
