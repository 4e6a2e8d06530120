// SPDX-License-Identifier: Apache-2.0
// Ingest: rows of numbers (probabilities, log-probabilities or logits) to sqrt-probabilities, and
// those to panels. Included by the isa_*.cpp files alone.
//
//   probabilities      s_c = sqrt(p_c / sum p)
//   the other two      s_c = e_c / sqrt(sum e^2),  e_c = exp((x_c - max x) / 2)
//
// Half the exponent survives where p itself underflows. Error of s: a few float64 ulp.
#pragma once

#include "base/kernels.h"
#include "base/lanes.h"

namespace {

// p[k] = op(p[k]) for all k, kDoubles at a time; the last ones in a vector padded with 1.
template <class Op>
LIGHTCONE_INLINE void for_all(double* p, int64_t length, Op&& op) {
  int64_t k = 0;
  for (; k + kDoubles <= length; k += kDoubles) store(p + k, op(load(p + k)));
  if (k == length) return;
  Double tail = Double{} + 1.0;
  for (int64_t l = k; l < length; ++l) tail[l - k] = p[l];
  tail = op(tail);
  for (int64_t l = k; l < length; ++l) p[l] = tail[l - k];
}

LIGHTCONE_INLINE Double root(Double x) {
  for (int64_t l = 0; l < kDoubles; ++l) x[l] = __builtin_sqrt(x[l]);
  return x;
}

// op over map(x) of the elements of a row, vectors first: a chain of scalars would wait for each.
template <class Map, class Op>
LIGHTCONE_INLINE double fold(const double* x, int64_t length, Map&& map, Op&& op) {
  double result = map(x[0]);
  int64_t k = 1;
  if (length >= kDoubles) {
    Double lanes = map(load(x));
    for (k = kDoubles; k + kDoubles <= length; k += kDoubles) lanes = op(lanes, map(load(x + k)));
    result = lanes[0];
    for (int64_t l = 1; l < kDoubles; ++l) result = op(result, lanes[l]);
  }
  for (; k < length; ++k) result = op(result, map(x[k]));
  return result;
}

inline double sqrt_rows(const double* in, int32_t kind, int64_t rows, int64_t classes, double* out) {
  const auto itself = [](auto x) { return x; };
  const auto square = [](auto x) { return x * x; };
  const auto plus = [](auto x, auto y) { return x + y; };
  const auto larger = [](auto x, auto y) { return y > x ? y : x; };
  constexpr int64_t kRowsAtOnce = 64;  // so that exp, sqrt and 1/sqrt see long runs, and all of it is in cache
  Double least = Double{} + __builtin_inf();
  for (int64_t first = 0; first < rows; first += kRowsAtOnce) {
    const int64_t count = rows - first < kRowsAtOnce ? rows - first : kRowsAtOnce, length = count * classes;
    const double* const from = in + first * classes;
    double* const to = out + first * classes;
    double factor[kRowsAtOnce];
    if (kind == LIGHTCONE_PROBABILITIES) {
      for (int64_t r = 0; r < count; ++r) factor[r] = fold(from + r * classes, classes, itself, plus);
      for (int64_t k = 0; k < length; ++k) to[k] = __builtin_sqrt(from[k]);
    } else {
      for (int64_t r = 0; r < count; ++r) {
        const double* x = from + r * classes;
        const double largest = fold(x, classes, itself, larger);
        for (int64_t c = 0; c < classes; ++c) to[r * classes + c] = 0.5 * (x[c] - largest);
      }
      for_all(to, length, [](Double x) { return exp_lanes<Double, Mask>(x); });
      for (int64_t r = 0; r < count; ++r) factor[r] = fold(to + r * classes, classes, square, plus);
    }
    for_all(factor, count, [](Double x) { return 1.0 / root(x); });
    for (int64_t r = 0; r < count; ++r)
      for (int64_t c = 0; c < classes; ++c) to[r * classes + c] *= factor[r];
    for_all(to, length, [&](Double s) {  // s <= 1, so that the padding does not matter
      least = s < least ? s : least;
      return s;
    });
  }
  double smallest = least[0];
  for (int64_t l = 1; l < kDoubles; ++l) smallest = least[l] < smallest ? least[l] : smallest;
  return smallest;
}

// 16 models at a time: one 64-byte line of the panel per (n, c), read from 16 rows in cache.
inline void pack(const double* const* rows, int64_t count, int64_t samples, int64_t classes,
                 const double* scale, float* panel) {
  for (int64_t n = 0; n < samples; ++n)
    for (int64_t c = 0; c < classes; ++c, panel += Tile::kStrip) {
      for (int64_t l = 0; l < count; ++l)
        panel[l] = static_cast<float>(rows[l][n * classes + c] * scale[n]);
      for (int64_t l = count; l < 16; ++l) panel[l] = 0.0f;
    }
}

}  // namespace
