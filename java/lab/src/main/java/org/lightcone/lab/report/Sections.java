// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;

/** The parts of the page that are plain HTML: they are there without scripts too. */
final class Sections {
  private Sections() {}

  /** The numbers to read first. */
  static String figures(ReportData data) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < data.views().size(); i++) {
      ReportData.View view = data.views().get(i);
      String cls = "fig view v" + i;
      int dims = Math.min(3, Math.max(1, view.stress().length));
      figure(out, cls + " lead", Html.percent(Charts.stressAt(view, 3)),
          "explained stress in " + dims + (dims == 1 ? " dimension" : " dimensions"),
          "χ, Eq 8: how much of all pairwise distances the view keeps");
      figure(out, cls, signs(view), "signature", "+ space-like, − time-like, by size of the eigenvalue");
      figure(out, cls, Html.count(view.models().count()), "models",
          "recorded checkpoints of all runs; the distance matrix has order " + view.distances().models());
      figure(out, cls, Html.count(view.samples()) + " × " + view.classes(), "samples × classes",
          "every model is a table of probabilities of this size");
    }
    long failed = data.runs().stream().filter(r -> r.status() == ReportData.Status.FAILED).count();
    figure(out, failed > 0 ? "fig failedfig" : "fig", Html.count(data.runs().size()),
        "runs" + (failed > 0 ? ", " + Html.count(failed) + " failed" : ""), "training configurations with one seed");
    double best = data.runs().stream().mapToDouble(ReportData.Run::testError).filter(e -> !Double.isNaN(e)).min()
        .orElse(Double.NaN);
    figure(out, "fig", Html.error(best), "best test error", "lowest final test error of all runs");
    double total = data.stages().stream().mapToDouble(ReportData.Stage::seconds).sum();
    if (total > 0) {
      figure(out, "fig", Html.seconds(total), "all stages", "wall-clock time of everything timed");
    }
    return out.toString();
  }

  private static String signs(ReportData.View view) {
    StringBuilder signs = new StringBuilder();
    for (int k = 0; k < Math.min(3, view.signature().length); k++) {
      signs.append(k == 0 ? "" : "\u2009").append(view.signature()[k] < 0 ? '−' : '+');
    }
    return signs.length() == 0 ? "–" : signs.toString();
  }

  private static void figure(StringBuilder out, String cls, String value, String name, String help) {
    out.append(Html.format("<div class=\"%s\" title=\"%s\"><b>%s</b><span>%s</span></div>%n", cls,
        Html.escape(help), Html.escape(value), Html.escape(name)));
  }

  /** The rows of the table of runs; data-v holds the sort key where the text would sort wrongly. */
  static String runRows(ReportData data) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < data.runs().size(); i++) {
      ReportData.Run run = data.runs().get(i);
      boolean failed = run.status() == ReportData.Status.FAILED;
      out.append(Html.format("<tr data-run=\"%d\"%s>", i, failed ? " class=\"failed\"" : ""));
      out.append(Html.format("<td class=\"name\"><button type=\"button\" class=\"runname\" title=\"%s\"><i></i>%s"
          + "</button></td>", Html.escape(run.id()), Html.escape(run.label())));
      text(out, run.network());
      text(out, run.optimizer());
      number(out, run.learningRate(), Double.isNaN(run.learningRate()) ? "–" : Html.number(run.learningRate()));
      number(out, run.batch(), run.batch() == 0 ? "–" : Integer.toString(run.batch()));
      number(out, run.seed(), Long.toString(run.seed()));
      String status = switch (run.status()) {
        case DONE -> "<span class=\"st ok\">✓ done</span>";
        case RUNNING -> "<span class=\"st run\">… running</span>";
        case FAILED -> "<span class=\"st bad\">✕ failed</span><span class=\"why\">" + Html.escape(run.reason())
            + "</span>";
      };
      out.append(Html.format("<td class=\"status\" data-v=\"%d\">", run.status().ordinal())).append(status)
          .append("</td>");
      number(out, run.trainError(), Html.error(run.trainError()));
      number(out, run.testError(), Html.error(run.testError()));
      number(out, run.records(), Html.count(run.records()));
      number(out, run.trainingSeconds(), Html.seconds(run.trainingSeconds()));
      number(out, run.recordingSeconds(), Html.seconds(run.recordingSeconds()));
      out.append("</tr>\n");
    }
    return out.toString();
  }

  private static void text(StringBuilder out, String text) {
    out.append("<td>").append(Html.escape(text)).append("</td>");
  }

  private static void number(StringBuilder out, double key, String text) {
    out.append(Html.format("<td class=\"n\" data-v=\"%s\">%s</td>", Double.isNaN(key) ? "" : key, text));
  }

  /** Charts of every view; the page shows those of the chosen one. */
  static String spectra(ReportData data) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < data.views().size(); i++) {
      ReportData.View view = data.views().get(i);
      int negative = 0;
      int bars = Math.min(Charts.BARS, view.signature().length);
      for (int k = 0; k < bars; k++) {
        negative += view.signature()[k] < 0 ? 1 : 0;
      }
      out.append(Html.format("<section class=\"card view v%d\"><h2>Eigenvalues</h2><p class=\"key\">"
          + "<i class=\"spacekey\"></i>%d space-like <i class=\"timekey\"></i>%d time-like, of the first %d by "
          + "|λ|</p>", i, bars - negative, negative, bars)).append(Charts.eigenvalues(view)).append("</section>\n");
      out.append(Html.format("<section class=\"card view v%d\"><h2>Explained by k dimensions</h2><p class=\"key\">"
              + "<i class=\"chikey\"></i>stress: <b>%s</b> at 3 <i class=\"pairkey\"></i>pairwise distance%s</p>", i,
          Html.percent(Charts.stressAt(view, 3)), view.pairwise().length >= 3
              ? ": <b>" + Html.percent(view.pairwise()[2]) + "</b> at 3" : ""))
          .append(Charts.stress(view)).append("</section>\n");
    }
    return out.toString();
  }

  static String provenance(ReportData data) {
    ReportData.Provenance p = data.provenance();
    StringBuilder out = new StringBuilder();
    entry(out, "made", p.made() == null ? "" : DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'")
        .withZone(ZoneOffset.UTC).format(p.made()));
    entry(out, "Lightcone", p.commit().isEmpty() ? p.version() : p.version() + " (" + p.commit() + ")");
    entry(out, "instruction set", p.isa());
    entry(out, "threads", p.threads() > 0 ? Integer.toString(p.threads()) : "");
    entry(out, "processor", p.cpu());
    entry(out, "system", p.os());
    entry(out, "Java", p.java());
    entry(out, "LibTorch", p.libtorch());
    entry(out, "spec hash", shorten(p.specHash()));
    for (ReportData.View view : data.views()) {
      entry(out, view.name() + " samples", Html.count(view.samples()) + " × " + view.classes() + " classes"
          + (view.sampleHash().isEmpty() ? "" : ", hash " + shorten(view.sampleHash())));
      ReportData.Distances d = view.distances();
      entry(out, view.name() + " distances", d.metric() + ", order " + Html.count(d.models())
          + (Double.isNaN(d.refinedShare()) ? "" : ", " + Html.error(d.refinedShare()) + " of pairs redone in float64")
          + ", " + (d.infiniteTerms() == 0 ? "no infinite term"
          : Html.count(d.infiniteTerms()) + " infinite terms"));
    }
    for (Map.Entry<String, String> more : p.more().entrySet()) {
      entry(out, more.getKey(), Check.orEmpty(more.getValue()));
    }
    return out.toString();
  }

  /** Twelve digits tell sample sets apart for a reader; the store has the rest. */
  private static String shorten(String hash) {
    return hash.length() > 16 ? hash.substring(0, 12) + "…" : hash;
  }

  private static void entry(StringBuilder out, String name, String value) {
    if (!value.isEmpty()) {
      out.append("<dt>").append(Html.escape(name)).append("</dt><dd>").append(Html.escape(value))
          .append("</dd>\n");
    }
  }
}
