// SPDX-License-Identifier: Apache-2.0
package org.lightcone.bench;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.lightcone.Predictions;
import org.lightcone.Progress;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Progress of all models of a table, from Java's call to its return. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ProgressBenchmark {
  /** M, of 1,000 samples and 10 classes. */
  @Param({"10", "256"})
  public int models;

  private Predictions predictions;
  private int[] labels;

  /** Not measured. */
  @Setup
  public void open() {
    predictions = Tables.random(models, 1000, 10);
    labels = new SplittableRandom(2).ints(1000, 0, 10).toArray();
  }

  /** Not measured. */
  @TearDown
  public void close() {
    predictions.close();
  }

  /** On all processors. */
  @Benchmark
  public double[] progress() {
    return Progress.of(predictions, labels, 0, null);
  }
}
