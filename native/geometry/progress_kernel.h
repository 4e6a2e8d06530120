// SPDX-License-Identifier: Apache-2.0
// The two sweeps of progress (Eq 4), kDoubles samples a vector. Included by the isa_*.cpp files alone.
//
// In the plane of sqrt ignorance (1 / sqrt C everywhere) and sqrt truth a sample has the coordinates
//   a = sum_c s_c / sqrt C   along ignorance
//   y = (s_label - a / sqrt C) / sqrt(1 - 1 / C)   across it
// and q = 1 - a^2 - y^2 outside of it. A point of the geodesic at the angle alpha from ignorance has
// u = <s, gamma> = a cos(alpha) + y sin(alpha), and with w = a sin(alpha) - y cos(alpha), r^2 = q + w^2
//   d/dalpha   arccos(u) =  w / r
//   d2/dalpha2 arccos(u) =  q u / r^3
//   d3/dalpha3 arccos(u) = -q w (r^2 + 3 u^2) / r^5
// which, unlike arccos(u) itself, are well conditioned at u = 1.
#pragma once

#include "geometry/kernels.h"
#include "geometry/root_lanes.h"

namespace {

using lightcone::PlaneRows;
using lightcone::ProgressSlope;

template <int32_t kKind, class Element>
LIGHTCONE_INLINE void plane_wide(const Element* const* row, const int32_t* labels, int64_t classes, double* a,
                                 double* y, double* q) {
  Double label;  // as float64, which every instruction set compares
  for (int l = 0; l < kDoubles; ++l) label[l] = static_cast<double>(labels[l]);
  Double largest = Double{} - __builtin_inf();
  if (kKind == LIGHTCONE_LOGITS)
    each_class(row, classes, [&](int64_t, Double x) __attribute__((always_inline)) {
      largest = x > largest ? x : largest;
    });
  Double norm = {};  // sum of s^2
  // q is the spread of the other C - 1 entries around their mean: the label's entry and the mean lie in the
  // plane. Taken around one of them, `pivot`: near the geodesic they are equal, and nothing cancels; at worst
  // (the pivot far from all the others) C ulp are lost.
  Double pivot = {}, own = {}, shift = {}, square = {};
  each_class(row, classes, [&](int64_t c, Double x) __attribute__((always_inline)) {
    Double s;
    if (kKind == LIGHTCONE_PROBABILITIES) {
      norm += x;
      s = quick_root(x);
    } else {
      s = exp_short((kKind == LIGHTCONE_LOGITS ? x - largest : x) * 0.5);
      norm += s * s;
    }
    const Mask is_own = label == static_cast<double>(c);
    own = is_own ? s : own;
    if (c == 0) pivot = s;
    if (c == 1) pivot = label == 0.0 ? s : pivot;
    const Double d = is_own ? Double{} : s - pivot;
    shift += d;
    square += d * d;
  });
  const double count = static_cast<double>(classes - 1), all = static_cast<double>(classes);
  const Double others = pivot * count + shift;
  const Double spread = square - shift * shift * (1.0 / count);
  const Double scale = inverse_root(norm);  // rows are renormalised
  const double cosine = 1.0 / __builtin_sqrt(all), sine = __builtin_sqrt(1.0 - 1.0 / all);
  store(a, (others + own) * scale * cosine);
  // s_label - a cosine = ((C - 1) s_label - others) / C, the difference taken first.
  store(y, (own * count - others) * scale * (1.0 / (all * sine)));
  // Below 1e-30 it is the rounding of the square roots: on the plane.
  const Double outside = spread * scale * scale;
  store(q, outside > 1e-30 ? outside : Double{});
}

template <int32_t kKind, class Element>
void plane_rows(const PlaneRows& p) {
  const Element* first = static_cast<const Element*>(p.rows);
  const Element* row[kDoubles];
  int64_t n = 0;
  for (; n + kDoubles <= p.count; n += kDoubles) {
    for (int64_t l = 0; l < kDoubles; ++l) row[l] = first + (n + l) * p.stride;
    // Measured: 1 KiB ahead saves a sixth of the time of rows that come from memory, 8 KiB nothing.
    const char* ahead = reinterpret_cast<const char*>(row[0]) + 1024;
    const int64_t bytes = kDoubles * p.stride * static_cast<int64_t>(sizeof(Element));
    for (int64_t b = 0; b < bytes; b += 64) __builtin_prefetch(ahead + b);
    plane_wide<kKind>(row, p.labels + n, p.classes, p.a + n, p.y + n, p.q + n);
  }
  if (n == p.count) return;
  // The last few: lanes beyond them read the last row again and go nowhere.
  const int64_t left = p.count - n;
  int32_t labels[kDoubles];
  double out[3][kDoubles];
  for (int64_t l = 0; l < kDoubles; ++l) {
    const int64_t k = n + (l < left ? l : left - 1);
    row[l] = first + k * p.stride;
    labels[l] = p.labels[k];
  }
  plane_wide<kKind>(row, labels, p.classes, out[0], out[1], out[2]);
  for (int64_t l = 0; l < left; ++l) {
    p.a[n + l] = out[0][l];
    p.y[n + l] = out[1][l];
    p.q[n + l] = out[2][l];
  }
}

void progress_plane(const PlaneRows& p) {
  const bool narrow = p.dtype == LIGHTCONE_FLOAT32;
  switch (p.kind) {
    case LIGHTCONE_PROBABILITIES:
      return narrow ? plane_rows<LIGHTCONE_PROBABILITIES, float>(p)
                    : plane_rows<LIGHTCONE_PROBABILITIES, double>(p);
    case LIGHTCONE_LOG_PROBABILITIES:
      return narrow ? plane_rows<LIGHTCONE_LOG_PROBABILITIES, float>(p)
                    : plane_rows<LIGHTCONE_LOG_PROBABILITIES, double>(p);
    default:
      return narrow ? plane_rows<LIGHTCONE_LOGITS, float>(p) : plane_rows<LIGHTCONE_LOGITS, double>(p);
  }
}

// Vectors of kPlaneVector samples 0, step, 2 step, ... < vectors. Pad with a = y = 0, q = 1, which adds nothing.
ProgressSlope progress_slope(const double* a, const double* y, const double* q, int64_t vectors, int64_t step,
                             double alpha) {
  const double sine = __builtin_sin(alpha), cosine = __builtin_cos(alpha);
  Double first = {}, second = {}, third = {};
  Mask cusps = {};
  for (int64_t v = 0; v < vectors; v += step)
    for (int64_t n = v * lightcone::kPlaneVector; n < (v + 1) * lightcone::kPlaneVector; n += kDoubles) {
      const Double an = load(a + n), yn = load(y + n), qn = load(q + n);
      const Double w = an * sine - yn * cosine;
      const Double u = an * cosine + yn * sine;
      const Double r2 = qn + w * w;
      // r < 4e-15, a few ulp of a and y: the geodesic passes through the sample, a cusp of the objective whose
      // slope is anything in [-1, 1].
      const Mask regular = r2 >= 1.6e-29;
      cusps -= ~regular;
      const Double inverse = regular ? inverse_root(r2) : Double{};
      const Double square = inverse * inverse;
      const Double bend = qn * inverse * square;
      first += w * inverse;
      second += bend * u;
      third -= bend * w * (1.0 + 3.0 * u * u * square);
    }
  int64_t cusp_count = 0;
  for (int l = 0; l < kDoubles; ++l) cusp_count += cusps[l];
  return {sum_lanes(first), sum_lanes(second), sum_lanes(third), cusp_count};
}

}  // namespace
