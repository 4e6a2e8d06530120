// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What a row of the table is about. Rows of two result files are of the same thing when these are equal.
 *
 * @param kernel the operation, by the name it has everywhere
 * @param mode precision, input or part of it that is measured
 * @param models M
 * @param samples N
 * @param classes C
 * @param threads that ran
 * @param isa instruction set that ran
 */
record RowKey(String kernel, String mode, long models, long samples, long classes, int threads, String isa) {
  /** The same from a row of a result file. */
  static RowKey of(JsonNode row) {
    return new RowKey(row.path("kernel").asText(), row.path("mode").asText(), row.path("M").asLong(),
        row.path("N").asLong(), row.path("C").asLong(), row.path("threads").asInt(), row.path("isa").asText());
  }

  /** "1024, 2000, 10"; what does not apply is 0 and left out. */
  String sizes() {
    StringBuilder text = new StringBuilder(Long.toString(models));
    if (samples > 0) {
      text.append(", ").append(samples);
    }
    if (classes > 0) {
      text.append(", ").append(classes);
    }
    return text.toString();
  }

  RowKey withThreads(int other) {
    return new RowKey(kernel, mode, models, samples, classes, other, isa);
  }

  @Override
  public String toString() {
    return kernel + " (" + mode + ") " + sizes() + ", " + isa + ", " + threads
        + (threads == 1 ? " thread" : " threads");
  }
}
