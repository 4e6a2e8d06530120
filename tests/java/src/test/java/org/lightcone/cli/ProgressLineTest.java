// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** The small parts that put numbers into words. */
class ProgressLineTest {
  @Test
  void showsShareRateAndTimeLeft() {
    assertEquals("distances  25% 250 M pair-samples/s 12 s left",
        ProgressLine.line(false, "distances", "pair-samples", 1_000_000_000L, 4_000_000_000L, 4));
    assertEquals("train ...", ProgressLine.line(false, "train", "steps", 0, 0, 1));
    assertEquals("train [############............]  50% 5.00 steps/s 1:40 left",
        ProgressLine.line(true, "train", "steps", 500, 1000, 100));
  }

  @Test
  void clocksAndPrefixes() {
    assertEquals("59 s", ProgressLine.clock(59));
    assertEquals("1:00", ProgressLine.clock(60));
    assertEquals("1:02:09", ProgressLine.clock(3729));
    assertEquals("1.23 G", ProgressLine.si(1.23e9));
    assertEquals("999", ProgressLine.si(999));
  }

  @Test
  void sizesAreReadAndWritten() {
    assertEquals(8L << 30, ByteSize.parse("8g"));
    assertEquals(512L << 20, ByteSize.parse("512MiB"));
    assertEquals(1536L << 20, ByteSize.parse("1.5G"));
    assertEquals(100, ByteSize.parse("100"));
    assertEquals("1.5 GiB", ByteSize.format(1536L << 20));
    for (String bad : new String[] {"", "g", "8x", "-1g", "0"}) {
      assertThrows(IllegalArgumentException.class, () -> ByteSize.parse(bad), bad);
    }
  }
}
