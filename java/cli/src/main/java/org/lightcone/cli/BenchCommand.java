// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.AtomicFile;
import org.lightcone.EngineInfo;
import org.lightcone.InvalidDataException;
import org.lightcone.cli.bench.Bench;
import org.lightcone.cli.bench.BenchResult;
import org.lightcone.cli.bench.Comparison;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone bench}: what this machine reaches, kernel by kernel, beside its own ceilings and beside others. */
@Command(name = "bench", header = "Measures the kernels against this machine's ceilings and against other programs.",
    description = {"Every answer is verified against plain float64 before a time is printed; the multiply-add rate and"
        + " the read bandwidth are measured before and after every row. Most rows run for a second, all of them for"
        + " some minutes; the machine should do nothing else. Exit code 1 if an answer is wrong.", "",
        "In a checkout a run of all rows is written to bench/results/, named by machine, instruction set, threads and"
        + " commit, and the programs of bench/peers run between our runs.", "",
        "--compare matches rows by kernel, mode, M, N, C, threads and instruction set. A row is faster (slower) if the"
        + " intervals from p10 to p90 of old and new do not meet and the medians differ by 2%% or more, and within"
        + " noise otherwise; the comparison does not change the exit code."},
    footer = {"", "Example:", "  lightcone bench --kernel bhattacharyya --compare bench/results/old.json"})
final class BenchCommand extends Verb {
  @Option(names = "--kernel", paramLabel = "K",
      description = "Only the rows of this kernel, for example bhattacharyya.")
  private String kernel;

  @Option(names = "--quick", description = "Small sizes and few runs, under 30 s: shows that every row is right.")
  private boolean quick;

  @Option(names = "--compare", paramLabel = "OLD.json", description = "Compare with the rows of an older result.")
  private Path compare;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the result there (default: see above).")
  private Path out;

  @Override
  @SuppressWarnings("try") // the stage acts by being open
  Result execute() throws IOException {
    JsonNode old;
    try {
      if (out != null) {
        Options.output("--out", out);
      }
      old = compare == null ? null : read(compare);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    Path checkout = Checkout.folder();
    BenchResult result;
    // Between two runs is soon enough to stop, and then nothing is left in the folder for temporary files.
    try (Interruption.Stage stage = stop.stage(() -> { });
        StatusLine line = new StatusLine(spec.commandLine().getErr(), StatusLine.onTerminal())) {
      Path peers = checkout == null ? null : checkout.resolve("bench/peers");
      Bench bench = new Bench(common.threads(), quick, peers, line::show, stop::requested);
      try {
        result = bench.run(kernel);
      } catch (IllegalArgumentException e) {
        throw kernel == null ? e : usage(e.getMessage());
      }
    }
    String commit = Checkout.commit(checkout);
    ObjectNode json = result.json(Machine.name(), commit);
    List<String> lines = new ArrayList<>(result.lines());
    if (!result.wrong().isEmpty()) {
      spec.commandLine().getErr().println("lightcone: the answers of " + String.join("; ", result.wrong())
          + " are wrong or missing, and nothing is written: see these rows of the table");
      return new Result(json, lines, 1);
    }
    Path file = out != null ? out : kernel != null || quick || checkout == null ? null : checkout.resolve(String.format(
        Locale.ROOT, "bench/results/%s-%s-%d-%s.json", Machine.shortName(), EngineInfo.query().isa(), common.threads(),
        commit));
    if (file != null) {
      AtomicFile.replace(file, (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n")
          .getBytes(StandardCharsets.UTF_8));
      lines.add("written to " + file);
    }
    if (old != null) {
      Comparison comparison = new Comparison(old, json);
      lines.addAll(comparison.lines());
      json.set("comparison", comparison.json());
    }
    return new Result(json, lines);
  }

  private static JsonNode read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException("--compare " + file + ": no such file; name a result of lightcone bench");
    }
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      if (json == null || !json.path("rows").isArray()) {
        throw new InvalidDataException(file + " is no result of lightcone bench: it has no \"rows\"");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new InvalidDataException(file + " is no result of lightcone bench: " + e.getOriginalMessage());
    }
  }
}
