// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.Ceilings;

/** What crossing from Java into the library costs: calls that have nothing to do there. */
final class CallRow extends Row {
  private static final long CALLS = 1_000_000;

  private final List<Double> nanoseconds = new ArrayList<>();

  CallRow() {
    super(new RowKey("call", "a JNI call with nothing to do", 1, 0, 0, 1, "any"));
  }

  @Override
  double work() {
    return CALLS;
  }

  @Override
  String unit() {
    return "calls";
  }

  @Override
  long bytes() {
    return 0;
  }

  @Override
  void prepare(Inputs inputs) {}

  /** Also lets the compiler see the loop; a call that answers wrongly throws. */
  @Override
  Errors verify() {
    Ceilings.emptyCalls(CALLS);
    return Errors.exact(0);
  }

  @Override
  double seconds() {
    double seconds = Ceilings.emptyCalls(CALLS);
    nanoseconds.add(seconds / CALLS * 1e9);
    return seconds;
  }

  @Override
  void notes(ObjectNode json) {
    json.put("nanoseconds_per_call", Timing.of(nanoseconds).median());
  }

  @Override
  String note() {
    return String.format(Locale.ROOT, "a call takes %.1f ns", Timing.of(nanoseconds).median());
  }
}
