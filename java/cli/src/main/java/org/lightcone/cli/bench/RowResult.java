// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What became of a row.
 *
 * @param key what it is about
 * @param skipped why it did not run, or null
 * @param errors of its answer, null if it did not run
 * @param timing null if it did not run or its answer is wrong
 * @param ceiling what bounds it, or null
 * @param bytes of inputs, output and working memory
 * @param work of a run, in units
 * @param unit of the work
 * @param note for people, or ""
 * @param notes the same as numbers
 * @param peers that ran, or say why not
 */
record RowResult(RowKey key, String skipped, Errors errors, Timing timing, Ceiling ceiling, long bytes, double work,
    String unit, String note, ObjectNode notes, List<PeerResult> peers) {
  /**
   * A peer's part of a row.
   *
   * @param name of the peer
   * @param absent why it did not run, or null
   * @param errors of its answer
   * @param timing of its runs
   * @param cold whether that is its first run alone, caches and allocator cold, where ours are warm
   */
  record PeerResult(String name, String absent, Errors errors, Timing timing, boolean cold) {}

  static RowResult skipped(Row row, String why) {
    return new RowResult(row.key, why, null, null, null, row.bytes(), row.work(), row.unit(), "", null, List.of());
  }

  static RowResult failed(Row row, Throwable why) {
    return new RowResult(row.key, null, Errors.exact(1), null, null, row.bytes(), row.work(), row.unit(),
        "failed: " + (why.getMessage() == null ? why.toString() : why.getMessage()), null, List.of());
  }

  static RowResult wrong(Row row, Errors errors) {
    return new RowResult(row.key, null, errors, null, null, row.bytes(), row.work(), row.unit(), "", null, List.of());
  }

  /** False for a row whose answer is wrong; one that was left out has no answer. */
  boolean verified() {
    return errors != null && errors.verified();
  }

  double rate() {
    return work / timing.median();
  }

  double share() {
    return rate() / ceiling.rate();
  }

  /** One of "rows" of the contract; times are absent where there are none. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("kernel", key.kernel()).put("mode", key.mode()).put("M", key.models()).put("N", key.samples())
        .put("C", key.classes()).put("threads", key.threads()).put("isa", key.isa());
    if (skipped != null) {
      return json.put("skipped", skipped).put("verified", false);
    }
    if (timing != null) {
      json.put("median_s", timing.median()).put("p10_s", timing.p10()).put("p90_s", timing.p90())
          .put("runs", timing.runs()).put("rate", rate()).put("unit", unit + "/s");
      if (ceiling != null) {
        json.put("ceiling_name", ceiling.name()).put("ceiling", ceiling.rate()).put("ceiling_share", share());
      }
    }
    put(json, "max_rel_error", errors.max());
    put(json, "p99_rel_error", errors.p99());
    put(json, "max_diagonal", errors.diagonal());
    json.put("bytes", bytes).put("verified", verified());
    if (notes != null) {
      json.setAll(notes);
    }
    if (timing == null && !note.isEmpty()) {
      json.put("reason", note);
    }
    ArrayNode others = json.putArray("peers");
    for (PeerResult peer : peers) {
      ObjectNode entry = others.addObject().put("name", peer.name());
      if (peer.absent() != null) {
        entry.put("absent", peer.absent());
      } else {
        entry.put("median_s", peer.timing().median()).put("speedup", peer.timing().median() / timing.median())
            .put("runs", peer.timing().runs()).put("cold", peer.cold());
        put(entry, "max_rel_error", peer.errors().max());
      }
    }
    return json;
  }

  /** JSON has no infinity and no NaN: what is not a number is null. */
  private static void put(ObjectNode json, String name, double value) {
    if (Double.isFinite(value)) {
      json.put(name, value);
    } else {
      json.putNull(name);
    }
  }
}
