// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.lightcone.lab.network.LibTorch;
import org.lightcone.lab.network.Network;
import org.lightcone.lab.network.Networks;

/**
 * Seconds per image by network, to say how long a sweep will take: first from a probe, then from the work
 * itself.
 */
final class CostModel {
  private record Cost(double train, double record) {
  }

  // Enough images to fill the cores, few enough for the probe to take a fraction of a second.
  private static final int PROBE = 64;
  // From here on the work itself says more than the probe.
  private static final double ENOUGH_SECONDS = 1;

  private final Tensors data;
  private final int threads;
  private final Map<String, Cost> costs = new HashMap<>();

  CostModel(Tensors data, int threads) {
    this.data = data;
    this.threads = threads;
  }

  /** Seconds for steps and records of a run. */
  double seconds(RunSpec spec, long steps, int records) {
    Cost cost = costs.computeIfAbsent(spec.network(), this::probe);
    return cost.train() * steps * spec.batch()
        + cost.record() * records * (spec.recordTrain() + (double) spec.recordTest());
  }

  /** Learns from a run's work. */
  void learn(RunSpec spec, Trainer.Work work) {
    Cost old = costs.computeIfAbsent(spec.network(), this::probe);
    double train = work.freshTrainingSeconds > ENOUGH_SECONDS
        ? work.freshTrainingSeconds / (work.freshSteps * (double) spec.batch()) : old.train();
    double record = work.freshRecordingSeconds > ENOUGH_SECONDS
        ? work.freshRecordingSeconds / (work.freshRecords * (spec.recordTrain() + (double) spec.recordTest()))
        : old.record();
    costs.put(spec.network(), new Cost(train, record));
  }

  @SuppressWarnings("try") // the scopes and the guard act by being open
  private Cost probe(String name) {
    LibTorch.setThreads(threads);
    try (PointerScope scope = new PointerScope()) {
      Network network = Networks.create(name, data.shape, data.classes, 0);
      int n = Math.min(PROBE, data.trainClasses.length);
      Tensor images = data.trainImages.narrow(0, 0, n);
      Tensor labels = data.trainLabels.narrow(0, 0, n);
      double train = 0;
      double record = 0;
      // The first round warms up and does not count.
      for (int round = 0; round < 2; round++) {
        network.train(true);
        long start = System.nanoTime();
        torch.cross_entropy_loss(network.forward(images), labels).backward();
        long middle = System.nanoTime();
        network.eval();
        try (NoGradGuard guard = new NoGradGuard()) {
          network.forward(images);
        }
        train = (middle - start) * 1e-9 / n;
        record = (System.nanoTime() - middle) * 1e-9 / n;
      }
      return new Cost(train, record);
    }
  }
}
