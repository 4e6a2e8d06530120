// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.util.ArrayList;
import java.util.List;
import org.lightcone.Ceilings;
import org.lightcone.DType;
import org.lightcone.Device;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Embedding;
import org.lightcone.EmbeddingOptions;
import org.lightcone.EngineInfo;
import org.lightcone.InPca;
import org.lightcone.Kind;
import org.lightcone.Predictions;

/**
 * What this machine reaches on a small table of the same classes, in a second or two: its ceilings, and the rates of
 * the real kernels below them, from which larger sizes are predicted.
 *
 * @param isa that runs
 * @param threads that run
 * @param fma float32 multiply-adds per second
 * @param readBandwidth bytes per second from memory
 * @param distances pair-samples per second
 * @param refinement redone pair-samples per second; 0 where the metric redoes none
 * @param panels input numbers per second on their way into panels
 * @param validation input numbers per second
 */
public record Calibration(String isa, int threads, double fma, double readBandwidth, double distances,
    double refinement, double panels, double validation) {
  /** Enough for all kinds of tiles; many more models cost more than they teach. */
  private static final long MODELS = 768;
  /** Numbers of the table: 32 MB, beyond the second-level caches. */
  private static final long NUMBERS = 8_000_000;
  private static final long FEWEST_SAMPLES = 16;
  private static final int RUNS = 5;
  private static final double RUN_SECONDS = 0.05;
  /** Larger than common caches of one processor. */
  private static final long READ_BYTES = 256L << 20;

  /** Measures, on at most M models and N samples. */
  public static Calibration measure(long models, long samples, long classes, DistanceOptions options) {
    EngineInfo engine = EngineInfo.query();
    long few = Math.max(2, Math.min(models, Math.min(MODELS, NUMBERS / (FEWEST_SAMPLES * classes))));
    double pairs = few * (few - 1) / 2.0;
    try (Inputs inputs = new Inputs()) {
      long least = Math.min(samples, FEWEST_SAMPLES);
      inputs.use(few, least, classes, 1);
      double first = seconds(run(inputs, options));
      long quick = (long) (least * Math.max(1, RUN_SECONDS / first));
      long some = Math.min(samples, Math.min(NUMBERS / (few * classes), quick));
      inputs.use(few, some, classes, 1);
      double numbers = (double) few * some * classes;
      List<Double> validations = new ArrayList<>();
      List<Double> distances = new ArrayList<>();
      List<Double> panels = new ArrayList<>();
      for (int run = 0; run < RUNS; run++) {
        long start = System.nanoTime();
        inputs.open(Kind.PROBS, options.threads()).close();
        validations.add((System.nanoTime() - start) * 1e-9);
        DistanceMatrix.Report report = run(inputs, options);
        distances.add(seconds(report));
        panels.add(report.readSeconds());
      }
      inputs.use(few, least, classes, 0.02);
      DistanceMatrix.Report near = run(inputs, options);
      double refinement = near.nearPairs() == 0 ? 0 : (double) near.nearPairs() * least / near.refineSeconds();
      return new Calibration(engine.isa().toString(), options.threads(),
          Ceilings.fma(engine.isa(), DType.FLOAT32, options.threads()), Ceilings.read(READ_BYTES, options.threads()),
          pairs * some / Timing.of(distances).median(), refinement, numbers / Timing.of(panels).median(),
          numbers / Timing.of(validations).median());
    }
  }

  private static DistanceMatrix.Report run(Inputs inputs, DistanceOptions options) {
    try (DistanceMatrix d = DistanceMatrix.compute(inputs.predictions(), options, null)) {
      return d.report();
    }
  }

  /** Of far pairs; a metric without a fast form has all of them redone. */
  private static double seconds(DistanceMatrix.Report report) {
    return report.distancesSeconds() + report.refineSeconds();
  }

  /**
   * Seconds to embed M models in K dimensions, from an embedding of fewer: a pass costs M^2, and their number hardly
   * depends on M.
   *
   * @param passSeconds for reading the matrix once from the disk, beside which a pass computes; 0 where it is in memory
   */
  public static double embedding(long models, int dims, int threads, double passSeconds) {
    int points = 50;
    int runs = (int) Math.max(1, Math.min(models / points, 24));
    RandomWalks walks = new RandomWalks(runs, points, 20, 10, 1);
    try (Predictions table = Predictions.of(walks.table(), walks.models(), walks.samples(), walks.classes(),
            Kind.PROBS);
        DistanceMatrix d = DistanceMatrix.compute(table, DistanceOptions.defaults().withThreads(threads), null)) {
      int fewer = Math.min(dims, walks.models() - 1);
      EmbeddingOptions options = EmbeddingOptions.of(fewer).withThreads(threads).withDevice(Device.CPU);
      InPca.embed(d, options, null);
      double ratio = (double) models / walks.models();
      Embedding embedding = InPca.embed(d, options, null);
      return Math.max(embedding.seconds() * ratio * ratio, embedding.passes() * passSeconds);
    }
  }

  /** Share of the multiply-add rate that the distances reach. */
  public double share(long classes) {
    return distances * classes / fma;
  }
}
