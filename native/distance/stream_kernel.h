// SPDX-License-Identifier: Apache-2.0
// Ingest of the metrics that are not made of roots alone: rows of numbers to the streams of a metric (metric.h,
// Source), and those of eight models to the lines of a panel of tile_nest.h. Included by the isa_*.cpp files alone.
//
//   probabilities      p_c = x_c / sum x             log p_c = log(p_c)
//   the other two      p_c = e_c / sum e             log p_c = (x_c - max x) - log sum e,   e_c = exp(x_c - max x)
//
// Both to a few float64 ulp of the larger of 1 and themselves; an exact zero has log -inf. Bound by exp and log.
#pragma once

#include "base/row_kernel.h"
#include "distance/metric.h"

namespace {

// log x for x >= 0: subnormal numbers and 0 too.
LIGHTCONE_INLINE D8 log_any8(D8 x) {
  const I8 deep = x < 0x1p-1022;
  const D8 log = log8(deep ? x * 0x1p54 : x) - (deep ? splat(54 * kLn2) : D8{});
  return x == 0.0 ? splat(-__builtin_inf()) : log;
}

// to[k] = log from[k]; whether one of them is -inf.
LIGHTCONE_INLINE bool logarithms(const double* from, int64_t length, double* to) {
  D8 least = splat(1.0);
  int64_t k = 0;
  for (; k + kLanes <= length; k += kLanes) {
    const D8 x = load8(from + k);
    least = x < least ? x : least;
    store8(to + k, log_any8(x));
  }
  if (k < length) {
    D8 tail = splat(1.0);
    for (int64_t l = k; l < length; ++l) tail[l - k] = from[l];
    least = tail < least ? tail : least;
    tail = log_any8(tail);
    for (int64_t l = k; l < length; ++l) to[l] = tail[l - k];
  }
  bool zero = false;
  for (int l = 0; l < kLanes; ++l) zero |= least[l] == 0;
  return zero;
}

bool stream_rows(const double* in, int32_t kind, lightcone::Source source, int64_t rows, int64_t classes,
                 double* out, double* log) {
  if (source == lightcone::Source::kRoot) {
    sqrt_rows(in, kind, rows, classes, out);
    return false;
  }
  const auto itself = [](auto x) { return x; };
  const auto plus = [](auto x, auto y) { return x + y; };
  const auto larger = [](auto x, auto y) { return y > x ? y : x; };
  const bool logs = source == lightcone::Source::kLogarithm;
  constexpr int64_t kRowsAtOnce = 64;  // so that exp and log see long runs, and all of it is in cache
  bool zero = false;
  for (int64_t first = 0; first < rows; first += kRowsAtOnce) {
    const int64_t count = rows - first < kRowsAtOnce ? rows - first : kRowsAtOnce, length = count * classes;
    const double* const from = in + first * classes;
    double* const to = out + first * classes;
    double* const log_to = logs ? log + first * classes : nullptr;
    double sum[kRowsAtOnce], shift[kRowsAtOnce];
    if (kind == LIGHTCONE_PROBABILITIES) {
      for (int64_t r = 0; r < count; ++r) sum[r] = fold(from + r * classes, classes, itself, plus);
      for (int64_t r = 0; r < count; ++r)
        for (int64_t c = 0; c < classes; ++c) to[r * classes + c] = from[r * classes + c] / sum[r];
      if (logs) zero |= logarithms(to, length, log_to);
      continue;
    }
    for (int64_t r = 0; r < count; ++r) {
      const double* x = from + r * classes;
      shift[r] = fold(x, classes, itself, larger);
      for (int64_t c = 0; c < classes; ++c) to[r * classes + c] = x[c] - shift[r];
    }
    for_all(to, length, [](Double x) { return exp_lanes<Double, Mask>(x); });
    for (int64_t r = 0; r < count; ++r) sum[r] = fold(to + r * classes, classes, itself, plus);
    for (int64_t r = 0; r < count; ++r)
      for (int64_t c = 0; c < classes; ++c) to[r * classes + c] /= sum[r];
    if (!logs) continue;
    logarithms(sum, count, sum);
    double least = 0;
    for (int64_t r = 0; r < count; ++r)
      for (int64_t c = 0; c < classes; ++c) {
        const double x = (from[r * classes + c] - shift[r]) - sum[r];
        least = x < least ? x : least;
        log_to[r * classes + c] = x;
      }
    zero |= least == -__builtin_inf();
  }
  return zero;
}

// A number as a panel holds it: log 0 as 0, and what float32 cannot hold at its end.
template <class T>
LIGHTCONE_INLINE D8 in_panel(D8 x) {
  const D8 finite = x == -__builtin_inf() ? D8{} : x;
  if constexpr (sizeof(T) == sizeof(double)) return finite;
  const D8 lowest = splat(-0x1.fffffep127);
  return __builtin_convertvector(__builtin_convertvector(finite > lowest ? finite : lowest, F8u), D8);
}

LIGHTCONE_INLINE void store_panel(double* p, D8 v) { store8(p, v); }
LIGHTCONE_INLINE void store_panel(float* p, D8 v) { *reinterpret_cast<F8u*>(p) = __builtin_convertvector(v, F8u); }

// Element q of eight rows.
LIGHTCONE_INLINE D8 across(const double* const* rows, int64_t q) {
  return D8{rows[0][q], rows[1][q], rows[2][q], rows[3][q], rows[4][q], rows[5][q], rows[6][q], rows[7][q]};
}

// Products summed before they join the sum of a model's, as many samples as tile_nest.h has in a group at most: one
// long chain would round N C times.
constexpr int64_t kSelfGroup = 16;

template <class T, int kStreams>
LIGHTCONE_INLINE void pack_streams_of(const lightcone::StreamPack& s) {
  constexpr int64_t kStrip = lightcone::kNestStrip;
  T* line = static_cast<T*>(s.panel);
  const double* rows[kLanes];
  const double* logs[kLanes];
  for (int64_t l = 0; l < kLanes; ++l) {
    rows[l] = s.rows[l];
    logs[l] = s.rows[l] + (kStreams - 1) * s.plane;
  }
  D8 self = {}, group = {};
  for (int64_t n = 0, q = 0; n < s.samples; ++n, line += kStreams * s.classes * kStrip) {
    for (int64_t c = 0; c < s.classes; ++c, ++q) {
      const D8 x = in_panel<T>(across(rows, q));
      store_panel(line + c * kStrip, x);
      if constexpr (kStreams == 1) {
        group += x * x;
      } else {
        const D8 y = in_panel<T>(across(logs, q));
        store_panel(line + (s.classes + c) * kStrip, y);
        group += x * y;
      }
    }
    if (n % kSelfGroup != kSelfGroup - 1) continue;
    self += group;
    group = D8{};
  }
  self += group;
  for (int64_t l = 0; l < kLanes; ++l) s.self[l] += kStreams * self[l];  // p log p and log p p
}

template <class T>
void pack_streams(const lightcone::StreamPack& s) {
  if (s.streams == 1) {
    pack_streams_of<T, 1>(s);
  } else {
    pack_streams_of<T, 2>(s);
  }
}

}  // namespace
