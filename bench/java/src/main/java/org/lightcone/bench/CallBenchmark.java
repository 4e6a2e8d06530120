// SPDX-License-Identifier: Apache-2.0
package org.lightcone.bench;

import java.util.concurrent.TimeUnit;
import org.lightcone.Ceilings;
import org.lightcone.Control;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What crossing into the library costs. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class CallBenchmark {
  private Control control;

  /** Not measured. */
  @Setup
  public void open() {
    control = new Control();
  }

  /** Not measured. */
  @TearDown
  public void close() {
    control.close();
  }

  /** A call with nothing to do, and the clock that is read around it. */
  @Benchmark
  public double emptyCall() {
    return Ceilings.emptyCalls(1);
  }

  /** A call on a handle: entered, asked for one number, left. */
  @Benchmark
  public long callOnAHandle() {
    return control.done();
  }
}
