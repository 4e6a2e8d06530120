// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.io.IOException;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.OptimizerParamGroupVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.lightcone.lab.network.LibTorch;
import org.lightcone.lab.network.Network;
import org.lightcone.lab.network.Networks;
import org.lightcone.lab.store.RunRecord;
import org.lightcone.lab.store.RunWriter;
import org.lightcone.lab.store.Snapshots.Snapshot;
import org.lightcone.lab.store.Status;
import org.lightcone.lab.store.StoreException;

/**
 * Trains one run from wherever it stands to its end, a stop or its divergence. Everything that decides its
 * bits is in the spec and the thread count; the time at which snapshots are written is not among it.
 */
final class Trainer {
  /** What the run has done so far; read by the listener after each step and record. */
  static final class Work {
    long step;
    int records;
    /** Steps and records done by this process, without what a snapshot brought. */
    long freshSteps;
    int freshRecords;
    double trainingSeconds;
    double recordingSeconds;
    double freshTrainingSeconds;
    double freshRecordingSeconds;
  }

  /** A run that cannot go on; it is kept and marked failed. */
  private static final class Diverged extends Exception {
    private static final long serialVersionUID = 1L;

    Diverged(String reason) {
      super(reason, null, false, false);
    }
  }

  private final RunSpec spec;
  private final Seeds seeds;
  private final RunWriter writer;
  private final Tensors data;
  private final SnapshotPolicy policy;
  private final StopSignal stop;
  private final Runnable afterStep;
  private final Recorder recorder;
  private final Work work = new Work();
  private Network network;
  private Optimizer optimizer;
  private long snapshotNanos;
  private long snapshotStep;

  Trainer(RunSpec spec, RunWriter writer, Tensors data, SnapshotPolicy policy, StopSignal stop,
      Runnable afterStep) {
    this.spec = spec;
    this.seeds = Seeds.of(spec.seed());
    this.writer = writer;
    this.data = data;
    this.policy = policy;
    this.stop = stop;
    this.afterStep = afterStep;
    this.recorder = new Recorder(data, spec.recordTrain(), spec.recordTest());
  }

  Work work() {
    return work;
  }

  /**
   * Runs to the end and writes the status.
   *
   * @param verify whether records that are computed again must equal the stored ones bit by bit; without it
   *     they are replaced (for a run that goes on under another thread count)
   */
  @SuppressWarnings("try") // the scope frees the network, the optimiser and the batches
  Status run(int threads, boolean verify) {
    LibTorch.setThreads(threads);
    try (PointerScope scope = new PointerScope(); Batches batches = new Batches(data, spec.batch(),
        seeds.order())) {
      network = Networks.create(spec.network(), data.shape, data.classes, seeds.init());
      optimizer = Optimizers.create(spec.optimizer(), network.parameters());
      boolean resumed = restore();
      if (!verify) {
        writer.truncate(work.records);
      }
      writer.status(Status.RUNNING, "");
      if (!resumed && spec.bnWarmup()) {
        BatchNorm.warmUp(network, batches);
      }
      snapshotNanos = System.nanoTime();
      snapshotStep = work.step;
      if (!loop(batches)) {
        snapshot();
        return finish(Status.STOPPED, "interrupted; lightcone train resumes it");
      }
      Status status = finish(Status.DONE, "");
      writer.snapshots().clear();
      return status;
    } catch (Diverged e) {
      Status status = finish(Status.FAILED, e.getMessage());
      writer.snapshots().clear();
      return status;
    }
  }

  /** False if it was stopped. */
  private boolean loop(Batches batches) throws Diverged {
    long[] checkpoints = spec.recordedSteps();
    long end = spec.steps();
    OptimizerParamGroupVector groups = optimizer.param_groups();
    network.train(true);
    while (true) {
      if (work.records < checkpoints.length && checkpoints[work.records] == work.step) {
        if (!record()) {
          return false;
        }
        network.train(true);
        afterStep.run();
      }
      if (work.step == end || work.records == checkpoints.length) {
        return true;
      }
      if (stop.requested()) {
        return false;
      }
      if (work.step - snapshotStep >= policy.steps()
          || work.step > snapshotStep && (System.nanoTime() - snapshotNanos) * 1e-9 >= policy.seconds()) {
        snapshot();
      }
      step(batches, groups, end);
      afterStep.run();
    }
  }

  @SuppressWarnings("try") // the scope frees what the step makes
  private void step(Batches batches, OptimizerParamGroupVector groups, long end) throws Diverged {
    long start = System.nanoTime();
    batches.seek(work.step / batches.perEpoch());
    int i = (int) (work.step % batches.perEpoch());
    double rate = Optimizers.cosine(spec.optimizer().lr(), work.step, end);
    try (PointerScope scope = new PointerScope()) {
      for (long g = 0; g < groups.size(); g++) {
        groups.get(g).options().set_lr(rate);
      }
      optimizer.zero_grad();
      Tensor loss = torch.cross_entropy_loss(network.forward(batches.images(i)), batches.labels(i));
      if (Float.isNaN(loss.item_float())) {
        throw new Diverged("the training loss became NaN at step " + work.step);
      }
      loss.backward();
      optimizer.step();
    }
    work.step++;
    work.freshSteps++;
    double seconds = (System.nanoTime() - start) * 1e-9;
    work.trainingSeconds += seconds;
    work.freshTrainingSeconds += seconds;
  }

  /** Records the present model; false if stopped before it was done, with nothing written. */
  private boolean record() throws Diverged {
    long start = System.nanoTime();
    if (!recorder.run(network, stop)) {
      return false;
    }
    for (String split : List.of("train", "test")) {
      int broken = recorder.firstBroken(split);
      if (broken >= 0) {
        throw new Diverged("the prediction for " + split + " sample " + broken
            + " is NaN or infinite at step "
            + work.step);
      }
    }
    int index = work.records;
    if (index < writer.records().size()) {
      if (!writer.holds(index, recorder.predictions())) {
        throw new StoreException("Run " + writer.id() + " does not reproduce itself: record " + index
            + " (step "
            + work.step + "), computed again after an interruption, differs from the stored one; another"
            + " processor or LibTorch was used, go on with those of run.json or delete the run's folder to"
            + " train it anew.");
      }
    } else {
      Recorder.Score train = recorder.score("train");
      Recorder.Score test = recorder.score("test");
      double soFar = work.trainingSeconds + work.recordingSeconds + (System.nanoTime() - start) * 1e-9;
      writer.append(new RunRecord(index, work.step, (double) work.step / spec.stepsPerEpoch(), train.loss(),
          train.error(), test.loss(), test.error(), soFar), recorder.predictions());
    }
    work.records++;
    work.freshRecords++;
    double seconds = (System.nanoTime() - start) * 1e-9;
    work.recordingSeconds += seconds;
    work.freshRecordingSeconds += seconds;
    return true;
  }

  /** Loads the furthest sound snapshot whose records are all there; false to begin at step 0. */
  private boolean restore() {
    for (Snapshot snapshot : writer.snapshots().sound()) {
      if (snapshot.records() <= writer.records().size()) {
        try {
          Checkpoint.load(snapshot.archive(), network, optimizer);
        } catch (IOException e) {
          throw new StoreException("The snapshot " + snapshot.archive() + " could not be loaded ("
              + e.getMessage() + "); delete its folder to train the run from its beginning.", e);
        }
        work.step = snapshot.step();
        work.records = snapshot.records();
        work.trainingSeconds = snapshot.trainingSeconds();
        work.recordingSeconds = snapshot.recordingSeconds();
        return true;
      }
    }
    return false;
  }

  private void snapshot() {
    writer.snapshots().write(work.step, work.records, work.trainingSeconds, work.recordingSeconds,
        file -> Checkpoint.save(file, network, optimizer));
    snapshotNanos = System.nanoTime();
    snapshotStep = work.step;
  }

  private Status finish(Status status, String reason) {
    writer.json().putObject("timings").put("training", work.trainingSeconds)
        .put("recording", work.recordingSeconds);
    writer.status(status, reason);
    return status;
  }
}
