// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeControl;
import org.lightcone.ffi.NativeDistancesOptions;
import org.lightcone.ffi.NativeDistancesReport;

/** The call of lightcone_distances: options and report across the C ABI. */
final class DistanceCall {
  private DistanceCall() {}

  /** Computes into {@code out}, which is scratch if this throws. */
  static DistanceMatrix.Report run(Predictions predictions, DistanceOptions options, Control control, Pointer out) {
    try (OffHeap optionMemory = OffHeap.allocate(256, "options");
        OffHeap reportMemory = OffHeap.allocate(256, "a report")) {
      NativeDistancesOptions nativeOptions = new NativeDistancesOptions(optionMemory.pointer());
      NativeDistancesReport nativeReport = new NativeDistancesReport(reportMemory.pointer());
      if (nativeOptions.sizeof() > 256 || nativeReport.sizeof() > 256) {
        throw new AssertionError("the option structs have outgrown their memory");
      }
      fill(nativeOptions, options);
      Lightcone.lightcone_distances_report_init(nativeReport);
      var table = predictions.enter();
      try {
        NativeControl entered = Control.enter(control);
        try {
          Native.check(Lightcone.lightcone_distances(table, nativeOptions, entered, out, nativeReport));
        } finally {
          Control.exit(control);
        }
      } finally {
        predictions.exit();
      }
      return report(nativeReport);
    }
  }

  private static void fill(NativeDistancesOptions to, DistanceOptions from) {
    Lightcone.lightcone_distances_options_init(to);
    to.metric(from.metric().code);
    to.refine(from.refine() == DistanceOptions.Refine.AUTO
        ? Lightcone.LIGHTCONE_REFINE_AUTO : Lightcone.LIGHTCONE_REFINE_OFF);
    to.infinity(from.infinity() == DistanceOptions.Infinity.KEEP
        ? Lightcone.LIGHTCONE_INFINITY_KEEP : Lightcone.LIGHTCONE_INFINITY_CAP);
    to.infinity_cap(from.cap());
    to.threads(from.threads());
    to.isa(from.isa().code);
    to.out_dtype(DType.FLOAT32.code);
    to.sample_begin(from.samples().begin());
    to.sample_end(from.samples().end());
    to.sample_step(from.samples().step());
  }

  private static DistanceMatrix.Report report(NativeDistancesReport from) {
    return new DistanceMatrix.Report(from.samples(), from.pairs(), from.near_pairs(), from.flagged_pairs(),
        from.infinite_terms(), from.infinite_pairs(), from.working_bytes(), from.read_seconds(),
        from.distances_seconds(), from.refine_seconds(), 0, Isa.ofCode(from.isa()), from.threads());
  }
}
