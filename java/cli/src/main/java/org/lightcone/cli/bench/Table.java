// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The rows as columns of text, what does not fit a column on lines of its own below its row. */
final class Table {
  private static final List<String> HEAD = List.of("kernel", "mode", "M, N, C", "isa", "threads",
      "median (p10-p90, runs)", "rate", "% of ceiling", "max, p99 rel. error", "max |diagonal|", "bytes");

  private Table() {}

  static List<String> of(List<RowResult> rows) {
    List<List<String>> cells = new ArrayList<>(List.of(HEAD));
    rows.forEach(row -> cells.add(cells(row)));
    int[] widths = new int[HEAD.size()];
    for (List<String> line : cells) {
      for (int c = 0; c < widths.length; c++) {
        widths[c] = Math.max(widths[c], line.get(c).length());
      }
    }
    List<String> lines = new ArrayList<>(List.of(line(HEAD, widths)));
    for (int r = 0; r < rows.size(); r++) {
      lines.add(line(cells.get(r + 1), widths));
      RowResult row = rows.get(r);
      if (!row.note().isEmpty()) {
        lines.add("    " + row.note());
      }
      row.peers().forEach(peer -> lines.add("    " + peer(row, peer)));
    }
    return lines;
  }

  private static List<String> cells(RowResult row) {
    RowKey key = row.key();
    List<String> cells = new ArrayList<>(List.of(key.kernel(), key.mode(), key.sizes(), key.isa(),
        Integer.toString(key.threads())));
    if (row.skipped() != null) {
      cells.addAll(List.of("left out: " + row.skipped(), "", "", "", "", ""));
    } else if (row.timing() == null) {
      cells.addAll(List.of("WRONG", "", "", error(row.errors()), diagonal(row.errors()), ""));
    } else {
      Timing t = row.timing();
      cells.add(String.format(Locale.ROOT, "%s (%s-%s, %d)", seconds(t.median()), seconds(t.p10()), seconds(t.p90()),
          t.runs()));
      cells.add(si(row.rate()) + " " + row.unit() + "/s");
      cells.add(row.ceiling() == null ? "-"
          : String.format(Locale.ROOT, "%.0f%% of %s", 100 * row.share(), row.ceiling().name()));
      cells.add(error(row.errors()));
      cells.add(diagonal(row.errors()));
      cells.add(row.bytes() == 0 ? "-" : si(row.bytes()));
    }
    return cells;
  }

  private static String diagonal(Errors errors) {
    return Double.isNaN(errors.diagonal()) ? "-" : String.format(Locale.ROOT, "%.1g", errors.diagonal());
  }

  private static String error(Errors errors) {
    return errors.bound() == 0 && errors.max() == 0 ? "exact" : String.format(Locale.ROOT, "%.1e, %.1e", errors.max(),
        errors.p99());
  }

  private static String peer(RowResult row, RowResult.PeerResult peer) {
    if (peer.absent() != null) {
      return peer.name() + ": peer absent (" + peer.absent() + ")";
    }
    Timing t = peer.timing();
    String runs = peer.cold() ? "cold, 1 run"
        : String.format(Locale.ROOT, "%s-%s, %d", seconds(t.p10()), seconds(t.p90()), t.runs());
    return String.format(Locale.ROOT, "%.3g times %s: %s (%s), its max rel. error %.1e",
        t.median() / row.timing().median(), peer.name(), seconds(t.median()), runs, peer.errors().max());
  }

  private static String seconds(double s) {
    return s < 1e-3 ? String.format(Locale.ROOT, "%.0f us", s * 1e6)
        : s < 1 ? String.format(Locale.ROOT, "%.3g ms", s * 1e3) : String.format(Locale.ROOT, "%.3g s", s);
  }

  private static String si(double value) {
    double shown = value;
    int prefix = 0;
    while (shown >= 1000 && prefix < 4) {
      shown /= 1000;
      prefix++;
    }
    return String.format(Locale.ROOT, "%.3g%s", shown, new String[] {"", " k", " M", " G", " T"}[prefix]);
  }

  private static String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int c = 0; c < widths.length; c++) {
      line.append(c == 0 ? "" : " | ").append(cells.get(c)).append(" ".repeat(widths[c] - cells.get(c).length()));
    }
    return line.toString().stripTrailing();
  }
}
