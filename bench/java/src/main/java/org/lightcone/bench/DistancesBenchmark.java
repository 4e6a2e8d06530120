// SPDX-License-Identifier: Apache-2.0
package org.lightcone.bench;

import java.util.concurrent.TimeUnit;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.Predictions;
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

/** All distances of small and medium tables, from Java's call to its return, and reading the result. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DistancesBenchmark {
  /** M, N, C. */
  @Param({"10, 100, 10", "64, 500, 10", "256, 1000, 10"})
  public String size;

  private Predictions predictions;
  private DistanceMatrix matrix;
  private float[] row;
  private int next;

  /** Not measured. */
  @Setup
  public void open() {
    String[] sizes = size.split(", ");
    predictions = Tables.random(Integer.parseInt(sizes[0]), Integer.parseInt(sizes[1]), Integer.parseInt(sizes[2]));
    matrix = DistanceMatrix.compute(predictions, DistanceOptions.defaults(), null);
    row = new float[matrix.models()];
  }

  /** Not measured. */
  @TearDown
  public void close() {
    matrix.close();
    predictions.close();
  }

  /** Computing them. */
  @Benchmark
  public double compute() {
    try (DistanceMatrix d = DistanceMatrix.compute(predictions, DistanceOptions.defaults(), null)) {
      return d.get(0, 1);
    }
  }

  /** One row of the result. */
  @Benchmark
  public float[] row() {
    next = next + 1 == matrix.models() ? 0 : next + 1;
    matrix.row(next, row);
    return row;
  }
}
