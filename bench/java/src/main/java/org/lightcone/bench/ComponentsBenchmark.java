// SPDX-License-Identifier: Apache-2.0
package org.lightcone.bench;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.lightcone.Agreement;
import org.lightcone.Components;
import org.lightcone.LabelMaps;
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

/** Regions and agreement of 100 label maps of 50 x 50 points, from Java's call to its return. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ComponentsBenchmark {
  private static final int MAPS = 100;
  private static final int EDGE = 50;
  /** Squares of ten points: 25 regions a map. */
  private static final int SQUARE = 10;
  private static final int CLASSES = 10;

  private LabelMaps maps;

  /** Not measured. */
  @Setup
  public void open() {
    SplittableRandom random = new SplittableRandom(3);
    ByteBuffer labels = ByteBuffer.allocateDirect(MAPS * EDGE * EDGE);
    int squares = EDGE / SQUARE;
    for (int map = 0; map < MAPS; map++) {
      int[] classes = random.ints((long) squares * squares, 0, CLASSES).toArray();
      for (int k = 0; k < EDGE * EDGE; k++) {
        labels.put(map * EDGE * EDGE + k, (byte) classes[k / EDGE / SQUARE * squares + k % EDGE / SQUARE]);
      }
    }
    maps = LabelMaps.of(labels, MAPS, (long) EDGE * EDGE, CLASSES);
  }

  /** Not measured. */
  @TearDown
  public void close() {
    maps.close();
  }

  /** Eight neighbours, every region. */
  @Benchmark
  public Components components() {
    return Components.of(maps, EDGE, EDGE, Components.Options.DEFAULT, null, 0, null);
  }

  /** All pairs. */
  @Benchmark
  public Agreement agreement() {
    return Agreement.of(maps, null, 0, null);
  }
}
