// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.lightcone.Centroid;
import org.lightcone.DistanceOptions.Precision;
import org.lightcone.EngineInfo;
import org.lightcone.Isa;
import org.lightcone.Kind;
import org.lightcone.Metric;

/** Which rows there are: the sizes of the table. Rows of one input follow each other, so that it is made once. */
final class Rows {
  private final boolean quick;
  private final int threads;
  private final EngineInfo engine = EngineInfo.query();
  private final List<Row> rows = new ArrayList<>();

  private Rows(boolean quick, int threads) {
    this.quick = quick;
    this.threads = threads;
  }

  /** All rows, or those of one kernel. */
  static List<Row> of(String kernel, boolean quick, int threads) {
    Rows all = new Rows(quick, threads);
    all.bhattacharyya();
    all.otherMetrics();
    all.onePass();
    all.labelMaps();
    all.eigenpairs();
    all.rows.add(new CallRow());
    if (kernel == null) {
      return all.rows;
    }
    List<Row> chosen = all.rows.stream().filter(row -> row.key.kernel().equals(kernel)).toList();
    if (chosen.isEmpty()) {
      TreeSet<String> names = new TreeSet<>();
      all.rows.forEach(row -> names.add(row.key.kernel()));
      throw new IllegalArgumentException("there is no row of the kernel '" + kernel + "': use one of "
          + String.join(", ", names));
    }
    return chosen;
  }

  private void bhattacharyya() {
    if (quick) {
      each(Metric.BHATTACHARYYA, 160, 200, 10, true);
      each(Metric.BHATTACHARYYA, 130, 50, 3, false);
      each(Metric.BHATTACHARYYA, 100, 20, 100, false);
      refinement(160, 200, 10);
      return;
    }
    each(Metric.BHATTACHARYYA, 256, 1000, 10, true);
    each(Metric.BHATTACHARYYA, 1024, 2000, 10, true);
    refinement(1024, 2000, 10);
    each(Metric.BHATTACHARYYA, 4096, 5000, 10, false);
    distances(Metric.BHATTACHARYYA, 4096, 5000, 10, threads, Isa.AVX2);
    distances(Metric.BHATTACHARYYA, 2048, 5000, 2, threads, Isa.AUTO);
    distances(Metric.BHATTACHARYYA, 2048, 4000, 3, threads, Isa.AUTO);
    distances(Metric.BHATTACHARYYA, 2048, 2000, 7, threads, Isa.AUTO);
    distances(Metric.BHATTACHARYYA, 1024, 1000, 100, threads, Isa.AUTO);
    distances(Metric.BHATTACHARYYA, 512, 250, 1000, threads, Isa.AUTO);
    distances(Metric.BHATTACHARYYA, 128, 500, 1000, threads, Isa.AUTO);
  }

  /** hellinger-product, the pass of bhattacharyya with another last line, is 1 for all but the fewest samples. */
  private void otherMetrics() {
    List<Metric> metrics = Stream.of(Metric.values())
        .filter(metric -> metric != Metric.BHATTACHARYYA
            && metric != Metric.HELLINGER_PRODUCT && Reference.knows(metric.toString())).toList();
    distances(Metric.HELLINGER_PRODUCT, quick ? 100 : 2048, 20, 10, threads, Isa.AUTO);
    for (long[] size : quick ? new long[][] {{160, 200}} : new long[][] {{256, 1000}, {1024, 2000}}) {
      for (Metric metric : metrics) {
        // Logarithms of every class of every pair: by orders of magnitude the slowest, here and elsewhere.
        boolean slow = metric == Metric.JENSEN_SHANNON;
        if (!slow) {
          distances(metric, size[0], size[1], 10, threads, Isa.AUTO);
        } else if (size[0] < 1000) {
          distances(metric, quick ? 60 : 200, quick ? 100 : 400, 10, threads, Isa.AUTO);
        }
        if (DistanceRow.hasFastForm(metric) && (quick || size[0] > 1000)) {
          rows.add(new DistanceRow(metric, Precision.FAST, size[0], size[1], 10, threads, engine.isa()));
        }
      }
    }
  }

  /** What reads the data once. */
  private void onePass() {
    Isa isa = engine.isa();
    long many = quick ? 2_000 : 100_000;
    for (IngestRow.Part part : IngestRow.Part.values()) {
      for (Kind kind : List.of(Kind.PROBS, Kind.LOGITS)) {
        rows.add(new IngestRow(part, kind, 64, many, 10, threads, isa));
      }
    }
    rows.add(new ProgressRow(quick ? 40 : 256, quick ? 200 : 1000, 10, threads, isa));
    if (!quick) {
      rows.add(new ProgressRow(1024, 10_000, 10, threads, isa));
    }
    for (Centroid.Mean mean : List.of(Centroid.Mean.ARITHMETIC, Centroid.Mean.BHATTACHARYYA)) {
      rows.add(new CentroidRow(mean, quick ? 20 : 256, quick ? 100 : 2000, 10, threads, isa));
    }
    rows.add(new TrajectoriesRow(quick ? 6 : 100, quick ? 20 : 200, 10, threads, isa));
  }

  private void labelMaps() {
    Isa isa = engine.isa();
    rows.add(new ArgmaxRow(quick ? 8 : 64, quick ? 2_000 : 100_000, 10, threads, isa));
    rows.add(new PlanePointsRow(quick ? 2 : 16, quick ? 48 : 3072, threads, isa));
    rows.add(new AgreementRow(2, quick ? 100_000 : 128_000_000, threads, isa));
    rows.add(new AgreementRow(quick ? 20 : 256, quick ? 3_001 : 100_000, threads, isa));
    rows.add(new ComponentsRow(quick ? 20 : 500, 50, threads, isa));
    if (!quick) {
      rows.add(new ComponentsRow(10, 500, threads, isa));
    }
  }

  private void eigenpairs() {
    if (quick) {
      rows.add(new EigenRow(30, 20, 10, threads, engine.isa()));
      rows.add(new TilesEigenRow(30, 20, 10, 256, threads, engine.isa()));
      return;
    }
    rows.add(new EigenRow(40, 200, 50, threads, engine.isa()));
    rows.add(new EigenRow(160, 200, 50, threads, engine.isa()));
    rows.add(new TilesEigenRow(400, 40, 50, 400, threads, engine.isa()));
  }

  /** One thread and all, on every instruction set that has vectors. */
  private void each(Metric metric, long models, long samples, long classes, boolean everyIsa) {
    for (Isa isa : engine.available()) {
      if (isa == engine.isa() || everyIsa && isa != Isa.PORTABLE) {
        if (threads > 1) {
          distances(metric, models, samples, classes, 1, isa);
        }
        distances(metric, models, samples, classes, threads, isa);
      }
    }
  }

  private void distances(Metric metric, long models, long samples, long classes, int count, Isa isa) {
    Isa runs = isa == Isa.AUTO ? engine.isa() : isa;
    if (engine.available().contains(runs)) {
      rows.add(new DistanceRow(metric, Precision.EXACT, models, samples, classes, count, runs));
    }
  }

  private void refinement(long models, long samples, long classes) {
    rows.add(new RefinementRow(models, samples, classes, threads, engine.isa()));
  }
}
