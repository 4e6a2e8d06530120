// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.util.ArrayList;
import java.util.List;
import org.lightcone.lab.data.FashionMnist;

/**
 * The sweep of {@code lightcone demo}: 3 networks x 2 optimisers x 2 seeds on 2,000 bundled images, 312
 * models. Sized for well under five minutes on two cores, also when something else uses them.
 */
public final class DemoSpec {
  private static final DataSpec DATA = new DataSpec(FashionMnist.NAME, "bundled", 2_000, 500);
  private static final int RECORD_TRAIN = 1_000;
  private static final int RECORD_TEST = 500;
  // 120 small steps: test error falls from 90% to about 20 to 25% for all three networks.
  private static final int BATCH = 50;
  private static final int EPOCHS = 3;
  private static final List<Long> SEEDS = List.of(1L, 2L);

  private DemoSpec() {
  }

  /** The demo's runs. */
  public static Spec spec() {
    List<RunSpec> runs = new ArrayList<>();
    // Rates low enough for the paths to be smooth: at sgd's usual 0.1 fc leaps half of its way in one step, and
    // batch-norm's running statistics trail behind the weights of the convolutional networks.
    // A model moves fastest at the start, so the records are densest there. To record a convolutional network
    // takes 30 times as long as fc, and is half of the demo: fc has the finer curve.
    runs.addAll(sweep(List.of("fc"), 0.005, 0.0003, Checkpoints.at(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
        15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30, 33, 36, 39, 42, 45, 48, 51, 54, 57, 60, 63, 66, 69, 72, 75, 78,
        81, 85, 90, 95, 100, 105, 110, 114, 117, 120)));
    runs.addAll(sweep(List.of("allcnn", "wrn-10-4-8"), 0.02, 0.0005,
        Checkpoints.at(0, 1, 2, 4, 7, 12, 18, 26, 36, 50, 70, 95, 120)));
    return new Spec(runs);
  }

  private static List<RunSpec> sweep(List<String> networks, double sgdnRate, double adamRate,
      Checkpoints checkpoints) {
    List<OptimizerSpec> optimizers = List.of(OptimizerSpec.of("sgdn", sgdnRate),
        OptimizerSpec.of("adam", adamRate));
    return Spec.sweep(DATA, RECORD_TRAIN, RECORD_TEST, networks, optimizers, List.of(BATCH), SEEDS, EPOCHS,
        checkpoints, true).runs();
  }
}
