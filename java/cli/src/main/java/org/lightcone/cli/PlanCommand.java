// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.DistanceOptions;
import org.lightcone.DistancePlan;
import org.lightcone.EmbeddingOptions;
import org.lightcone.EngineInfo;
import org.lightcone.InPca;
import org.lightcone.LightconeException;
import org.lightcone.Metric;
import org.lightcone.cli.bench.Calibration;
import org.lightcone.cli.bench.DiskRate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone plan}: what the distances of a table will take, before anything runs. */
@Command(name = "plan",
    header = "Predicts memory, disk, reads and time of distances, and memory and time of an embedding.",
    description = {"Measures for a second or two what this machine reaches: multiply-adds, memory bandwidth, the disk"
        + " of the current folder, and the kernels themselves on a small table of as many classes. Predicts from that,"
        + " within a factor of two where the machine does nothing else.", "",
        "Near-identical models are measured again in float64; how many there are only the data can say, so the time"
        + " for all of them is told apart and not in the total. Files that do not fit in memory are read at the disk's"
        + " rate. Memory, disk and reads are those of the distances; an embedding, by a command of its own, keeps within"
        + " the same --memory: its own is told apart."},
    footer = {"", "Example:", "  lightcone plan --models 100000 --samples 10000 --classes 10 --memory 8g"})
final class PlanCommand extends Verb {
  @Option(names = "--models", paramLabel = "M", required = true, description = "How many models.")
  private long models;

  @Option(names = "--samples", paramLabel = "N", required = true, description = "How many samples.")
  private long samples;

  @Option(names = "--classes", paramLabel = "C", required = true, description = "How many classes.")
  private long classes;

  @Option(names = "--metric", paramLabel = "M", defaultValue = "bhattacharyya",
      completionCandidates = MetricNames.class,
      description = "Which distance: ${COMPLETION-CANDIDATES} (default: bhattacharyya).")
  private String metric;

  @Option(names = "--tiles", description = "Into a .tiles file instead of a .npy.")
  private boolean tiles;

  @Option(names = "--dims", paramLabel = "K",
      description = "Also tell memory and time of an embedding in so many dimensions.")
  private Integer dims;

  @Override
  Result execute() throws IOException {
    DistanceOptions options;
    try {
      if (models < 2 || samples < 1 || classes < 2) {
        throw new IllegalArgumentException("--models " + models + " --samples " + samples + " --classes " + classes
            + ": at least 2 models, 1 sample and 2 classes are needed");
      }
      if (dims != null && (dims < 1 || dims > models - 1)) {
        throw new IllegalArgumentException("--dims " + dims + ": " + models + " models have between 1 and "
            + (models - 1));
      }
      options = DistanceOptions.defaults().withMetric(Options.parsed("--metric", metric, Metric::parse))
          .withThreads(common.threads());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    DistancePlan plan = DistancePlan.of(models, samples, classes, options,
        tiles ? DistancePlan.Output.TILES : DistancePlan.Output.NPY, common.memoryBytes());
    DiskRate disk = DiskRate.of(Files.isWritable(Path.of("")) ? Path.of("").toAbsolutePath()
        : Path.of(System.getProperty("java.io.tmpdir")));
    Calibration rates = Calibration.measure(models, samples, classes, options);
    Result result = result(plan, rates, disk, seconds(plan, rates, disk));
    if (dims != null) {
      addEmbedding(plan, result);
    }
    return result;
  }

  /** The embedding's memory, or why it cannot be. */
  private void addEmbedding(DistancePlan plan, Result result) {
    ObjectNode json = (ObjectNode) result.json();
    boolean held = plan.inMemory() && !tiles;
    try {
      long bytes = InPca.memory(Math.toIntExact(models), held,
          EmbeddingOptions.of(dims).withThreads(common.threads()).withMemory(common.memoryBytes()));
      json.put("embed_memory_bytes", bytes);
      result.lines().add("the embedding takes up to " + ByteSize.format(bytes)
          + (held ? ", the matrix in it" : ", the matrix left on the disk"));
    } catch (LightconeException e) {
      json.putNull("embed_memory_bytes");
      json.put("embed_refused", e.getMessage());
      result.lines().add("no embedding: " + e.getMessage());
    }
  }

  private ObjectNode seconds(DistancePlan plan, Calibration rates, DiskRate disk) {
    double numbers = (double) models * samples * classes;
    double pairSamples = models * (models - 1) / 2.0 * samples;
    // Float32 as it most often is.
    double bytes = numbers * Float.BYTES;
    double fromDisk = reading(bytes, disk);
    // Packed tiles of float32.
    double packed = (double) Float.BYTES * models * (models - 1) / 2;
    // The last read is the one of the redone pairs.
    int sweeps = Math.max(1, plan.bands());
    ObjectNode seconds = JSON.createObjectNode();
    seconds.put("validate", Math.max(numbers / rates.validation(), fromDisk));
    // The models above a band are not read again: on average half of the table, beyond one band.
    double share = sweeps == 1 ? 1 : (sweeps + 1) / 2.0;
    seconds.put("read", Math.max(numbers / rates.panels(), fromDisk) * share);
    seconds.put("distances", pairSamples / rates.distances());
    // A .npy whose matrix is not in memory is made from tiles on the disk.
    boolean byTiles = !plan.inMemory() && !tiles;
    seconds.put("write", plan.diskBytes() / disk.write() + (byTiles ? reading(packed, disk) : 0));
    if (dims != null) {
      seconds.put("embed", Calibration.embedding(models, dims, rates.threads(), reading(packed, disk)));
    }
    double total = 0;
    for (var part : seconds) {
      total += part.asDouble();
    }
    seconds.put("total", total);
    if (rates.refinement() > 0) {
      seconds.put("refine_at_most", pairSamples / rates.refinement());
    }
    return seconds;
  }

  /** Seconds for reading files of so many bytes from the disk; 0 where the system keeps them in memory. */
  private static double reading(double bytes, DiskRate disk) {
    return bytes < EngineInfo.query().memoryBytes() / 2.0 ? 0 : bytes / disk.read();
  }

  private Result result(DistancePlan plan, Calibration rates, DiskRate disk, ObjectNode seconds) {
    ObjectNode json = JSON.createObjectNode();
    json.put("models", models).put("samples", samples).put("classes", classes).put("metric", metric);
    json.put("memory_bytes", plan.memory().total()).put("disk_bytes", plan.diskBytes()).put("reads", plan.reads())
        .put("bands", plan.bands());
    json.set("seconds", seconds);
    json.putObject("ceilings").put("isa", rates.isa()).put("threads", rates.threads())
        .put("fma_per_second", rates.fma())
        .put("read_bytes_per_second", rates.readBandwidth()).put("disk_write_bytes_per_second", disk.write())
        .put("disk_read_bytes_per_second", disk.read()).put("pair_samples_per_second", rates.distances())
        .put("panel_numbers_per_second", rates.panels()).put("kernel_share", rates.share(classes));
    List<String> lines = new ArrayList<>();
    lines.add(plan.toString());
    List<String> parts = new ArrayList<>();
    seconds.properties().forEach(part -> {
      if (!part.getKey().equals("total") && !part.getKey().equals("refine_at_most")) {
        parts.add(part.getKey() + " " + time(part.getValue().asDouble()));
      }
    });
    lines.add("about " + time(seconds.get("total").asDouble()) + ": " + String.join(", ", parts));
    if (seconds.has("refine_at_most")) {
      lines.add("and up to " + time(seconds.get("refine_at_most").asDouble())
          + " more if every pair is near: the data decide");
    }
    lines.add(String.format(Locale.ROOT, "measured here: %s pair-samples/s (%.0f%% of %s multiply-adds/s, %s, %d"
            + " threads), memory %sB/s, disk %sB/s in and %sB/s out", ProgressLine.si(rates.distances()),
        100 * rates.share(classes), ProgressLine.si(rates.fma()), rates.isa(), rates.threads(),
        ProgressLine.si(rates.readBandwidth()) + " ", ProgressLine.si(disk.read()) + " ",
        ProgressLine.si(disk.write()) + " "));
    return new Result(json, lines);
  }

  private static String time(double seconds) {
    return seconds < 10 ? String.format(Locale.ROOT, "%.2g s", seconds) : ProgressLine.clock(seconds);
  }
}
