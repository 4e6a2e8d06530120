// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.lightcone.lab.data.Dataset;
import org.lightcone.lab.store.DataFacts;
import org.lightcone.lab.store.DiskFullException;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.store.RunWriter;
import org.lightcone.lab.store.SampleSet;
import org.lightcone.lab.store.Status;
import org.lightcone.lab.store.Store;
import org.lightcone.lab.store.StoreException;

/**
 * Carries out a spec into a store: skips runs that are done or failed, resumes those that were interrupted,
 * and goes on when one fails. Several processes may work on one store, on different shards or the same: a run
 * has one writer.
 */
public final class Sweep {
  private static final long PROGRESS_NANOS = 200_000_000L;

  private final Store store;
  private final SweepOptions options;
  private final SweepListener listener;
  private final List<RunSpec> mine = new ArrayList<>();
  private final Map<RunSpec, Integer> order = new HashMap<>();
  private final Map<String, RunInfo> known = new HashMap<>();
  private final List<String> problems = new ArrayList<>();
  private final Map<RunSpec, Status> ends = new LinkedHashMap<>();
  private double trainingSeconds;
  private double recordingSeconds;
  private long lastProgress;

  private Sweep(Spec spec, Path root, SweepOptions options, SweepListener listener) {
    this.store = Store.openOrCreate(root);
    this.options = options;
    this.listener = listener;
    for (int i = 0; i < spec.runs().size(); i++) {
      order.put(spec.runs().get(i), i);
      if (options.shard().takes(i)) {
        mine.add(spec.runs().get(i));
      }
    }
  }

  /**
   * Runs a spec.
   *
   * @throws StoreException if the store holds other samples, a run was begun under another thread count, or
   *     the disk is full
   * @throws org.lightcone.lab.data.DataException if the images are missing or damaged
   */
  public static Summary run(Spec spec, Path store, SweepOptions options, SweepListener listener) {
    return new Sweep(spec, store, options, listener).run(spec);
  }

  @SuppressWarnings("try") // the scope frees the data's tensors
  private Summary run(Spec spec) {
    long start = System.nanoTime();
    checkThreads();
    RunSpec first = spec.runs().get(0);
    Dataset data = first.data().load(options.dataDir());
    List<SampleSet> sets = List.of(
        sampleSet(data, "train", data.train().labels(), first.recordTrain()),
        sampleSet(data, "test", data.test().labels(), first.recordTest()));
    store.declare(new DataFacts(data.name(), data.source(), data.contentHash(),
        List.of(data.train().shape().channels(), data.train().shape().height(), data.train().shape().width()),
        data.classNames()), sets);
    store.plan(spec.runs().stream().map(r -> header(r, r.id(options.threads()))).toList());
    try (PointerScope scope = new PointerScope()) {
      Tensors tensors = new Tensors(data);
      double dataSeconds = (System.nanoTime() - start) * 1e-9;
      listener.started(mine.size(), ends.size());
      CostModel costs = new CostModel(tensors, options.threads());
      for (RunSpec run : mine) {
        if (!ends.containsKey(run) && !options.stop().requested()) {
          attempt(run, tensors, sets, costs);
        }
      }
      return summary(start, dataSeconds);
    }
  }

  /** Finds the runs that need nothing more, and refuses those begun under another thread count. */
  private void checkThreads() {
    store.runs().stream().filter(info -> info.status() != Status.PLANNED)
        .forEach(info -> known.put(info.json().path("spec_hash").asText(), info));
    for (RunSpec run : mine) {
      RunInfo info = known.get(run.hash());
      if (info == null) {
        continue;
      }
      if (info.status() == Status.DONE || info.status() == Status.FAILED) {
        ends.put(run, info.status());
      } else if (info.threads() != options.threads() && !options.allowThreadChange()) {
        throw new StoreException("Run " + info.id() + " (" + info.label() + ") was begun with "
            + info.threads() + (info.threads() == 1 ? " thread" : " threads") + ", and the number of threads changes a run's"
            + " bits; resume it with --threads " + info.threads() + ", or give --allow-thread-change.");
      }
    }
  }

  private void attempt(RunSpec run, Tensors tensors, List<SampleSet> sets, CostModel costs) {
    RunInfo info = known.get(run.hash());
    String id = info == null ? run.id(options.threads()) : info.id();
    try (RunWriter writer = store.writer(id, header(run, id), sets, tensors.classes)) {
      // Another process may have finished it since the start.
      Status now = store.run(id).status();
      if (now == Status.DONE || now == Status.FAILED) {
        ends.put(run, now);
        return;
      }
      train(run, writer, tensors, costs);
    } catch (DiskFullException e) {
      throw e;
    } catch (RuntimeException e) {
      String message = Checkpoint.firstLine(e);
      problems.add(message);
      listener.problem(run.label(), message);
    }
  }

  private void train(RunSpec run, RunWriter writer, Tensors tensors, CostModel costs) {
    boolean sameThreads = writer.json().path("threads").asInt() == options.threads();
    if (!sameThreads) {
      writer.json().withArray("/threads_before").add(writer.json().path("threads").asInt());
      writer.json().put("threads", options.threads());
    }
    writer.json().set("host", Host.facts());
    writer.json().set("versions", Host.versions());
    double later = left(run, costs);
    Trainer[] self = new Trainer[1];
    Trainer trainer = new Trainer(run, writer, tensors, options.snapshots(), options.stop(),
        () -> progress(run, self[0].work(), costs, later, false));
    self[0] = trainer;
    Status status;
    try {
      status = trainer.run(options.threads(), sameThreads);
    } catch (RuntimeException e) {
      markStopped(writer, e);
      throw e;
    } finally {
      trainingSeconds += trainer.work().freshTrainingSeconds;
      recordingSeconds += trainer.work().freshRecordingSeconds;
    }
    if (status != Status.STOPPED) {
      ends.put(run, status);
    }
    costs.learn(run, trainer.work());
    progress(run, trainer.work(), costs, later, true);
    listener.ended(store.run(writer.id()));
  }

  private static void markStopped(RunWriter writer, RuntimeException cause) {
    try {
      writer.status(Status.STOPPED, Checkpoint.firstLine(cause));
    } catch (StoreException e) {
      // On a full disk run.json keeps saying "running", which without a writer reads as stopped.
      cause.addSuppressed(e);
    }
  }

  /** Seconds for the runs after {@code current}. */
  private double left(RunSpec current, CostModel costs) {
    double seconds = 0;
    for (RunSpec run : mine.subList(mine.indexOf(current) + 1, mine.size())) {
      if (!ends.containsKey(run)) {
        seconds += costs.seconds(run, run.steps(), run.recordedSteps().length);
      }
    }
    return seconds;
  }

  private void progress(RunSpec run, Trainer.Work work, CostModel costs, double later, boolean always) {
    if (!always) {
      listener.stepped(work.step);
    }
    long now = System.nanoTime();
    if (!always && now - lastProgress < PROGRESS_NANOS) {
      return;
    }
    lastProgress = now;
    costs.learn(run, work);
    int records = run.recordedSteps().length;
    double seconds = work.freshTrainingSeconds + work.freshRecordingSeconds;
    double images = work.freshSteps * (double) run.batch()
        + work.freshRecords * (run.recordTrain() + (double) run.recordTest());
    listener.progress(new SweepListener.Progress(mine.size(), ends.size(), run.label(), work.step,
        run.steps(), work.records, records, seconds > 0 ? images / seconds : 0,
        later + costs.seconds(run, run.steps() - work.step, records - work.records)));
  }

  private Summary summary(long start, double dataSeconds) {
    int done = (int) ends.values().stream().filter(s -> s == Status.DONE).count();
    long records = ends.entrySet().stream().filter(e -> e.getValue() == Status.DONE)
        .mapToLong(e -> e.getKey().recordedSteps().length).sum();
    return new Summary(mine.size(), done, ends.size() - done, mine.size() - ends.size(), records,
        (System.nanoTime() - start) * 1e-9, dataSeconds, trainingSeconds, recordingSeconds,
        options.stop().requested(), List.copyOf(problems));
  }

  private static SampleSet sampleSet(Dataset data, String split, int[] labels, int count) {
    return new SampleSet(split, Arrays.copyOf(labels, count), data.orderHash(split, count));
  }

  /** What run.json says from the start. */
  private ObjectNode header(RunSpec run, String id) {
    ObjectNode spec = run.canonical();
    ObjectNode json = spec.objectNode();
    json.put("id", id).put("label", run.label()).put("network", run.network())
        .put("optimizer", run.optimizer().name()).put("batch", run.batch()).put("seed", run.seed())
        .put("epochs", run.epochs()).put("steps", run.steps())
        .put("planned_records", run.recordedSteps().length)
        .put("threads", options.threads()).put("order", order.get(run)).put("spec_hash", run.hash());
    json.set("spec", spec);
    Seeds seeds = Seeds.of(run.seed());
    json.putObject("seeds").put("init", seeds.init()).put("order", seeds.order())
        .put("augmentation", seeds.augmentation()).put("label-noise", seeds.labelNoise());
    json.set("versions", Host.versions());
    json.set("host", Host.facts());
    json.put("begun", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    json.putObject("timings").put("training", 0.0).put("recording", 0.0);
    json.put("status", Status.RUNNING.word()).put("reason", "").put("records", 0);
    return json;
  }
}
