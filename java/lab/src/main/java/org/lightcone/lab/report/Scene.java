// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.util.ArrayList;
import java.util.List;

/**
 * The camera of the main view: which box the models fill, from where it is seen, where a model lands on paper.
 *
 * <p>Axis 0 runs right, axis 1 up, axis 2 towards the viewer. A coordinate x_k becomes (x_k - mid_k) scale_k,
 * then turns by yaw about the upright axis and by pitch about the horizontal one, then shrinks with depth. The
 * page's camera.js does the same arithmetic, so the picture for print and the first picture on screen agree.
 */
final class Scene {
  /** Focal length in half image heights: a view angle of 22 degrees, mild enough to keep lengths comparable. */
  private static final double FOCAL = 1 / Math.tan(Math.toRadians(11));
  /** An axis flatter than this share of the longest one would be a line on paper: then every axis fills the box. */
  private static final double FLAT = 0.3;
  private static final int SEARCH_POINTS = 2000;

  final double[] mid = new double[3];
  final double[] half = new double[3];
  final double[] scale = new double[3];
  final boolean fill;
  private final double aspect;
  private final List<double[]> sample = new ArrayList<>();
  double yaw;
  double pitch;
  private double distance;
  private double panX;
  private double panY;

  Scene(ReportData.View view, double aspect) {
    this.aspect = aspect;
    List<double[]> points = new ArrayList<>();
    double[][] models = view.models().coordinates();
    for (double[] x : models) {
      points.add(x);
    }
    for (ReportData.Special special : view.specials()) {
      points.add(special.coordinates());
    }
    double longest = 0;
    double shortest = Double.POSITIVE_INFINITY;
    for (int k = 0; k < 3; k++) {
      double lo = Double.POSITIVE_INFINITY;
      double hi = Double.NEGATIVE_INFINITY;
      for (double[] x : points) {
        lo = Math.min(lo, at(x, k));
        hi = Math.max(hi, at(x, k));
      }
      mid[k] = points.isEmpty() ? 0 : (lo + hi) / 2;
      half[k] = points.isEmpty() ? 1 : (hi - lo) / 2;
      longest = Math.max(longest, half[k]);
      shortest = Math.min(shortest, half[k]);
    }
    fill = shortest < FLAT * longest;
    for (int k = 0; k < 3; k++) {
      half[k] = half[k] > 0 ? half[k] : longest > 0 ? longest : 1;
      scale[k] = fill ? (k == 0 ? 1 : 0.7) / half[k] : 1 / (longest > 0 ? longest : 1);
    }
    int stride = Math.max(1, points.size() / SEARCH_POINTS);
    for (int i = 0; i < points.size(); i += stride) {
      sample.add(box(points.get(i)));
    }
    search(view);
    frame();
  }

  private static double at(double[] x, int k) {
    return k < x.length ? x[k] : 0;
  }

  private double[] box(double[] x) {
    double[] p = new double[3];
    for (int k = 0; k < 3; k++) {
      p[k] = (at(x, k) - mid[k]) * scale[k];
    }
    return p;
  }

  private static double[] turn(double[] p, double yaw, double pitch) {
    double x = Math.cos(yaw) * p[0] + Math.sin(yaw) * p[2];
    double z = Math.cos(yaw) * p[2] - Math.sin(yaw) * p[0];
    return new double[] {x, Math.cos(pitch) * p[1] - Math.sin(pitch) * z, Math.sin(pitch) * p[1] + Math.cos(pitch) * z};
  }

  /** The angle that spreads the models over the widest area, ignorance to the left of truth where both are. */
  private void search(ReportData.View view) {
    double best = Double.NEGATIVE_INFINITY;
    // Never head-on, where one axis would hide; from behind too, because the sign of an axis is arbitrary.
    for (int a : new int[] {-50, -40, -30, -20, 20, 30, 40, 50, 130, 140, 150, 160, 200, 210, 220, 230}) {
      for (int b = 12; b <= 28; b += 4) {
        double u = Math.toRadians(a);
        double v = Math.toRadians(b);
        double score = Math.sqrt(area(u, v)) + 0.3 * Math.signum(leftToRight(view, u, v));
        if (score > best) {
          best = score;
          yaw = u;
          pitch = v;
        }
      }
    }
  }

  private double area(double yaw, double pitch) {
    double sx = 0, sy = 0, xx = 0, xy = 0, yy = 0;
    for (double[] p : sample) {
      double[] q = turn(p, yaw, pitch);
      sx += q[0];
      sy += q[1];
      xx += q[0] * q[0];
      xy += q[0] * q[1];
      yy += q[1] * q[1];
    }
    double n = Math.max(1, sample.size());
    double cxx = xx / n - sx * sx / n / n;
    double cyy = yy / n - sy * sy / n / n;
    double cxy = xy / n - sx * sy / n / n;
    return Math.sqrt(Math.max(0, cxx * cyy - cxy * cxy));
  }

  private double leftToRight(ReportData.View view, double yaw, double pitch) {
    double from = 0;
    double to = 0;
    for (ReportData.Special special : view.specials()) {
      double x = turn(box(special.coordinates()), yaw, pitch)[0];
      if (special.kind() == ReportData.Landmark.IGNORANCE) {
        from = x;
      } else if (special.kind() == ReportData.Landmark.TRUTH) {
        to = x;
      }
    }
    return to - from;
  }

  /** Moves the camera so that everything just fits. */
  private void frame() {
    List<double[]> all = new ArrayList<>(sample);
    int[] near = nearest();
    for (int i = 0; i < 8; i++) {
      int[] s = signs(i);
      if (s[0] != near[0] || s[1] != near[1] || s[2] != near[2]) {
        all.add(corner(s[0], s[1], s[2]));
      }
    }
    double[] lo = {1e9, 1e9};
    double[] hi = {-1e9, -1e9};
    for (double[] p : all) {
      double[] q = turn(p, yaw, pitch);
      for (int k = 0; k < 2; k++) {
        lo[k] = Math.min(lo[k], q[k]);
        hi[k] = Math.max(hi[k], q[k]);
      }
    }
    panX = (lo[0] + hi[0]) / 2;
    panY = (lo[1] + hi[1]) / 2;
    distance = 2;
    for (double[] p : all) {
      double[] q = turn(p, yaw, pitch);
      // Beside the box stand names of axes: more room is kept there than above and below.
      distance = Math.max(distance, q[2] + FOCAL * Math.max(Math.abs(q[0] - panX) / (aspect * 0.76),
          Math.abs(q[1] - panY) / 0.9));
    }
  }

  /** Where a point lands: x and y in half image heights from the middle (y upwards), and its depth. */
  double[] project(double[] x) {
    return projectBox(box(x));
  }

  /** The same for a point given in box units. */
  double[] projectBox(double[] p) {
    double[] q = turn(p, yaw, pitch);
    double depth = Math.max(1e-6, distance - q[2]);
    return new double[] {FOCAL * (q[0] - panX) / depth, FOCAL * (q[1] - panY) / depth, depth};
  }

  /** Signs of the corner nearest to the camera: the edges that meet there would run in front of the models. */
  int[] nearest() {
    int[] best = {1, 1, 1};
    for (int i = 0; i < 8; i++) {
      int[] s = signs(i);
      if (turn(corner(s[0], s[1], s[2]), yaw, pitch)[2] > turn(corner(best[0], best[1], best[2]), yaw, pitch)[2]) {
        best = s;
      }
    }
    return best;
  }

  private static int[] signs(int i) {
    return new int[] {(i & 1) * 2 - 1, (i & 2) - 1, (i & 4) / 2 - 1};
  }

  /** A corner of the models' box; each sign is -1 or 1. */
  double[] corner(int sx, int sy, int sz) {
    return new double[] {sx * half[0] * scale[0], sy * half[1] * scale[1], sz * half[2] * scale[2]};
  }
}
