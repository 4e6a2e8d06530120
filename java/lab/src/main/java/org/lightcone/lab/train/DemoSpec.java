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
  // 80 small steps: test error falls from 90% to between 18% and 29%.
  private static final int BATCH = 50;
  private static final int EPOCHS = 2;
  private static final List<Long> SEEDS = List.of(1L, 2L);

  private DemoSpec() {
  }

  /** The demo's runs. */
  public static Spec spec() {
    List<RunSpec> runs = new ArrayList<>();
    // Rates low enough for the paths to be smooth: at sgd's usual 0.1 fc leaps half of its way in one step, and
    // batch-norm's running statistics trail behind the weights of the convolutional networks.
    // A model moves fastest at the start, so the records are densest there. To record a convolutional network
    // takes 30 times as long as fc, and is more than half of the demo: fc has the finer curve.
    runs.addAll(sweep(List.of("fc"), 0.005, 0.0003, Checkpoints.at(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54,
        56, 58, 60, 62, 64, 66, 68, 70, 72, 74, 76, 78, 79, 80)));
    runs.addAll(sweep(List.of("allcnn", "wrn-10-4-8"), 0.02, 0.0007,
        Checkpoints.at(0, 1, 2, 4, 7, 11, 16, 22, 30, 40, 52, 65, 80)));
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
