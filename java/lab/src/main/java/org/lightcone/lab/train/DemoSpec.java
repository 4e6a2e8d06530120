// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.util.ArrayList;
import java.util.List;
import org.lightcone.lab.data.FashionMnist;

/** The sweep of {@code lightcone demo}. */
public final class DemoSpec {
  private DemoSpec() {
  }

  /** The demo's runs. */
  public static Spec spec() {
    return Spec.sweep(new DataSpec(FashionMnist.NAME, "bundled", 2_000, 500), 1_000, 500,
        List.of("fc", "allcnn", "wrn-10-4-8"), List.of(OptimizerSpec.of("sgd", 0.1),
        OptimizerSpec.of("adam", 0.001)), List.of(100), List.of(1L, 2L), 5,
        Checkpoints.at(0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 17, 20, 24, 28, 32, 36, 40, 46, 52, 58, 64, 70,
        80, 90, 100), true);
  }
}
