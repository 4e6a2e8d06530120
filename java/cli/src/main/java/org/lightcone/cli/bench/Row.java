// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * One line of the table: a kernel in one mode at one size. Called in this order: {@link #prepare}, {@link #verify},
 * {@link #seconds} as often as there is time for, with the peers' runs between, {@link #close}.
 */
abstract class Row implements AutoCloseable {
  final RowKey key;

  Row(RowKey key) {
    this.key = key;
  }

  /** Work of one run, in {@link #unit}s. */
  abstract double work();

  /** Plural, as in "pair-samples". */
  abstract String unit();

  /** Bytes that inputs, output and working memory take; a machine with less than twice that leaves the row out. */
  abstract long bytes();

  /** Makes random inputs; not timed. */
  abstract void prepare(Inputs inputs) throws IOException;

  /**
   * One run, compared with plain float64 (or counted, where the answer is whole numbers). Memory that a row of the same
   * inputs may have left with the right answer is spoilt before.
   */
  abstract Errors verify() throws IOException;

  /** One run; its seconds. */
  abstract double seconds() throws IOException;

  /** What bounds it, or null where nothing that is measured does. */
  Ceiling ceiling(MachineCeilings machine) {
    return null;
  }

  /** Others that do the same; their inputs go into the folder. */
  List<PeerSpec> peers(Path folder) throws IOException {
    return List.of();
  }

  /** Adds what this row alone can say. */
  void notes(ObjectNode json) {}

  /** The same for people, or "". */
  String note() {
    return "";
  }

  @Override
  public void close() throws IOException {}
}
