// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The colours of the report, chosen for colour-blind readers: the hues of Okabe and Ito for categories, cividis
 * for quantities. On white, the light hues are darkened until they reach a contrast of 3:1. Vermilion comes
 * last among categories, because everywhere else on the page it means time-like or failed.
 */
final class Palette {
  /** Okabe-Ito: blue, orange, bluish green, reddish purple, sky blue, grey, yellow, vermilion. */
  static final List<String> DARK = List.of("#3d9be0", "#e69f00", "#00b487", "#e08bbb", "#8fd3ff", "#b4b9c0",
      "#f0e442", "#ff7f32");
  static final List<String> LIGHT = List.of("#0072b2", "#d08700", "#00876a", "#b8548f", "#3794cf", "#6b7078",
      "#a39400", "#d55e00");
  /** Ten samples of cividis, dark to bright. */
  static final List<String> CIVIDIS = List.of("#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678",
      "#a59c74", "#c3b369", "#e1cc55", "#fee838");
  static final String TIME = "#d55e00";

  private Palette() {}

  static String light(int category) {
    return LIGHT.get(category % LIGHT.size());
  }

  /** The networks in order of first appearance: the place in this list picks the colour. */
  static List<String> networks(ReportData data) {
    Set<String> names = new LinkedHashSet<>();
    data.runs().forEach(run -> names.add(run.network()));
    return new ArrayList<>(names);
  }
}
