// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.lightcone.DistanceFile;
import org.lightcone.DistanceMatrix;
import org.lightcone.DistanceOptions;
import org.lightcone.DistancePlan;
import org.lightcone.Isa;
import org.lightcone.Kind;
import org.lightcone.LightconeException;
import org.lightcone.Npy;
import org.lightcone.Predictions;
import org.lightcone.TilesFile;

/**
 * The eigenpairs of {@link EigenRow} from a .tiles file, by {@code lightcone embed} in a process of its own, so that
 * {@code --memory} bounds all of it; its largest resident set is told, and the row fails if that is more than a tenth
 * beyond it. Verified by {@link EigenCheck} on a copy of the matrix in memory.
 */
final class TilesEigenRow extends Row {
  private static final long WATCH_MILLIS = 20;
  /** What the process may take of {@code --memory}: a tenth more is the contract's. */
  private static final double MOST_MEMORY = 1.1;

  private final int dims;
  private final int megabytes;
  private Path folder;
  private JsonNode said;
  private long peakBytes;

  TilesEigenRow(int runs, int samples, int dims, int megabytes, int threads, Isa isa) {
    super(new RowKey("eigenpairs", "K = " + dims + ", residual 1e-6, .tiles, --memory " + megabytes + "m",
        (long) runs * EigenRow.POINTS, samples, 10, threads, isa.toString()));
    this.dims = dims;
    this.megabytes = megabytes;
  }

  @Override
  double work() {
    return 1;
  }

  @Override
  String unit() {
    return "embeddings";
  }

  /** Before a run that of the copy to verify with, afterwards what the process took. */
  @Override
  long bytes() {
    return peakBytes > 0 ? peakBytes : 2 * key.models() * key.models() + ((long) megabytes << 20);
  }

  @Override
  void prepare(Inputs inputs) throws IOException {
    folder = Files.createTempDirectory("lightcone-bench-tiles");
    RandomWalks walks = EigenRow.walks(key);
    try (Predictions table = Predictions.of(walks.table(), walks.models(), walks.samples(), walks.classes(),
        Kind.PROBS)) {
      DistanceFile.compute(folder.resolve("d.tiles"), table, DistanceOptions.defaults().withThreads(key.threads()),
          DistancePlan.machineBytes(), null);
    }
  }

  @Override
  Errors verify() throws IOException {
    seconds();
    Path copy = folder.resolve("d.npy");
    try (TilesFile tiles = TilesFile.open(folder.resolve("d.tiles"))) {
      tiles.write(copy);
    }
    try (DistanceMatrix d = DistanceMatrix.read(copy)) {
      Files.delete(copy);
      double[] values = new double[dims];
      double[] flat = Npy.readDoubles(folder.resolve("x.npy"));
      double[][] coordinates = new double[d.models()][dims];
      for (int k = 0; k < dims; k++) {
        values[k] = said.get("eigenvalues").get(k).asDouble();
        for (int i = 0; i < coordinates.length; i++) {
          coordinates[i][k] = flat[i * dims + k];
        }
      }
      return EigenCheck.errors(new CentredRows(d), values, coordinates);
    }
  }

  /** Of the embedding, as the process measured it. */
  @Override
  double seconds() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "org.lightcone.cli.Main", "embed",
        "--distances", folder.resolve("d.tiles").toString(), "--dims", Integer.toString(dims), "--tolerance",
        Double.toString(EigenCheck.TOLERANCE), "--memory", megabytes + "m", "--threads",
        Integer.toString(key.threads()), "--json", "--out", folder.resolve("x.npy").toString()));
    Path out = folder.resolve("out.json");
    Path log = folder.resolve("log.txt");
    Process process = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(log.toFile()).start();
    try {
      while (!process.waitFor(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
        peakBytes = Math.max(peakBytes, residentPeak(process.pid()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroy();
    }
    if (process.exitValue() != 0) {
      throw new LightconeException("lightcone embed failed: " + Files.readString(log).strip());
    }
    if (peakBytes > MOST_MEMORY * ((long) megabytes << 20)) {
      throw new LightconeException("lightcone embed took " + (peakBytes >> 20) + " MiB, more than 1.1 times --memory "
          + megabytes + "m");
    }
    said = new ObjectMapper().readTree(out.toFile());
    return said.get("seconds").asDouble();
  }

  /** VmHWM: the largest resident set so far; 0 when the process has just ended. */
  private static long residentPeak(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
      return lines.filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0) << 10;
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0;
    }
  }

  @Override
  void notes(ObjectNode json) {
    json.put("passes", said.get("passes").asInt());
  }

  @Override
  String note() {
    return said.get("passes").asInt() + " passes over the matrix; largest resident set " + (peakBytes >> 20) + " MiB";
  }

  @Override
  public void close() throws IOException {
    if (folder != null) {
      for (String name : new String[] {"d.tiles", "d.npy", "x.npy", "out.json", "log.txt"}) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.delete(folder);
    }
  }
}
