// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One computation of distances out of core: for every run of block rows that is not done yet, bands as high as the
 * limit of memory allows, each computed over all samples, written and made durable before the next.
 */
final class BandedDistances {
  private final Path file;
  private final Path part;
  private final Predictions predictions;
  private final DistanceOptions options;
  private final DistancePlan.Planner planner;
  private final DistancePlan plan;
  private final Control control;
  private final TileLayout layout;
  /** Pair-samples done by this call. */
  private long work;
  private int reads;
  private double readSeconds;
  private double distancesSeconds;
  private double refineSeconds;
  private double writeSeconds;
  private int threads;
  private Device device = Device.CPU;
  private String deviceName = "";
  private String deviceReason = "";

  BandedDistances(Path file, Path part, Predictions predictions, DistanceOptions options,
      DistancePlan.Planner planner, DistancePlan plan, Control control) {
    this.file = file;
    this.part = part;
    this.predictions = predictions;
    this.options = options;
    this.planner = planner;
    this.plan = plan;
    this.control = control;
    this.layout = planner.layout();
    this.threads = Workers.count(options.threads());
  }

  DistanceFile.Summary compute() {
    TilesHeader header = new TilesHeader(layout, EngineInfo.query().version(),
        DistanceFile.facts(options, predictions.samples(), planner.panelBytes(), Devices.name(options)),
        Fingerprint.of(predictions));
    try (TilesWriter writer = TilesWriter.begin(part, header, control)) {
      int resumed = writer.done().size();
      List<int[]> bands = bands(writer.done());
      long largest = bands.stream().mapToLong(band -> layout.bytes(band[0], band[1])).max().orElse(0);
      try (OffHeap tiles = OffHeap.allocate(largest, "a band of distances")) {
        for (int k = 0; k < bands.size(); k++) {
          compute(writer, bands, k, tiles);
        }
      }
      List<TilesEntry> done = writer.done();
      long start = System.nanoTime();
      if (DistanceFile.isTiles(file)) {
        writer.adopt(file);
      } else {
        writeNpy(writer);
      }
      writeSeconds += (System.nanoTime() - start) * 1e-9;
      return new DistanceFile.Summary(plan, report(done), done.size(), resumed, reads);
    } finally {
      Control.around(control, 0, 0);
    }
  }

  /** Bands [begin, end) of block rows for everything that is not done. */
  private List<int[]> bands(List<TilesEntry> done) {
    boolean[] there = new boolean[layout.blocks()];
    done.forEach(band -> Arrays.fill(there, band.begin(), band.end(), true));
    List<int[]> bands = new ArrayList<>();
    for (int begin = 0; begin < there.length; ) {
      if (there[begin]) {
        begin++;
        continue;
      }
      int gapEnd = begin;
      while (gapEnd < there.length && !there[gapEnd]) {
        gapEnd++;
      }
      int end = planner.endOfBand(begin, gapEnd);
      bands.add(new int[] {begin, end});
      begin = end;
    }
    return bands;
  }

  private void compute(TilesWriter writer, List<int[]> bands, int k, OffHeap tiles) {
    int begin = bands.get(k)[0];
    int end = bands.get(k)[1];
    long pairsAfter = bands.subList(k + 1, bands.size()).stream()
        .mapToLong(band -> layout.pairs(band[0], band[1])).sum();
    long samples = options.samples().count(predictions.samples());
    Control.around(control, work, pairsAfter * samples);
    DistanceMatrix.Report report = new DistanceCall(options, layout, begin, end, planner.panelBytes())
        .run(predictions, control, tiles.pointer());
    work += (report.pairs() + report.nearPairs() + report.flaggedPairs()) * samples;
    reads += report.reads();
    readSeconds += report.readSeconds();
    distancesSeconds += report.distancesSeconds();
    refineSeconds += report.refineSeconds();
    threads = report.threads();
    device = report.device();
    deviceName = report.deviceName();
    deviceReason = report.deviceReason();
    long start = System.nanoTime();
    writer.write(begin, end, tiles, report, control);
    writeSeconds += (System.nanoTime() - start) * 1e-9;
  }

  /** The tiles are kept until the .npy file has its name: a kill before costs no band. */
  private void writeNpy(TilesWriter writer) {
    try (TilesFile tiles = writer.read()) {
      tiles.write(file, planner.writePanel(), options.threads(), control);
      Files.delete(part);
    } catch (IOException e) {
      throw new LightconeIoException("cannot remove " + part + ": " + AtomicFile.reason(e) + "; " + file
          + " is complete, remove the other by hand", e);
    }
  }

  private DistanceMatrix.Report report(List<TilesEntry> bands) {
    return new DistanceMatrix.Report(options.samples().count(predictions.samples()), layout.pairs(0, layout.blocks()),
        bands.stream().mapToLong(TilesEntry::nearPairs).sum(),
        bands.stream().mapToLong(TilesEntry::flaggedPairs).sum(),
        bands.stream().mapToLong(TilesEntry::infiniteTerms).sum(),
        bands.stream().mapToLong(TilesEntry::infinitePairs).sum(), plan.memory().working(), readSeconds,
        distancesSeconds, refineSeconds, writeSeconds,
        options.isa() == Isa.AUTO ? EngineInfo.query().isa() : options.isa(), threads, device, deviceName,
        deviceReason);
  }
}
