// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What is said beforehand. */
class DistancePlanTest {
  private static final DistanceOptions OPTIONS = DistanceOptions.defaults().withThreads(2);
  private static final long PROCESS = 100L << 20;

  @Test
  void redonePairsAreReadAgainWithoutRefinementToo() {
    DistanceOptions off = OPTIONS.withRefine(DistanceOptions.Refine.OFF);
    DistancePlan plan = new DistancePlan.Planner(new TileLayout(2), 3, 3, off, 1L << 30, PROCESS)
        .plan(DistancePlan.Output.TILES);
    // Disjoint zeros of one sample: the pair is flagged.
    float[] p = {1, 0, 0, 0.5f, 0.5f, 0, 0.2f, 0.3f, 0.5f, 0, 1, 0, 0.5f, 0.5f, 0, 0.2f, 0.3f, 0.5f};
    try (Predictions table = Predictions.of(Tables.direct(p), 2, 3, 3, Kind.PROBS);
        DistanceMatrix d = DistanceMatrix.compute(table, off, null)) {
      assertEquals(1, d.report().flaggedPairs());
      assertTrue(d.report().reads() <= plan.reads(), d.report().reads() + " reads, planned " + plan.reads());
    }
  }

  private static DistancePlan plan(int models, DistancePlan.Output output, long limit) {
    return new DistancePlan.Planner(new TileLayout(models), 2000, 10, OPTIONS, limit, PROCESS).plan(output);
  }

  @Test
  void moreMemoryIsFewerBandsAndReads() {
    int before = Integer.MAX_VALUE;
    for (long limit = 512L << 20; limit <= 64L << 30; limit *= 2) {
      DistancePlan plan = plan(50_000, DistancePlan.Output.TILES, limit);
      assertTrue(plan.memory().total() <= limit, plan + " within " + limit);
      assertTrue(plan.bands() <= before);
      assertEquals(2 * plan.bands(), plan.reads());
      assertEquals(new TileLayout(50_000).bytes(), plan.diskBytes(), 1 << 20);
      before = plan.bands();
    }
    assertEquals(1, before, "64 GiB hold 50,000 models at once");
  }

  @Test
  void anNpyFileIsWrittenFromMemoryWhereItFits() {
    DistancePlan roomy = plan(4000, DistancePlan.Output.NPY, 2L << 30);
    assertTrue(roomy.inMemory());
    assertEquals(4L * 4000 * 4000, roomy.diskBytes());
    DistancePlan narrow = plan(20_000, DistancePlan.Output.NPY, 512L << 20);
    assertFalse(narrow.inMemory());
    assertTrue(narrow.diskBytes() > 6L * 20_000 * 20_000, "the matrix and its tiles");
    assertTrue(narrow.bands() > 1 && narrow.bandRows() % TileLayout.EDGE == 0);
  }

  @Test
  void tooLittleIsRefusedWithWhatWouldDo() {
    UnsupportedException e = assertThrows(UnsupportedException.class,
        () -> plan(50_000, DistancePlan.Output.TILES, PROCESS + (1 << 20)));
    assertTrue(e.getMessage().matches("the distances of 50000 models take at least .* MB and the limit is 105.9 MB:"
        + " allow .* MB or more \\(--memory\\), or use fewer models"), e.getMessage());
    double enough = Double.parseDouble(e.getMessage().replaceAll(".*allow ([0-9.]+) MB.*", "$1"));
    assertTrue(plan(50_000, DistancePlan.Output.TILES, (long) (enough * 1e6)).bands() > 1, "what it says does");
  }

  @Test
  void noSizeOverflows() {
    for (long models : new long[] {2, 46_341, 65_536, 151_407, 1_000_000}) {
      DistancePlan plan = DistancePlan.of(models, 50_000, 10, OPTIONS, DistancePlan.Output.TILES, 1L << 50);
      assertEquals(1, plan.bands());
      assertTrue(plan.diskBytes() >= 2 * models * models, plan.toString());
    }
    assertThrows(InvalidDataException.class,
        () -> DistancePlan.of(1L << 40, 1, 2, OPTIONS, DistancePlan.Output.TILES, 1L << 50));
  }
}
