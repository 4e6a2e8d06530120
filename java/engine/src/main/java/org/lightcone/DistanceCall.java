// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeDistancesOptions;
import org.lightcone.ffi.NativeDistancesReport;

/**
 * The calls of lightcone_distances and lightcone_distances_memory for a band of packed tiles: options and report across
 * the C ABI.
 *
 * @param options what to compute
 * @param begin first block row
 * @param end one past the last block row
 * @param panelBytes what the panels of a chunk of samples may take; bits depend on it
 */
record DistanceCall(DistanceOptions options, TileLayout layout, int begin, int end, long panelBytes) {
  /** Bytes for the structs of the ABI; they have grown before. */
  private static final int STRUCT = 1024;

  /** The engine's own default of lightcone_distances_options.panel_bytes. */
  static final long DEFAULT_PANEL_BYTES = 512L << 20;

  /** The default for options whose device is settled; 0 leaves it to the engine, which knows the device's memory. */
  static long panelBytes(DistanceOptions settled) {
    return settled.device() == Device.CUDA ? 0 : DEFAULT_PANEL_BYTES;
  }

  /** Computes the band's tiles into {@code out}, which is scratch if this throws. */
  DistanceMatrix.Report run(Predictions predictions, Control control, Pointer out) {
    return withOptions(nativeOptions -> reported(report -> {
      var table = predictions.enter();
      try {
        NativeControl entered = Control.enter(control);
        try {
          Native.check(Lightcone.lightcone_distances(table, nativeOptions, entered, out, report));
        } finally {
          Control.exit(control);
        }
      } finally {
        predictions.exit();
      }
    }));
  }

  /** What {@link #run} takes besides the table and the tiles, in bytes. */
  long memory(long samples, long classes) {
    Native.require();
    return withOptions(nativeOptions -> {
      long[] bytes = new long[1];
      Native.check(Lightcone.lightcone_distances_memory(layout.models(), samples, classes, nativeOptions, bytes));
      return bytes[0];
    });
  }

  private <T> T withOptions(Function<NativeDistancesOptions, T> use) {
    return withOptions(options, to -> {
      to.panel_bytes(panelBytes);
      to.layout(Lightcone.LIGHTCONE_LAYOUT_TILES);
      to.row_begin(begin * (long) TileLayout.EDGE);
      to.row_end(Math.min(layout.models(), end * (long) TileLayout.EDGE));
      return use.apply(to);
    });
  }

  /** The struct of the ABI filled from options; all else as by its init function, float32 and dense. */
  static <T> T withOptions(DistanceOptions options, Function<NativeDistancesOptions, T> use) {
    try (OffHeap memory = OffHeap.allocate(STRUCT, "options")) {
      NativeDistancesOptions to = new NativeDistancesOptions(memory.pointer());
      requireRoom(to);
      Lightcone.lightcone_distances_options_init(to);
      to.metric(options.metric().code);
      to.precision(options.precision().code);
      to.refine(options.refine() == DistanceOptions.Refine.AUTO
          ? Lightcone.LIGHTCONE_REFINE_AUTO : Lightcone.LIGHTCONE_REFINE_OFF);
      to.infinity(options.infinity() == DistanceOptions.Infinity.KEEP
          ? Lightcone.LIGHTCONE_INFINITY_KEEP : Lightcone.LIGHTCONE_INFINITY_CAP);
      to.infinity_cap(options.cap());
      to.threads(options.threads());
      to.isa(options.isa().code);
      to.device(options.device().code);
      to.out_dtype(DType.FLOAT32.code);
      to.sample_begin(options.samples().begin());
      to.sample_end(options.samples().end());
      to.sample_step(options.samples().step());
      return use.apply(to);
    }
  }

  /** The report of a call. */
  static DistanceMatrix.Report reported(Consumer<NativeDistancesReport> call) {
    try (OffHeap memory = OffHeap.allocate(STRUCT, "a report")) {
      NativeDistancesReport report = new NativeDistancesReport(memory.pointer());
      requireRoom(report);
      Lightcone.lightcone_distances_report_init(report);
      call.accept(report);
      return report(report);
    }
  }

  private static void requireRoom(Pointer struct) {
    if (struct.sizeof() > STRUCT) {
      throw new AssertionError("a struct of the ABI has outgrown its memory");
    }
  }

  private static DistanceMatrix.Report report(NativeDistancesReport from) {
    return new DistanceMatrix.Report(from.samples(), from.pairs(), from.near_pairs(), from.flagged_pairs(),
        from.infinite_terms(), from.infinite_pairs(), from.working_bytes(), from.read_seconds(),
        from.distances_seconds(), from.refine_seconds(), 0, Isa.ofCode(from.isa()), from.threads(),
        Device.ofCode(from.device()), Native.text(from.device_name()), Native.text(from.device_reason()));
  }
}
