// SPDX-License-Identifier: Apache-2.0
// Points of a plane: out[k][d] = x1[d] + a[k] v1[d] + b[k] v2[d] in float64, rounded once to float32.
// x1, v1, v2 (width); a, b (points); out rows `stride` floats apart. Included by the isa_*.cpp files alone.
#pragma once

#include "base/lanes.h"

namespace {

typedef float S8 __attribute__((vector_size(32)));
typedef float S8u __attribute__((vector_size(32), aligned(4)));

// Four points share the loads of the three rows.
template <int kPoints>
LIGHTCONE_INLINE void plane_points_group(const double* x1, const double* v1, const double* v2, int64_t width,
                                         const double* a, const double* b, float* out, int64_t stride) {
  int64_t d = 0;
  for (; d + kLanes <= width; d += kLanes) {
    const D8 origin = load8(x1 + d), first = load8(v1 + d), second = load8(v2 + d);
    for (int k = 0; k < kPoints; ++k)
      *reinterpret_cast<S8u*>(out + k * stride + d) =
          __builtin_convertvector(origin + first * a[k] + second * b[k], S8);
  }
  for (; d < width; ++d)
    for (int k = 0; k < kPoints; ++k)
      out[k * stride + d] = static_cast<float>(x1[d] + v1[d] * a[k] + v2[d] * b[k]);
}

inline void plane_points(const double* x1, const double* v1, const double* v2, int64_t width, const double* a,
                         const double* b, int64_t points, float* out, int64_t stride) {
  int64_t k = 0;
  for (; k + 4 <= points; k += 4)
    plane_points_group<4>(x1, v1, v2, width, a + k, b + k, out + k * stride, stride);
  for (; k < points; ++k) plane_points_group<1>(x1, v1, v2, width, a + k, b + k, out + k * stride, stride);
}

}  // namespace
