// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.util.List;

/** The small charts as SVG made here and not in the page, so that print and browsers without scripts have them. */
final class Charts {
  static final int BARS = 50;
  private static final int WIDTH = 420;
  private static final int LEFT = 46;
  private static final int RIGHT = 10;

  private Charts() {}

  /** chi_k, or of the last dimension known; NaN when there is none. */
  static double stressAt(ReportData.View view, int k) {
    double[] stress = view.stress();
    return stress.length == 0 ? Double.NaN : stress[Math.min(k, stress.length) - 1];
  }

  /** Bars of log |lambda_k|, time-like ones in vermilion. */
  static String eigenvalues(ReportData.View view) {
    int height = 150;
    int top = 12;
    int bottom = 24;
    double[] lambda = view.eigenvalues();
    int n = Math.min(BARS, lambda.length);
    double hi = 0;
    for (int k = 0; k < n; k++) {
      hi = Math.max(hi, Math.abs(lambda[k]));
    }
    if (hi == 0) {
      return "<p class=\"none\">No eigenvalue differs from 0.</p>";
    }
    double lo = hi;
    for (int k = 0; k < n; k++) {
      // Six decades at most: below lies round-off, and it would flatten everything else.
      lo = Math.abs(lambda[k]) > hi * 1e-6 ? Math.min(lo, Math.abs(lambda[k])) : lo;
    }
    int first = (int) Math.floor(Math.log10(lo) - 0.05);
    int last = (int) Math.ceil(Math.log10(hi));
    last = Math.max(last, first + 1);
    StringBuilder out = open(height, "Eigenvalues by magnitude, time-like ones in another colour");
    double room = height - top - bottom;
    int every = last - first > 5 ? 2 : 1;
    for (int decade = first; decade <= last; decade += every) {
      double y = top + room * (last - decade) / (last - first);
      grid(out, y);
      out.append(Html.format("<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">10<tspan dy=\"-4\" "
          + "font-size=\"8\">%s</tspan></text>", LEFT - 6, y + 4, (decade < 0 ? "−" : "") + Math.abs(decade)));
    }
    double pitch = (double) (WIDTH - LEFT - RIGHT) / Math.max(10, n);
    for (int k = 0; k < n; k++) {
      double size = Math.abs(lambda[k]);
      double share = size > 0 ? (Math.log10(size) - first) / (last - first) : 0;
      double y = top + room * (1 - Math.max(0, share));
      boolean time = view.signature()[k] < 0;
      out.append(Html.format("<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>"
              + "λ%d = %s, %s</title></rect>", time ? "timebar" : "spacebar", LEFT + pitch * (k + 0.12), y,
          pitch * 0.76, Math.max(0, height - bottom - y), k + 1, Html.number(lambda[k]),
          time ? "time-like" : "space-like"));
      if (k == 0 || (k + 1) % (n > 20 ? 10 : 5) == 0) {
        tick(out, LEFT + pitch * (k + 0.5), height - bottom + 15, Integer.toString(k + 1));
      }
    }
    return out.append("</svg>").toString();
  }

  /** Explained stress (Eq 8) and explained pairwise distance (Eq 12) against the number of dimensions. */
  static String stress(ReportData.View view) {
    int height = 150;
    int top = 12;
    int bottom = 24;
    int n = Math.min(BARS, Math.max(view.stress().length, view.pairwise().length));
    if (n == 0) {
      return "<p class=\"none\">No explained stress was given.</p>";
    }
    StringBuilder out = open(height, "Explained stress and explained pairwise distance by dimensions");
    double room = height - top - bottom;
    for (int p = 0; p <= 100; p += 25) {
      double y = top + room * (1 - p / 100.0);
      grid(out, y);
      out.append(Html.format("<text class=\"tick\" x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d%%</text>", LEFT - 6,
          y + 4, p));
    }
    for (int k = 1; k <= n; k++) {
      if (n <= 12 || k == 1 || k % (n > 25 ? 10 : 5) == 0) {
        tick(out, across(k, n), height - bottom + 15, Integer.toString(k));
      }
    }
    curve(out, view.pairwise(), n, "pairwise", "explained pairwise distance", top, room);
    curve(out, view.stress(), n, "chi", "explained stress", top, room);
    if (view.stress().length >= 3 && n > 3) {
      double x = across(3, n);
      double y = top + room * (1 - view.stress()[2]);
      out.append(Html.format("<circle class=\"halo3\" cx=\"%.1f\" cy=\"%.1f\" r=\"6.5\"/>", x, y));
    }
    return out.append("</svg>").toString();
  }

  private static double across(int k, int n) {
    return LEFT + 8 + (WIDTH - LEFT - RIGHT - 16) * (n == 1 ? 0.5 : (k - 1.0) / (n - 1));
  }

  private static void curve(StringBuilder out, double[] values, int n, String cls, String name, double top,
                            double room) {
    StringBuilder path = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    for (int k = 1; k <= Math.min(n, values.length); k++) {
      double y = top + room * (1 - Math.max(0, Math.min(1, values[k - 1])));
      path.append(k == 1 ? 'M' : 'L').append(Html.format("%.1f %.1f", across(k, n), y));
      dots.append(Html.format("<circle class=\"%sdot\" cx=\"%.1f\" cy=\"%.1f\" r=\"%s\"><title>%s in %d "
          + "dimension%s: %.1f%%</title></circle>", cls, across(k, n), y, n > 25 ? "2.2" : "3.2", name, k,
          k == 1 ? "" : "s", 100 * values[k - 1]));
    }
    if (path.length() > 0) {
      out.append("<path class=\"").append(cls).append("\" d=\"").append(path).append("\"/>").append(dots);
    }
  }

  /** One bar, one part for each stage; the list beside it carries names and numbers. */
  static String stages(List<ReportData.Stage> stages) {
    double total = stages.stream().mapToDouble(ReportData.Stage::seconds).sum();
    if (stages.isEmpty() || total == 0) {
      return "<p class=\"none\">No stage was timed.</p>";
    }
    StringBuilder out = new StringBuilder("<div class=\"stagebar\" role=\"img\" aria-label=\"Share of each stage\">");
    StringBuilder list = new StringBuilder("<ul class=\"stages\">");
    for (int i = 0; i < stages.size(); i++) {
      ReportData.Stage stage = stages.get(i);
      String name = Html.escape(stage.name());
      double share = stage.seconds() / total;
      out.append(Html.format("<span class=\"b%d\" style=\"flex-grow:%.5f\" title=\"%s: %s\"></span>", i % 8,
          share, name, Html.seconds(stage.seconds())));
      list.append(Html.format("<li><i class=\"b%d\"></i><span>%s</span><b>%s</b><em>%s</em></li>", i % 8, name,
          Html.seconds(stage.seconds()), share < 0.001 ? "<0.1%".replace("<", "&lt;") : Html.percent(share)));
    }
    list.append(Html.format("<li class=\"sum\"><i></i><span>total</span><b>%s</b><em></em></li>",
        Html.seconds(total)));
    return out.append("</div>").append(list).append("</ul>").toString();
  }

  private static StringBuilder open(int height, String description) {
    return new StringBuilder(Html.format("<svg class=\"chart\" viewBox=\"0 0 %d %d\" role=\"img\" "
        + "aria-label=\"%s\">", WIDTH, height, description));
  }

  private static void grid(StringBuilder out, double y) {
    out.append(Html.format("<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, WIDTH - RIGHT));
  }

  private static void tick(StringBuilder out, double x, double y, String text) {
    out.append(Html.format("<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>", x, y,
        text));
  }
}
