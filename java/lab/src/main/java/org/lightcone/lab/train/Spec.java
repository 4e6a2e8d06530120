// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A sweep: the runs of all combinations of networks, optimisers, batches and seeds. Immutable.
 *
 * @param runs in canonical order: networks outermost, then optimisers, batches, seeds
 */
public record Spec(List<RunSpec> runs) {
  // More would take the store's listings past what a folder holds well.
  private static final int MAX_RUNS = 100_000;
  // A hundred thousand checkpoints written out.
  private static final long MAX_BYTES = 1 << 20;

  /** @throws SpecException if there is no run, the same run twice, or runs about different samples */
  public Spec {
    runs = List.copyOf(runs);
    if (runs.isEmpty()) {
      throw new SpecException("The sweep has no runs; give at least one network, optimizer, batch and seed.");
    }
    Map<String, RunSpec> seen = new HashMap<>();
    for (RunSpec run : runs) {
      RunSpec first = runs.get(0);
      if (!run.data().equals(first.data()) || run.recordTrain() != first.recordTrain()
          || run.recordTest() != first.recordTest()) {
        throw new SpecException("The runs \"" + first.label() + "\" and \"" + run.label()
            + "\" differ in their"
            + " data or recorded samples; models of different samples cannot be compared, use two specs.");
      }
      if (seen.put(run.hash(), run) != null) {
        throw new SpecException("The run \"" + run.label() + "\" is in the sweep twice; keep one.");
      }
    }
  }

  /** Builds the runs of all combinations. */
  public static Spec sweep(DataSpec data, int recordTrain, int recordTest, List<String> networks,
      List<OptimizerSpec> optimizers, List<Integer> batches, List<Long> seeds, int epochs,
      Checkpoints checkpoints, boolean bnWarmup) {
    double count = (double) networks.size() * optimizers.size() * batches.size() * seeds.size();
    if (count > MAX_RUNS) {
      throw new SpecException(String.format(Locale.ROOT, "The sweep has %.0f runs; at most %d are one sweep, use several"
          + " specs.", count, MAX_RUNS));
    }
    List<RunSpec> runs = new ArrayList<>();
    for (String network : networks) {
      for (OptimizerSpec optimizer : optimizers) {
        for (int batch : batches) {
          for (long seed : seeds) {
            runs.add(new RunSpec(data, recordTrain, recordTest, network, optimizer, batch, seed, epochs,
                checkpoints, bnWarmup));
          }
        }
      }
    }
    return new Spec(runs);
  }

  /**
   * Reads a YAML spec.
   *
   * @param dataDir the folder given with --data-dir, or null: it makes {@code full} the default of
   *     data.source
   * @throws SpecException naming the file and the line
   */
  public static Spec read(Path file, Path dataDir) {
    try {
      if (Files.exists(file) && !Files.isRegularFile(file) || Files.size(file) > MAX_BYTES) {
        throw new SpecException(file + " is no spec: a spec is a YAML file of at most " + MAX_BYTES + " bytes.");
      }
      return parse(Files.readString(file), file.toString(), dataDir);
    } catch (NoSuchFileException e) {
      throw new SpecException("There is no spec file " + file + "; check the path.", e);
    } catch (MalformedInputException e) {
      throw new SpecException(file + " is not UTF-8 text; a spec is a YAML file.", e);
    } catch (IOException e) {
      throw new SpecException("The spec " + file + " could not be read: " + e.getMessage() + ".", e);
    }
  }

  /** As {@link #read}, from text; {@code name} stands for the file in errors. */
  public static Spec parse(String yaml, String name, Path dataDir) {
    return new SpecReader(dataDir).read(YamlNode.parse(yaml, name));
  }
}
