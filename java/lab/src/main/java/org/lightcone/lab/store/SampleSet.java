// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

/**
 * The samples that a store's predictions of one split are about, in their fixed order.
 *
 * @param split {@code train}, {@code test} or another name
 * @param labels the class of each sample
 * @param hash identifies the samples and their order
 */
public record SampleSet(String split, int[] labels, String hash) {
}
