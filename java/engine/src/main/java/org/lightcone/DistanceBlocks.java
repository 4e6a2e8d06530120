// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

/** Exact distances by the block, for more models than a whole matrix can be made of. */
public interface DistanceBlocks {
  /** M. */
  int models();

  /**
   * d(rows[i], columns[j]).
   *
   * @param rows models, any number of them
   * @param columns models
   * @return (rows.length, columns.length), nats per sample; a model against itself is 0
   */
  double[][] block(int[] rows, int[] columns);
}
