// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Reports to look at without training: a toy model of learning gives probability tables, and those are measured
 * (Eq 2) and embedded (InPCA) for real, so that signatures and shapes are what a true report shows.
 */
final class Synthetic {
  private static final int N = 120;
  private static final int C = 10;
  private static final int DIMS = 12;
  private static final int RECORDS = 26;
  private static final String[] NETWORKS = {"fc", "allcnn", "wrn-10-4-8"};
  private static final String[] OPTIMIZERS = {"sgd", "adam"};

  private Synthetic() {}

  /** Computed once: the embedding takes a second. */
  private static final class Demo {
    static final ReportData DATA = make();
  }

  /** A report like the demo's: 3 networks x 2 optimisers x 2 seeds, one of them failed, two views. */
  static ReportData demo() {
    return Demo.DATA;
  }

  private static ReportData make() {
    List<ReportData.Run> runs = new ArrayList<>();
    for (String network : NETWORKS) {
      for (String optimizer : OPTIMIZERS) {
        for (long seed = 42; seed < 44; seed++) {
          boolean failed = network.equals("fc") && optimizer.equals("adam") && seed == 43;
          double rate = optimizer.equals("sgd") ? 0.1 : 0.001;
          int k = runs.size();
          runs.add(new ReportData.Run(String.format("%08x", 0x9e3779b9L * (k + 1) & 0xffffffffL),
              network + " " + optimizer + " " + rate + " seed " + seed, network, optimizer, rate, 200, seed,
              failed ? ReportData.Status.FAILED : ReportData.Status.DONE,
              failed ? "the loss became NaN at step 31 (epoch 3.1); use a smaller learning rate" : "",
              failed ? Double.NaN : 0.002 + 0.011 * (k % 5), failed ? Double.NaN : 0.12 + 0.015 * (k % 7),
              failed ? 9 : RECORDS, 11.3 + k, 6.2 + 0.4 * k));
        }
      }
    }
    return new ReportData("Fashion-MNIST, 12 small networks", "fc, allcnn and wrn-10-4-8, each with SGD and Adam and two "
        + "seeds; 2,000 training images, 6 epochs", runs, List.of(view("train", runs, 1.0, 1000),
        view("test", runs, 0.75, 500)), List.of(new ReportData.Stage("data", 0.4), new ReportData.Stage("training", 141),
        new ReportData.Stage("recording", 83), new ReportData.Stage("distances", 0.21),
        new ReportData.Stage("embedding", 0.09), new ReportData.Stage("report", 0.2)), provenance());
  }

  static ReportData.Provenance provenance() {
    Map<String, String> more = new LinkedHashMap<>();
    more.put("data", "Fashion-MNIST, test split of 10,000 images");
    return new ReportData.Provenance("0.1.0", "4d0af99", "avx512", 2, "Linux 6.1 amd64", "2-core x86-64 processor",
        "17.0.15", "2.10.0", "b4a1d0c37e55", Instant.parse("2026-01-02T03:04:05Z"), more);
  }

  private static ReportData.View view(String name, List<ReportData.Run> runs, double reach, int shown) {
    Random world = new Random(7);
    int[] label = new int[N];
    int[] rival = new int[N];
    double[] hard = new double[N];
    for (int n = 0; n < N; n++) {
      label[n] = n % C;
      rival[n] = (label[n] + 1 + world.nextInt(C - 1)) % C;
      hard[n] = Math.pow(world.nextDouble(), 1.5);
    }
    List<double[]> tables = new ArrayList<>();
    List<int[]> place = new ArrayList<>();
    for (int r = 0; r < runs.size(); r++) {
      if (runs.get(r).status() == ReportData.Status.FAILED) {
        continue;
      }
      int network = r / 4;
      int optimizer = r / 2 % 2;
      Random own = new Random(100 + network);
      Random seed = new Random(r);
      double[] taste = new double[N];
      double[] luck = new double[N];
      for (int n = 0; n < N; n++) {
        taste[n] = own.nextGaussian();
        luck[n] = seed.nextGaussian();
      }
      for (int k = 0; k < RECORDS; k++) {
        double tau = 1.25 * Math.pow(k / (RECORDS - 1.0), optimizer == 0 ? 1.4 : 1.0);
        double[] p = new double[N * C];
        for (int n = 0; n < N; n++) {
          double when = (0.75 * hard[n] + 0.10 * taste[n] + 0.02 * luck[n]) / reach;
          double[] z = new double[C];
          z[label[n]] = 7.5 * reach * Math.max(0, tau - Math.max(0, when));
          // On test images the hard ones end confidently wrong: that is what makes axes time-like.
          z[rival[n]] = (2.4 + 0.8 * network) * Math.max(0, Math.min(tau, 2 * when - tau + 0.25))
              + (reach < 1 && hard[n] + 0.2 * taste[n] > 0.6 ? 9 * tau * tau : 0);
          z[(label[n] + 3 + network) % C] += 1.1 * Math.min(1, 3 * tau) * (0.4 + hard[n]) * (1.4 - Math.min(1.3, tau));
          softmax(z, p, n);
        }
        tables.add(p);
        place.add(new int[] {r, k});
      }
    }
    int m = tables.size();
    List<Double> ts = new ArrayList<>();
    for (int i = 0; i <= 40; i++) {
      double t = 1 - Math.pow(1 - i / 40.0, 2.5);   // closer near truth, where -log runs away
      ts.add(t);
      tables.add(geodesic(label, t));
    }
    double[][] d = Embedder.distances(tables, N, C);
    Embedder e = new Embedder(d, DIMS, 40);
    ReportData.Models models = new ReportData.Models(new int[m], new int[m], new long[m], new double[m],
        new double[m], new double[m], new double[m], new double[m], new double[m][10]);
    for (int i = 0; i < m; i++) {
      int r = place.get(i)[0];
      int k = place.get(i)[1];
      double[] p = tables.get(i);
      models.run()[i] = r;
      models.record()[i] = k;
      models.step()[i] = Math.round(60.0 * k / (RECORDS - 1));
      models.epoch()[i] = 6.0 * k / (RECORDS - 1);
      models.progress()[i] = progress(p, label);
      models.trainError()[i] = Math.max(0, error(p, label) * (reach < 1 ? 0.7 : 1));
      models.testError()[i] = Math.min(0.9, 0.1 + 0.9 * error(p, label) * (reach < 1 ? 1 : 1.1));
      models.loss()[i] = 2 * d[i][tables.size() - 1];
      models.coordinates()[i] = java.util.Arrays.copyOf(e.x[i], 10);
    }
    List<ReportData.Special> specials = new ArrayList<>();
    for (int i = 0; i < ts.size(); i++) {
      specials.add(new ReportData.Special(i == 0 ? ReportData.Landmark.IGNORANCE : i == 40 ? ReportData.Landmark.TRUTH
          : ReportData.Landmark.GEODESIC, ts.get(i), java.util.Arrays.copyOf(e.x[m + i], 10)));
    }
    return new ReportData.View(name, shown, C, "5f0c" + shown, models, specials, e.lambda, e.sign, e.stress, e.pairwise,
        new ReportData.Distances("bhattacharyya", tables.size(), 0.031, 0));
  }

  private static void softmax(double[] z, double[] p, int n) {
    double sum = 0;
    for (int c = 0; c < C; c++) {
      sum += Math.exp(z[c]);
    }
    for (int c = 0; c < C; c++) {
      p[n * C + c] = Math.exp(z[c]) / sum;
    }
  }

  private static double[] geodesic(int[] label, double t) {
    double theta = Math.acos(1 / Math.sqrt(C));
    double[] p = new double[N * C];
    for (int n = 0; n < N; n++) {
      for (int c = 0; c < C; c++) {
        double s = (Math.sin((1 - t) * theta) / Math.sqrt(C) + (c == label[n] ? Math.sin(t * theta) : 0))
            / Math.sin(theta);
        p[n * C + c] = s * s;
      }
    }
    return p;
  }

  private static double error(double[] p, int[] label) {
    int wrong = 0;
    for (int n = 0; n < N; n++) {
      for (int c = 0; c < C; c++) {
        if (p[n * C + c] > p[n * C + label[n]]) {
          wrong++;
          break;
        }
      }
    }
    return Math.min(0.9, wrong / (double) N + (wrong == 0 && p[0] == p[1] ? 0.9 : 0));
  }

  /** Eq 4 on a grid: good enough to colour a picture. */
  private static double progress(double[] p, int[] label) {
    double best = 0;
    double least = Double.POSITIVE_INFINITY;
    double theta = Math.acos(1 / Math.sqrt(C));
    for (int i = 0; i <= 200; i++) {
      double t = i / 200.0;
      double sum = 0;
      for (int n = 0; n < N; n++) {
        double a = 0;
        for (int c = 0; c < C; c++) {
          a += Math.sqrt(p[n * C + c] / C);
        }
        double b = Math.sqrt(p[n * C + label[n]]);
        sum += Math.acos(Math.min(1, (Math.sin((1 - t) * theta) * a + Math.sin(t * theta) * b) / Math.sin(theta)));
      }
      if (sum < least) {
        least = sum;
        best = t;
      }
    }
    return best;
  }

  /** The demo's train view, thickened to the paper's size: many noisy copies of its runs. */
  static ReportData large(int runsWanted, int views) {
    ReportData base = demo();
    List<ReportData.View> out = new ArrayList<>();
    List<ReportData.Run> runs = new ArrayList<>();
    String[] more = {"fc", "allcnn", "wrn-10-4-8", "wrn-16-4-64", "convmixer", "vit"};
    for (int r = 0; r < runsWanted; r++) {
      String network = more[r % more.length];
      String optimizer = new String[] {"sgd", "sgdn", "adam"}[r / 6 % 3];
      runs.add(new ReportData.Run("run" + r, network + " " + optimizer + " seed " + r, network, optimizer, 0.1, 200, r,
          ReportData.Status.DONE, "", 0.001 * (r % 7), 0.1 + 0.001 * (r % 97), 67, 100 + r % 50, 20));
    }
    for (int v = 0; v < views; v++) {
      ReportData.View from = base.views().get(v % 2);
      int each = 67;
      int m = runsWanted * each;
      Random random = new Random(v);
      ReportData.Models a = from.models();
      ReportData.Models b = new ReportData.Models(new int[m], new int[m], new long[m], new double[m], new double[m],
          new double[m], new double[m], new double[m], new double[m][10]);
      for (int r = 0; r < runsWanted; r++) {
        int[] sources = {0, 3, 7, 9, 5, 1};   // networks differ more than seeds do
        int source = sources[r % 6] * RECORDS;
        double[] shift = new double[10];
        for (int k = 0; k < 10; k++) {
          shift[k] = (k < 3 ? 0.012 : 0.004) * random.nextGaussian() + 0.06 * Math.sin(r % 6 * (k + 2.0) * 1.7);
        }
        for (int i = 0; i < each; i++) {
          int at = r * each + i;
          double f = i * (RECORDS - 1.0) / (each - 1);
          int lo = Math.min(RECORDS - 2, (int) f);
          double u = f - lo;
          b.run()[at] = r;
          b.record()[at] = i;
          b.step()[at] = 250L * i;
          b.epoch()[at] = 3.0 * i;
          b.progress()[at] = between(a.progress(), source + lo, u);
          b.trainError()[at] = between(a.trainError(), source + lo, u);
          b.testError()[at] = between(a.testError(), source + lo, u);
          b.loss()[at] = between(a.loss(), source + lo, u);
          double[] x = new double[10];
          for (int k = 0; k < 10; k++) {
            x[k] = a.coordinates()[source + lo][k] * (1 - u) + a.coordinates()[source + lo + 1][k] * u
                + Math.sin(Math.PI * i / (each - 1)) * shift[k] + 0.002 * random.nextGaussian();
          }
          b.coordinates()[at] = x;
        }
      }
      out.add(new ReportData.View(from.name(), 50_000, C, "", b, from.specials(), from.eigenvalues(), from.signature(),
          from.stress(), from.pairwise(), new ReportData.Distances("bhattacharyya", m + 21, 0.2, 0)));
    }
    return new ReportData("CIFAR-10, " + runsWanted + " runs", "size test", runs, out, base.stages(), base.provenance());
  }

  private static double between(double[] values, int i, double u) {
    return values[i] * (1 - u) + values[i + 1] * u;
  }

  /** Writes demo.html, large.html and demo.svg into a folder, to be looked at. */
  public static void main(String[] args) throws Exception {
    java.nio.file.Path folder = java.nio.file.Path.of(args[0]);
    Report.write(folder.resolve("demo.html"), demo());
    Report.writeSvg(folder.resolve("demo.svg"), demo());
    long t = System.nanoTime();
    Report.write(folder.resolve("large.html"), large(2240, 1));
    System.out.println("large written in " + (System.nanoTime() - t) / 1_000_000 + " ms with data");
    Report.write(folder.resolve("large2.html"), large(2240, 2));
  }
}
