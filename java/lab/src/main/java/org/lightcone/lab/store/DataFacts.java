// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import java.util.List;

/**
 * What all runs of a store share about their data.
 *
 * @param name the data set
 * @param source where it came from, for example {@code bundled}
 * @param contentHash SHA-256 of the data set, in hex
 * @param inputShape {@code [C, H, W]}
 * @param classNames one per class
 */
public record DataFacts(String name, String source, String contentHash, List<Integer> inputShape,
    List<String> classNames) {
}
