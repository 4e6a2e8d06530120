// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Distances computed into a file within a limit of memory, out of core where they must be.
 *
 * <p>A .tiles file is computed band by band under the name {@code .NAME.part}, each band durable when done, and renamed
 * when complete: after a kill, a cancel or a full disk the same call goes on and redoes at most one band. A .npy file
 * is written from memory if the matrix fits, and else from such tiles, {@code .NAME.tiles.part} beside it, which are
 * deleted afterwards; from them too, whatever fits now, if an earlier call began them.
 */
public final class DistanceFile {
  private DistanceFile() {}

  /**
   * What a computation did.
   *
   * @param plan what it was expected to take
   * @param report counts of the whole matrix; seconds of this call alone
   * @param bands bands of the file
   * @param resumedBands those of them that were there already
   * @param reads times this call read the input, validation apart
   */
  public record Summary(
      DistancePlan plan, DistanceMatrix.Report report, int bands, int resumedBands, int reads) {}

  /**
   * Computes all pairs into a .tiles or a .npy file, chosen by its name.
   *
   * @param limitBytes for the resident set of this process, see {@link DistancePlan#machineBytes}
   * @param control for progress and cancellation; may be null
   * @throws UnsupportedException if the limit is too small; the message says what would do
   * @throws InvalidDataException if a part of another computation lies there; the message says what differs
   * @throws LightconeIoException if the file cannot be written, or another process writes it
   */
  public static Summary compute(
      Path file, Predictions predictions, DistanceOptions options, long limitBytes, Control control) {
    Devices.Settled settled = Devices.Settled.of(options, predictions);
    Summary done =
        compute(file, predictions, settled.options(), planner(predictions, settled.options(), limitBytes), control);
    return new Summary(done.plan(), settled.explained(done.report()), done.bands(), done.resumedBands(), done.reads());
  }

  /** The same with a planner made before, which learns what was begun. */
  static Summary compute(Path file, Predictions predictions, DistanceOptions options, DistancePlan.Planner planner,
      Control control) {
    Begun begun = Begun.of(file, planner);
    DistancePlan plan = begun.plan();
    if (plan.inMemory()) {
      try (DistanceMatrix matrix = DistanceMatrix.computeTo(
          file, predictions, options, planner.panelBytes(), control)) {
        return new Summary(plan, matrix.report(), 1, 0, matrix.report().reads());
      }
    }
    AtomicFile.requireRoom(file, plan.diskBytes() - occupied(begun.part()));
    return new BandedDistances(file, begun.part(), predictions, options, planner, plan, control).compute();
  }

  /** What {@link #compute} is about to take: nothing is computed or written. */
  public static DistancePlan plan(Path file, Predictions predictions, DistanceOptions options, long limitBytes) {
    return Begun.of(file, planner(predictions, Devices.Settled.of(options, predictions).options(), limitBytes)).plan();
  }

  private static DistancePlan.Planner planner(Predictions predictions, DistanceOptions options, long limitBytes) {
    return new DistancePlan.Planner(TileLayout.of(predictions.models(), "the prediction table"), predictions.samples(),
        predictions.classes(), options, limitBytes, DistancePlan.processBytes());
  }

  /** A plan that goes on with what was begun, where something was. */
  private record Begun(Path part, DistancePlan plan) {
    static Begun of(Path file, DistancePlan.Planner planner) {
      boolean tiles = isTiles(file);
      if (!tiles && !file.toString().endsWith(".npy")) {
        throw new IllegalArgumentException(file + " is neither a .npy nor a .tiles file: name it so");
      }
      Path part = TilesWriter.part(tiles ? file : file.resolveSibling(file.getFileName() + ".tiles"));
      if (Files.exists(part)) {
        planner.begun();
      }
      TilesHeader header = TilesWriter.begun(part);
      if (header != null) {
        planner.panelBytes(begunPanels(header, planner.panelBytes()));
      }
      return new Begun(part, planner.plan(tiles ? DistancePlan.Output.TILES : DistancePlan.Output.NPY));
    }
  }

  /** Whether it is called a .tiles file. */
  static boolean isTiles(Path file) {
    return file.toString().endsWith(".tiles");
  }

  private static long begunPanels(TilesHeader begun, long otherwise) {
    try {
      return Long.parseLong(begun.options().getOrDefault("panel_bytes", ""));
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private static long occupied(Path part) {
    try {
      return Files.exists(part) ? Files.size(part) : 0;
    } catch (IOException e) {
      throw Npy.unreadable(part, e);
    }
  }

  /** Everything that a bit of the tiles depends on, as text. */
  static Map<String, String> facts(DistanceOptions options, long samples, long panelBytes,
      String device) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("metric", options.metric().toString());
    facts.put("precision", options.precision().toString());
    facts.put("refine", options.refine().toString());
    facts.put("infinity", options.infinity() == DistanceOptions.Infinity.KEEP ? "keep"
        : String.format(Locale.ROOT, "cap %s", options.cap()));
    DistanceOptions.SampleRange range = options.samples();
    facts.put("samples", range.begin() + ":" + (range.end() < 0 ? samples : range.end()) + ":" + range.step());
    facts.put("isa", (options.isa() == Isa.AUTO ? EngineInfo.query().isa() : options.isa()).toString());
    facts.put("panel_bytes", Long.toString(panelBytes));
    if (!device.isEmpty()) {
      facts.put("device", device);
    }
    return facts;
  }
}
