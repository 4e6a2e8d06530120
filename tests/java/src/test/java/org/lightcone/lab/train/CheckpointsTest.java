// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When runs are recorded. */
class CheckpointsTest {
  /** The counts that the paper's data has, N = 50,000. */
  @ParameterizedTest
  @CsvSource({"200, 200, 67", "1000, 200, 67", "500, 200, 62", "200, 300, 73", "1000, 300, 73"})
  void thePapersSchedule(int batch, int epochs, int records) {
    assertEquals(records, new Checkpoints.Paper().steps(50_000 / batch, epochs).length);
  }

  /**
   * Written out by hand for 10 steps per epoch: every 2nd step from the first, then epoch ends, then sparser.
   */
  @Test
  void thePapersScheduleStepByStep() {
    assertArrayEquals(new long[] {0, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 20},
        new Checkpoints.Paper().steps(10, 2));
    long[] long70 = new Checkpoints.Paper().steps(10, 92);
    List<Long> tail = java.util.Arrays.stream(long70).filter(s -> s > 50).boxed().toList();
    List<Long> expected = new java.util.ArrayList<>();
    for (long e = 5; e <= 25; e++) {
      expected.add((e + 1) * 10);
    }
    for (long e : new long[] {28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 75, 90}) {
      expected.add((e + 1) * 10);
    }
    expected.add(920L);
    assertEquals(expected, tail);
  }

  @Test
  void fewStepsPerEpochRecordEach() {
    assertArrayEquals(new long[] {0, 1, 2, 3, 4, 5, 6}, new Checkpoints.Paper().steps(3, 2));
  }

  @Test
  void perEpochEndsWithEachEpoch() {
    assertArrayEquals(new long[] {0, 3, 6, 10, 13, 16, 20}, new Checkpoints.PerEpoch(3).steps(10, 2));
    assertThrows(SpecException.class, () -> new Checkpoints.PerEpoch(11).steps(10, 2));
  }

  @Test
  void listsAreTakenAsTheyAre() {
    assertArrayEquals(new long[] {2, 19}, Checkpoints.at(2, 19).steps(10, 2));
    assertThrows(SpecException.class, () -> Checkpoints.at(2, 21).steps(10, 2));
    assertThrows(SpecException.class, () -> Checkpoints.at(2, 2));
    assertThrows(SpecException.class, () -> Checkpoints.at(-1));
    assertThrows(SpecException.class, Checkpoints::at);
  }

  @Test
  void theCosineStartsAtTheRateAndEndsAtZero() {
    assertEquals(0.1, Optimizers.cosine(0.1, 0, 40));
    assertEquals(0.05, Optimizers.cosine(0.1, 20, 40), 1e-17);
    assertEquals(0, Optimizers.cosine(0.1, 40, 40));
  }
}
