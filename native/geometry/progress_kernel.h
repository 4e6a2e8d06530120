// SPDX-License-Identifier: Apache-2.0
// Slope of the progress objective (Eq 4). In the plane of sqrt ignorance and sqrt truth a sample of the
// model has the coordinates a (along ignorance) and y (across), and q = 1 - a^2 - y^2 outside of it. A
// point of the geodesic at angle alpha has u = a cos(alpha) + y sin(alpha), and
//   d/dalpha arccos(u)   = w / sqrt(q + w^2),          w = a sin(alpha) - y cos(alpha)
//   d2/dalpha2 arccos(u) = q u / (q + w^2)^(3/2)
// which, unlike arccos(u) itself, is well conditioned at u = 1. Included by the isa_*.cpp files alone.
#pragma once

#include "base/lanes.h"

namespace {

// samples is a multiple of kLanes; the caller pads with a = 1, y = 0, q = inf, whose slopes are 0.
void progress_slope(const double* a, const double* y, const double* q, int64_t samples, double alpha,
                    double* first, double* second) {
  const double sine = __builtin_sin(alpha), cosine = __builtin_cos(alpha);
  D8 slope = {}, curvature = {};
  for (int64_t n = 0; n < samples; n += kLanes) {
    const D8 an = load8(a + n), yn = load8(y + n), qn = load8(q + n);
    const D8 w = an * sine - yn * cosine;
    const D8 u = an * cosine + yn * sine;
    const D8 r2 = qn + w * w;
    D8 root;
    for (int l = 0; l < kLanes; ++l) root[l] = __builtin_sqrt(r2[l]);
    const D8 inverse = root > 0.0 ? 1.0 / root : D8{};  // q = w = 0: on the geodesic, slope 0
    slope += w * inverse;
    const D8 bend = qn * u * inverse * inverse * inverse;
    curvature += qn < __builtin_inf() ? bend : D8{};
  }
  *first = sum8(slope);
  *second = sum8(curvature);
}

}  // namespace
