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

inline double sqrt_rows(const double* in, int32_t kind, int64_t rows, int64_t classes, double* out) {
  const int64_t length = rows * classes;
  if (kind == LIGHTCONE_PROBABILITIES) {
    for (int64_t r = 0; r < rows; ++r) {
      const double* x = in + r * classes;
      double sum = 0;
      for (int64_t c = 0; c < classes; ++c) sum += x[c];
      double* s = out + r * classes;
      for (int64_t c = 0; c < classes; ++c) s[c] = __builtin_sqrt(x[c] / sum);
    }
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      const double* x = in + r * classes;
      double largest = x[0];
      for (int64_t c = 1; c < classes; ++c) largest = x[c] > largest ? x[c] : largest;
      double* h = out + r * classes;
      for (int64_t c = 0; c < classes; ++c) h[c] = 0.5 * (x[c] - largest);
    }
    int64_t k = 0;
    for (; k + kLanes <= length; k += kLanes) store8(out + k, exp8(load8(out + k)));
    if (k < length) {
      double tail[kLanes] = {};
      for (int64_t l = k; l < length; ++l) tail[l - k] = out[l];
      store8(tail, exp8(load8(tail)));
      for (int64_t l = k; l < length; ++l) out[l] = tail[l - k];
    }
    for (int64_t r = 0; r < rows; ++r) {
      double* s = out + r * classes;
      double sum = 0;
      for (int64_t c = 0; c < classes; ++c) sum += s[c] * s[c];
      const double scale = 1.0 / __builtin_sqrt(sum);
      for (int64_t c = 0; c < classes; ++c) s[c] *= scale;
    }
  }
  double smallest = out[0];
  for (int64_t k = 0; k < length; ++k) smallest = out[k] < smallest ? out[k] : smallest;
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
