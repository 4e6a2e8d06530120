// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder of runs about the same samples. Files are the truth: nothing is cached, so that a store may be
 * read while other processes write runs. All methods are thread-safe; errors are {@link StoreException}s.
 */
public final class Store {
  /** The newest store format this version reads and the one it writes. */
  public static final int FORMAT = 1;

  private static final List<String> PLANNED_KEYS = List.of("id", "label", "network", "optimizer", "batch",
      "seed", "epochs", "threads", "order", "spec_hash", "spec");

  // What may name a folder: nothing that leads out of the store.
  private static final String NAME = "(?!\\.\\.?$)[A-Za-z0-9._-]+";

  // Between the threads of this process; between processes the lock file serves.
  private static final Object CREATION = new Object();

  private final Path root;

  private Store(Path root) {
    this.root = root;
  }

  /** Opens an existing store. @throws StoreException if there is none, or it is of a newer format */
  public static Store open(Path root) {
    Store store = new Store(root);
    if (store.manifest() == null) {
      throw new StoreException("There is no store at " + root + " (no lightcone.json in it); name an"
          + " existing one, or make one with lightcone train or lightcone demo.");
    }
    return store;
  }

  /** Opens a store, or makes an empty one. */
  public static Store openOrCreate(Path root) {
    Store store = new Store(root);
    try {
      Files.createDirectories(root.resolve("runs"));
    } catch (IOException e) {
      throw AtomicFiles.failure(root, e);
    }
    store.exclusively(() -> {
      if (store.manifest() == null) {
        ObjectNode json = Json.object();
        json.put("format", FORMAT);
        json.putObject("samples");
        Json.write(store.manifestFile(), json);
      }
    });
    return store;
  }

  /** The store's folder. */
  public Path root() {
    return root;
  }

  /**
   * States which data and sample sets the runs to come are about: the first to say so decides, later ones
   * must agree.
   *
   * @throws StoreException if the store holds runs about other data, samples or classes
   */
  public void declare(DataFacts data, List<SampleSet> sets) {
    exclusively(() -> {
      ObjectNode json = manifest();
      ObjectNode facts = Json.object();
      facts.put("name", data.name()).put("source", data.source()).put("content_hash", data.contentHash());
      ArrayNode shape = facts.putArray("input_shape");
      data.inputShape().forEach(shape::add);
      ArrayNode names = facts.putArray("class_names");
      data.classNames().forEach(names::add);
      boolean changed = agree(json, "data", facts, "data (" + data.name() + ", " + data.source() + ")");
      ObjectNode samples = json.withObject("/samples");
      for (SampleSet set : sets) {
        ObjectNode described = Json.object();
        described.put("count", set.labels().length).put("hash", set.hash());
        if (agree(samples, set.split(), described, set.split() + " samples")) {
          changed = true;
          Path folder = root.resolve("samples").resolve(set.split());
          try {
            Files.createDirectories(folder);
          } catch (IOException e) {
            throw AtomicFiles.failure(folder, e);
          }
          LabelFile.write(folder.resolve("labels.npy"), set.labels());
        }
      }
      if (changed) {
        Json.write(manifestFile(), json);
      }
    });
  }

  /** The splits with predictions, for example test and train. */
  public List<String> splits() {
    List<String> splits = new ArrayList<>();
    manifest().path("samples").fieldNames().forEachRemaining(splits::add);
    for (String split : splits) {
      if (!split.matches(NAME)) {
        throw new StoreException(manifestFile() + " names the split \"" + split + "\", which cannot name a folder; it is"
            + " damaged, restore it from a copy.");
      }
    }
    return List.copyOf(splits);
  }

  /** The class of each sample of a split, in order. */
  public int[] labels(String split) {
    if (!splits().contains(split)) {
      throw new StoreException("The store " + root + " has no split \"" + split + "\"; it has "
          + (splits().isEmpty() ? "none yet" : String.join(", ", splits())) + ".");
    }
    return LabelFile.read(root.resolve("samples").resolve(split).resolve("labels.npy"));
  }

  /** The hash that identifies the samples of a split and their order. */
  public String sampleHash(String split) {
    return manifest().path("samples").path(split).path("hash").asText();
  }

  /** What the runs are about; null before the first run. */
  public DataFacts data() {
    JsonNode data = manifest().path("data");
    if (data.isMissingNode()) {
      return null;
    }
    List<Integer> shape = new ArrayList<>();
    data.path("input_shape").forEach(n -> shape.add(n.asInt()));
    return new DataFacts(data.path("name").asText(), data.path("source").asText(),
        data.path("content_hash").asText(), List.copyOf(shape), classNames());
  }

  /** One name per class. */
  public List<String> classNames() {
    List<String> names = new ArrayList<>();
    manifest().path("data").path("class_names").forEach(n -> names.add(n.asText()));
    return List.copyOf(names);
  }

  /** {@code [C, H, W]} of the input images. */
  public int[] inputShape() {
    DataFacts data = data();
    return data == null ? new int[0] : data.inputShape().stream().mapToInt(Integer::intValue).toArray();
  }

  /** All runs, begun or planned, in the order of their sweep. */
  public List<RunInfo> runs() {
    List<RunInfo> runs = new ArrayList<>();
    Set<String> begun = new HashSet<>();
    try (Stream<Path> folders = Files.list(root.resolve("runs"))) {
      for (Path folder : folders.sorted().toList()) {
        ObjectNode json = Json.read(folder.resolve("run.json"));
        if (json != null) {
          runs.add(describe(folder, json));
          begun.add(json.path("spec_hash").asText());
        }
      }
    } catch (IOException e) {
      throw AtomicFiles.failure(root.resolve("runs"), e);
    }
    ObjectNode plan = Json.read(planFile());
    if (plan != null) {
      for (Map.Entry<String, JsonNode> entry : plan.properties()) {
        if (!begun.contains(entry.getKey()) && entry.getValue() instanceof ObjectNode header) {
          if (!header.path("id").asText().matches(NAME)) {
            throw new StoreException(planFile() + " has a run without an id that can name a folder; it is damaged,"
                + " restore it from a copy, or delete it and start the sweep again.");
          }
          runs.add(describe(folder(header.path("id").asText()), header.put("status", Status.PLANNED.word())));
        }
      }
    }
    runs.sort(Comparator.comparingLong(r -> r.json().path("order").asLong()));
    return List.copyOf(runs);
  }

  /** One run. @throws StoreException if there is none of this id */
  public RunInfo run(String id) {
    ObjectNode json = exists(id) ? Json.read(folder(id).resolve("run.json")) : null;
    if (json == null) {
      throw new StoreException("The store " + root + " has no run " + id + ".");
    }
    return describe(folder(id), json);
  }

  /** Whether a run of this id has begun. */
  public boolean exists(String id) {
    return id.matches(NAME) && Files.exists(folder(id).resolve("run.json"));
  }

  /** The whole records of a run, in order of training; none of a run that has not begun. */
  public List<RunRecord> records(String id) {
    List<Metrics.Line> lines = Metrics.read(folder(id).resolve("metrics.jsonl"));
    int whole = lines.size();
    for (String split : predictionSplits(id)) {
      whole = array(id, split).wholeRecords(whole);
    }
    return lines.stream().limit(whole).map(Metrics.Line::record).toList();
  }

  /**
   * Where the predictions of a run's whole records lie, for {@code Predictions.Builder.addFile}: float32
   * log-probabilities. The blocks cover records 0..R-1 and all samples, R = {@code records(id).size()}.
   */
  public List<PredictionBlock> predictionBlocks(String id, String split) {
    int whole = records(id).size();
    if (whole == 0) {
      return List.of();
    }
    ZarrArray array = array(id, split);
    return array.blocks(whole);
  }

  /** The writer of a run, new or not. @throws RunBusyException if someone else writes it */
  public RunWriter writer(String id, ObjectNode header, List<SampleSet> sets, int classes) {
    return RunWriter.open(folder(id), id, header, sets, classes);
  }

  /**
   * Notes the runs that a sweep aims at, so that {@link #runs} knows of those not begun.
   *
   * @param headers what their run.json will begin with; each needs {@code spec_hash}
   */
  public void plan(List<ObjectNode> headers) {
    exclusively(() -> {
      ObjectNode json = Json.read(planFile());
      ObjectNode merged = json == null ? Json.object() : json;
      int before = merged.size();
      for (ObjectNode header : headers) {
        ObjectNode kept = Json.object();
        for (String key : PLANNED_KEYS) {
          kept.set(key, header.path(key));
        }
        merged.set(header.path("spec_hash").asText(), kept);
      }
      if (json == null || merged.size() != before) {
        Json.write(planFile(), merged);
      }
    });
  }

  /**
   * How many runs are where.
   *
   * @param runs begun or planned
   * @param done with all records
   * @param failed diverged
   * @param left running, stopped or not begun
   */
  public record Counts(int runs, int done, int failed, int left) {
  }

  /** Counts the begun and the planned runs. */
  public Counts counts() {
    List<RunInfo> runs = runs();
    int done = (int) runs.stream().filter(r -> r.status() == Status.DONE).count();
    int failed = (int) runs.stream().filter(r -> r.status() == Status.FAILED).count();
    return new Counts(runs.size(), done, failed, runs.size() - done - failed);
  }

  private List<String> predictionSplits(String id) {
    Path predictions = folder(id).resolve("predictions");
    if (!Files.isDirectory(predictions)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(predictions)) {
      return folders.filter(f -> Files.exists(f.resolve("zarr.json"))).map(f -> f.getFileName().toString())
          .sorted().toList();
    } catch (IOException e) {
      throw AtomicFiles.failure(predictions, e);
    }
  }

  private ZarrArray array(String id, String split) {
    ZarrArray array = ZarrArray.open(folder(id).resolve("predictions").resolve(split));
    if (array == null) {
      throw new StoreException("Run " + id + " of " + root + " has no predictions of split \"" + split
          + "\"; it has " + String.join(", ", predictionSplits(id)) + ".");
    }
    return array;
  }

  private static RunInfo describe(Path folder, ObjectNode json) {
    String word = json.path("status").asText();
    Status status;
    try {
      status = Status.valueOf(word.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new StoreException(folder.resolve("run.json") + " has the unknown status \"" + word
          + "\"; it was written by a newer Lightcone or is damaged.", e);
    }
    String reason = json.path("reason").asText();
    if (status == Status.RUNNING && !RunLock.isHeld(folder)) {
      status = Status.STOPPED;
      reason = "killed; lightcone train resumes it";
    }
    Map<String, Long> seeds = new LinkedHashMap<>();
    json.path("seeds").properties().forEach(e -> seeds.put(e.getKey(), e.getValue().asLong()));
    JsonNode timings = json.path("timings");
    return new RunInfo(folder.getFileName().toString(), json.path("label").asText(),
        json.path("network").asText(), json.path("optimizer").asText(), status, reason,
        json.path("threads").asInt(), seeds, json.path("records").asInt(),
        timings.path("training").asDouble(), timings.path("recording").asDouble(), json.path("spec"), json);
  }

  private boolean agree(ObjectNode parent, String key, ObjectNode wanted, String what) {
    JsonNode stored = parent.get(key);
    if (stored == null) {
      parent.set(key, wanted);
      return true;
    }
    if (!stored.equals(wanted)) {
      throw new StoreException("The store " + root + " is about other " + what + ": it has "
          + Json.line(stored) + ", this needs " + Json.line(wanted)
          + "; use another store, models of different samples cannot be"
          + " compared.");
    }
    return false;
  }

  private Path folder(String id) {
    if (!id.matches(NAME)) {
      throw new StoreException("\"" + id + "\" is no id of a run of the store " + root + ": an id is letters, digits, '.',"
          + " '_' and '-'; see lightcone status.");
    }
    return root.resolve("runs").resolve(id);
  }

  private Path planFile() {
    return root.resolve("plan.json");
  }

  private Path manifestFile() {
    return root.resolve("lightcone.json");
  }

  /** lightcone.json, or null if there is none. */
  private ObjectNode manifest() {
    ObjectNode json = Json.read(manifestFile());
    if (json != null) {
      int format = json.path("format").asInt(-1);
      if (format > FORMAT) {
        throw new StoreException("The store " + root + " has format " + format + ", but this Lightcone reads"
            + " up to "
            + FORMAT + "; update Lightcone.");
      }
      if (format < 1) {
        throw new StoreException(manifestFile() + " names no store format; it is damaged, restore it from a"
            + " copy.");
      }
    }
    return json;
  }

  /** Runs an action while no other process or thread changes lightcone.json. */
  @SuppressWarnings("try") // the lock is held, not used
  private void exclusively(Runnable action) {
    Path file = root.resolve(".lightcone.lock");
    synchronized (CREATION) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
        action.run();
      } catch (IOException e) {
        throw AtomicFiles.failure(file, e);
      }
    }
  }
}
