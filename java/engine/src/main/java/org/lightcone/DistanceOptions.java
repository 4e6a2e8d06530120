// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import org.lightcone.ffi.Lightcone;

/**
 * How distances are computed.
 *
 * @param metric which distance
 * @param refine whether near pairs are redone in float64 from the source rows
 * @param infinity what becomes of -log 0
 * @param cap nats that replace an infinite per-sample term under {@link Infinity#CAP}; positive
 * @param threads 0: all processors. The result does not depend on it
 * @param isa instruction set of the kernels
 * @param samples which samples count
 * @param precision how exactly
 * @param device where
 */
public record DistanceOptions(Metric metric, Refine refine, Infinity infinity, double cap, int threads, Isa isa,
    SampleRange samples, Precision precision, Device device) {

  /** How exactly distances are computed; the bounds stand in {@code native/lightcone.h}. */
  public enum Precision {
    /** To 2e-6 of every distance down to 1e-12, for the geodesics to 5e-16 more. */
    EXACT("exact", Lightcone.LIGHTCONE_PRECISION_EXACT),
    /** In float32, near pairs too. */
    FAST("fast", Lightcone.LIGHTCONE_PRECISION_FAST),
    /** By the rules of the paper's code: infinite terms count the cap. For {@link Metric#BHATTACHARYYA} alone. */
    COMPAT("compat", Lightcone.LIGHTCONE_PRECISION_COMPAT);

    private final String text;
    final int code;

    Precision(String text, int code) {
      this.text = text;
      this.code = code;
    }

    /** The one called {@code exact}, {@code fast} or {@code compat}. */
    public static Precision parse(String text) {
      return Names.parse("precision", text, values());
    }

    /** The name that {@link #parse} takes. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** Whether near pairs are redone. */
  public enum Refine {
    /** Pairs too near for the first pass again in float64, to the bound of {@link Precision}. */
    AUTO("auto"),
    /** Near pairs keep the error of the first pass. */
    OFF("off");

    private final String text;

    Refine(String text) {
      this.text = text;
    }

    /** The one called {@code auto} or {@code off}. */
    public static Refine parse(String text) {
      return Names.parse("refinement", text, values());
    }

    /** The name that {@link #parse} takes. */
    @Override
    public String toString() {
      return text;
    }
  }

  /** What becomes of a sample on which two models share no class (BC = 0). */
  public enum Infinity {
    /** The distance is +inf. */
    KEEP("keep"),
    /** That sample counts {@code cap} nats; finite terms stay as they are, even larger ones. */
    CAP("cap");

    private final String text;

    Infinity(String text) {
      this.text = text;
    }

    /** The one called {@code keep} or {@code cap}. */
    public static Infinity parse(String text) {
      return Names.parse("infinity policy", text, values());
    }

    /** The name that {@link #parse} takes. */
    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * The samples begin, begin + step, ... below end.
   *
   * @param begin first sample, 0 or more
   * @param end one past the last; -1 is N
   * @param step 1 or more
   */
  public record SampleRange(long begin, long end, long step) {
    /** All samples. */
    public static final SampleRange ALL = new SampleRange(0, -1, 1);

    /** Checks what can be checked without knowing N. */
    public SampleRange {
      if (begin < 0 || end != -1 && end <= begin || step < 1) {
        throw new IllegalArgumentException("samples " + begin + ":" + end + ":" + step
            + " are none; begin from 0 up, end beyond it (or -1 for all) and step by at least 1");
      }
    }

    /** Number of them of N samples, if they are samples of it. */
    long count(long samples) {
      return ((end < 0 ? samples : end) - begin - 1) / step + 1;
    }

    /** Reads {@code a:b} or {@code a:b:step}; a missing a is 0, a missing b is N. */
    public static SampleRange parse(String text) {
      String[] parts = text.split(":", -1);
      try {
        if (parts.length == 2 || parts.length == 3) {
          return new SampleRange(parts[0].isEmpty() ? 0 : Long.parseLong(parts[0]),
              parts[1].isEmpty() ? -1 : Long.parseLong(parts[1]),
              parts.length == 3 ? Long.parseLong(parts[2]) : 1);
        }
      } catch (NumberFormatException e) {
        // Said below, with the whole text.
      }
      throw new IllegalArgumentException("samples '" + text + "' are not of the form begin:end or begin:end:step");
    }
  }

  /** Refuses nulls and impossible numbers. */
  public DistanceOptions {
    if (metric == null || refine == null || infinity == null || isa == null || samples == null
        || precision == null || device == null) {
      throw new IllegalArgumentException("an option of the distances is null; begin with DistanceOptions.defaults()");
    }
    if (!(cap > 0) || cap == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException("the cap is " + cap + " nats; it must be positive and finite");
    }
  }

  /** Bhattacharyya, exact, refined, infinities kept (cap 100), all processors, best instruction set, all samples, auto device. */
  public static DistanceOptions defaults() {
    return new DistanceOptions(Metric.BHATTACHARYYA, Refine.AUTO, Infinity.KEEP, 100, 0, Isa.AUTO, SampleRange.ALL,
        Precision.EXACT, Device.AUTO);
  }

  /** The same with another metric. */
  public DistanceOptions withMetric(Metric value) {
    return new DistanceOptions(value, refine, infinity, cap, threads, isa, samples, precision, device);
  }

  /** The same with another refinement. */
  public DistanceOptions withRefine(Refine value) {
    return new DistanceOptions(metric, value, infinity, cap, threads, isa, samples, precision, device);
  }

  /** The same with another infinity policy. */
  public DistanceOptions withInfinity(Infinity value) {
    return new DistanceOptions(metric, refine, value, cap, threads, isa, samples, precision, device);
  }

  /** The same with infinite terms capped at so many nats. */
  public DistanceOptions withCap(double nats) {
    return new DistanceOptions(metric, refine, Infinity.CAP, nats, threads, isa, samples, precision, device);
  }

  /** The same with another number of threads; 0 is all processors. */
  public DistanceOptions withThreads(int value) {
    return new DistanceOptions(metric, refine, infinity, cap, value, isa, samples, precision, device);
  }

  /** The same with another instruction set. */
  public DistanceOptions withIsa(Isa value) {
    return new DistanceOptions(metric, refine, infinity, cap, threads, value, samples, precision, device);
  }

  /** The same with other samples. */
  public DistanceOptions withSamples(SampleRange value) {
    return new DistanceOptions(metric, refine, infinity, cap, threads, isa, value, precision, device);
  }

  /** The same with another precision. */
  public DistanceOptions withPrecision(Precision value) {
    return new DistanceOptions(metric, refine, infinity, cap, threads, isa, samples, value, device);
  }

  /** The same on another device. */
  public DistanceOptions withDevice(Device value) {
    return new DistanceOptions(metric, refine, infinity, cap, threads, isa, samples, precision, value);
  }
}
