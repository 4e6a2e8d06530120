// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.util.ArrayList;
import java.util.List;

/**
 * The main view as SVG, for print and for browsers without WebGL: every run as a line coloured by network, with
 * ignorance, truth and the geodesic. Colours are attributes, so that any SVG reader shows them; the classes let
 * the page replace them in dark mode.
 */
final class StaticView {
  static final int WIDTH = 960;
  static final int HEIGHT = 600;
  private static final int TOP = 64;      // title block
  private static final int LEGEND = 40;   // bottom line
  /** Vertices beyond this make the file grow but not the picture: lines are thinned evenly, ends kept. */
  private static final int VERTICES = 15_000;
  /** With fewer models than this every one is a dot on its line. */
  private static final int DOTS = 3000;
  private static final String INK = "#1f2328";
  private static final String FAINT = "#c9ced6";
  private static final String MUTED = "#59636e";
  private static final String FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif";

  private final ReportData data;
  private final ReportData.View view;
  private final Scene scene;
  private final StringBuilder out = new StringBuilder(1 << 16);

  private StaticView(ReportData data, ReportData.View view) {
    this.data = data;
    this.view = view;
    this.scene = new Scene(view, (double) WIDTH / (HEIGHT - TOP - LEGEND));
  }

  static String svg(ReportData data, ReportData.View view) {
    return new StaticView(data, view).draw();
  }

  /** What stands in for the picture when nothing was embedded. */
  static String empty(ReportData data) {
    StringBuilder out = new StringBuilder();
    open(out, data.title() + ": no model was embedded");
    text(out, WIDTH / 2.0, HEIGHT / 2.0, "middle", 16, MUTED, "mut", "No model was embedded.");
    return out.append("</svg>\n").toString();
  }

  private String draw() {
    String sentence = Html.format("%s: %,d models of %d runs, %s embedding, explained stress %s in 3 dimensions",
        data.title(), view.models().count(), data.runs().size(), view.name(),
        Html.percent(Charts.stressAt(view, 3)));
    open(out, sentence);
    text(out, 24, 32, "start", 18, INK, "ink strong", clip(data.title(), 80));
    text(out, 24, 53, "start", 13, MUTED, "mut", Html.count(view.models().count()) + " models · "
        + Html.count(data.runs().size()) + " runs · " + clip(view.name(), 30) + " embedding · explained stress "
        + Html.percent(Charts.stressAt(view, 3)) + " in 3 dimensions");
    box();
    trajectories();
    specials();
    legend();
    return out.append("</svg>\n").toString();
  }

  private static void open(StringBuilder out, String description) {
    out.append(Html.format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
        + "font-family=\"%s\">\n", WIDTH, HEIGHT, FONT));
    out.append("<title>").append(Html.escape(description)).append("</title>\n");
    out.append(Html.format("<rect class=\"paper\" width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT));
  }

  private double[] place(double[] projected) {
    double h = (HEIGHT - TOP - LEGEND) / 2.0;
    return new double[] {WIDTH / 2.0 + h * projected[0], TOP + h - h * projected[1]};
  }

  private void box() {
    int[] signs = {-1, 1};
    int[] near = scene.nearest();
    for (int axis = 0; axis < 3; axis++) {
      double[][] named = null;
      for (int a : signs) {
        for (int b : signs) {
          double[] p = place(scene.projectBox(end(axis, -1, a, b)));
          double[] q = place(scene.projectBox(end(axis, 1, a, b)));
          int[] s = ends(axis, 0, a, b);
          if (!touches(s, near)) {
            line(p, q, FAINT, "faint", 1);
          }
          // The upright axis is named at the left, the level ones at the bottom: outside the models.
          double rank = axis == 1 ? -(p[0] + q[0]) : p[1] + q[1];
          double old = named == null ? 0 : axis == 1 ? -(named[0][0] + named[1][0]) : named[0][1] + named[1][1];
          if (named == null || rank > old) {
            named = new double[][] {p, q};
          }
        }
      }
      line(named[0], named[1], MUTED, "axis", 1.4);
      axisName(axis, named[0], named[1]);
    }
  }

  /** Signs of an edge or its end: along is 0 for the edge as a whole. */
  private static int[] ends(int axis, int along, int a, int b) {
    return axis == 0 ? new int[] {along, a, b} : axis == 1 ? new int[] {a, along, b} : new int[] {a, b, along};
  }

  private static boolean touches(int[] edge, int[] corner) {
    for (int k = 0; k < 3; k++) {
      if (edge[k] != 0 && edge[k] != corner[k]) {
        return false;
      }
    }
    return true;
  }

  private double[] end(int axis, int along, int a, int b) {
    int[] s = ends(axis, along, a, b);
    return scene.corner(s[0], s[1], s[2]);
  }

  private void axisName(int axis, double[] p, double[] q) {
    if (axis >= view.models().dims()) {
      return;
    }
    double x = (p[0] + q[0]) / 2;
    double y = (p[1] + q[1]) / 2;
    boolean time = view.signature()[axis] < 0;
    String name = "PC " + (axis + 1) + (time ? " · time-like" : " · space-like") + gain(axis);
    String cls = time ? "time" : "mut";
    String ink = time ? Palette.TIME : MUTED;
    // Across the edge, away from the middle of the box.
    double[] middle = place(scene.projectBox(new double[3]));
    double length = Math.max(1e-9, Math.hypot(q[0] - p[0], q[1] - p[1]));
    double nx = (p[1] - q[1]) / length;
    double ny = (q[0] - p[0]) / length;
    if ((x - middle[0]) * nx + (y - middle[1]) * ny < 0) {
      nx = -nx;
      ny = -ny;
    }
    if (axis == 1) {
      double far = 14 + 3.3 * name.length() * Math.abs(ny);
      x += far * nx;
      y += far * ny;
      out.append(Html.format("<g transform=\"rotate(-90 %.1f %.1f)\">", x, y));
      text(out, x, y, "middle", 12, ink, cls, name);
      out.append("</g>\n");
    } else {
      String anchor = nx > 0.25 ? "start" : nx < -0.25 ? "end" : "middle";
      // Centred under a slanted edge, the ends of the text would cross it: go further by the slant.
      double far = 14 + (anchor.equals("middle") ? 3.3 * name.length() * Math.abs(nx) : 0);
      text(out, x + far * nx, y + far * ny + 4, anchor, 12, ink, cls, name);
    }
  }

  private String gain(int axis) {
    if (axis >= view.stress().length) {
      return "";
    }
    return " · +" + Html.percent(view.stress()[axis] - (axis == 0 ? 0 : view.stress()[axis - 1]));
  }

  private void trajectories() {
    ReportData.Models models = view.models();
    List<String> networks = Palette.networks(data);
    int m = models.count();
    int stride = Math.max(1, (m + VERTICES - 1) / VERTICES);
    double width = Math.max(0.4, Math.min(1.6, 30 / Math.sqrt(Math.max(1, data.runs().size()))));
    StringBuilder ends = new StringBuilder();
    for (int from = 0; from < m; ) {
      int run = models.run()[from];
      int to = from;
      while (to < m && models.run()[to] == run) {
        to++;
      }
      int category = networks.indexOf(data.runs().get(run).network()) % Palette.LIGHT.size();
      String colour = Palette.light(category);
      StringBuilder path = new StringBuilder();
      for (int i = from; i < to; i++) {
        if (i == from || i == to - 1 || (i - from) % stride == 0) {
          double[] p = place(scene.project(models.coordinates()[i]));
          path.append(path.length() == 0 ? 'M' : 'L').append(Html.format("%.1f %.1f", p[0], p[1]));
          if (m < DOTS) {
            ends.append(Html.format("<circle class=\"f%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"1.8\" fill=\"%s\"/>%n", category,
                p[0], p[1], colour));
          }
        }
      }
      out.append(Html.format("<path class=\"c%d\" d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.2f\" "
          + "stroke-opacity=\"0.75\" stroke-linejoin=\"round\"/>%n", category, path, colour, width));
      double[] last = place(scene.project(models.coordinates()[to - 1]));
      ends.append(Html.format("<circle class=\"f%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\"/>%n",
          category, last[0], last[1], Math.min(3.5, 1.6 * width + 0.8), colour));
      from = to;
    }
    out.append(ends);
  }

  private void specials() {
    List<ReportData.Special> points = new ArrayList<>(view.specials());
    points.sort((a, b) -> Double.compare(a.t(), b.t()));
    StringBuilder geodesic = new StringBuilder();
    for (ReportData.Special special : points) {
      double[] p = place(scene.project(special.coordinates()));
      geodesic.append(geodesic.length() == 0 ? 'M' : 'L').append(Html.format("%.1f %.1f", p[0], p[1]));
    }
    if (points.size() > 1) {
      out.append("<path class=\"geo\" d=\"").append(geodesic).append("\" fill=\"none\" stroke=\"").append(INK)
          .append("\" stroke-width=\"2.6\"/>\n");
    }
    for (ReportData.Special special : points) {
      double[] p = place(scene.project(special.coordinates()));
      if (special.kind() != ReportData.Landmark.GEODESIC) {
        boolean truth = special.kind() == ReportData.Landmark.TRUTH;
        out.append(truth
            ? Html.format("<path class=\"mark\" d=\"M%.1f %.1fl7 7l-7 7l-7 -7z\" fill=\"%s\" stroke=\"#fff\"/>%n",
                p[0], p[1] - 7, INK)
            : Html.format("<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"6\" fill=\"#fff\" stroke=\"%s\" "
                + "stroke-width=\"2.4\"/>%n", p[0], p[1], INK));
        boolean left = p[0] < WIDTH / 2.0;
        text(out, p[0] + (left ? -6 : 6), p[1] - 13, left ? "end" : "start", 13, INK, "ink strong",
            truth ? "truth" : "ignorance");
      }
    }
  }

  private void legend() {
    double x = 24;
    List<String> networks = Palette.networks(data);
    for (int i = 0; i < networks.size() && x < WIDTH - 220; i++) {
      String name = clip(networks.get(i), 24);
      out.append(Html.format("<circle class=\"f%d\" cx=\"%.1f\" cy=\"%d\" r=\"5\" fill=\"%s\"/>%n",
          i % Palette.LIGHT.size(), x + 5, HEIGHT - 20, Palette.light(i)));
      text(out, x + 15, HEIGHT - 16, "start", 12, INK, "ink", name);
      x += 34 + 7.2 * name.length();
    }
    if (!view.specials().isEmpty()) {
      out.append(Html.format("<path class=\"geo\" d=\"M%d %dh26\" stroke=\"%s\" stroke-width=\"2.6\"/>%n", WIDTH - 118, HEIGHT - 20, INK));
      text(out, WIDTH - 86, HEIGHT - 16, "start", 12, INK, "ink", "geodesic");
    }
  }

  private void line(double[] p, double[] q, String stroke, String cls, double width) {
    out.append(Html.format("<path class=\"%s\" d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" stroke-width=\"%.1f\"/>%n",
        cls, p[0], p[1], q[0], q[1], stroke, width));
  }

  private static void text(StringBuilder out, double x, double y, String anchor, int size, String fill, String cls,
                           String text) {
    out.append(Html.format("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" "
        + "fill=\"%s\"%s>", cls, x, y, anchor, size, fill, cls.endsWith("strong") ? " font-weight=\"600\"" : ""))
        .append(Html.escape(text)).append("</text>\n");
  }

  static String clip(String text, int most) {
    return text.codePointCount(0, text.length()) <= most ? text
        : text.substring(0, text.offsetByCodePoints(0, most - 1)) + "…";
  }
}
