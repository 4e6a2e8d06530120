// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.util.Iterator;
import java.util.stream.Stream;
import org.lightcone.Metric;

/** The names that --metric takes, for its help. */
final class MetricNames implements Iterable<String> {
  @Override
  public Iterator<String> iterator() {
    return Stream.of(Metric.values()).map(Metric::toString).iterator();
  }
}
