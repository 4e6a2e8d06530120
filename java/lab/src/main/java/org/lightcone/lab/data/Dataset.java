// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import java.util.List;

/**
 * A classification data set, normalised by its train split's channel mean and deviation.
 *
 * @param name the name used in specs
 * @param source {@code bundled} or {@code full}
 * @param train the train split
 * @param test the test split
 * @param classNames one name per class
 * @param mean the train split's mean per channel, of pixels in [0, 1]
 * @param deviation the train split's standard deviation per channel, of pixels in [0, 1]
 * @param contentHash SHA-256 of the source's images and labels as stored, in hex
 * @param trainOrder the fixed order of the train split: source index of each sample
 * @param testOrder the fixed order of the test split
 */
public record Dataset(String name, String source, Images train, Images test, List<String> classNames,
    double[] mean, double[] deviation, String contentHash, int[] trainOrder, int[] testOrder) {

  /**
   * What identifies the first {@code count} samples of a split: SHA-256 over the content hash, the split's
   * name and the source indices in order, in hex. Two sample sets with one hash hold the same images in the
   * same order.
   */
  public String orderHash(String split, int count) {
    int[] order = switch (split) {
      case "train" -> trainOrder;
      case "test" -> testOrder;
      default -> throw new IllegalArgumentException("There is no split \"" + split
          + "\"; choose train or test.");
    };
    Hash hash = new Hash().text(name).text(source).text(contentHash).text(split);
    for (int i = 0; i < count; i++) {
      hash.number(order[i]);
    }
    return hash.hex();
  }
}
