// SPDX-License-Identifier: Apache-2.0
// Geodesic (Eq 3), per sample: theta = arccos <sqrt p, sqrt q>,
//   gamma(t) = ([sin((1 - t) theta) sqrt p + sin(t theta) sqrt q] / sin theta)^2.
// theta is computed as 2 asin(|sqrt p - sqrt q| / 2), because arccos loses half its digits near 1; below
// 1e-8 p is copied.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "geometry/geometry.h"

namespace lightcone {
namespace {

// sqrt of the renormalised row; throws INVALID_DATA.
void sqrt_row(const double* p, int64_t classes, int64_t sample, const char* name, double* s) {
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) {
    if (!(p[c] >= 0))
      throw Error(LIGHTCONE_INVALID_DATA, format("%s: sample %lld: class %lld has the probability %g", name,
                                                 (long long)sample, (long long)c, p[c]));
    sum += p[c];
  }
  if (!(std::fabs(sum - 1) <= 1e-3))
    throw Error(LIGHTCONE_INVALID_DATA,
                format("%s: sample %lld: the probabilities sum to %.9g, not to 1 within 0.001", name,
                       (long long)sample, sum));
  for (int64_t c = 0; c < classes; ++c) s[c] = std::sqrt(p[c] / sum);
}

}  // namespace

void geodesic(const double* p, const double* q, int64_t samples, int64_t classes, const double* t,
              int64_t points, double* out) {
  for (int64_t k = 0; k < points; ++k)
    if (!(t[k] >= 0 && t[k] <= 1))
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("point %lld of the geodesic is t = %g, outside [0, 1]", (long long)k, t[k]));
  std::vector<double> u(static_cast<size_t>(classes)), v(u);
  for (int64_t n = 0; n < samples; ++n) {
    sqrt_row(p + n * classes, classes, n, "the first end of the geodesic", u.data());
    sqrt_row(q + n * classes, classes, n, "the second end of the geodesic", v.data());
    double gap = 0;
    for (size_t c = 0; c < u.size(); ++c) gap += (u[c] - v[c]) * (u[c] - v[c]);
    const double theta = 2 * std::asin(std::min(1.0, 0.5 * std::sqrt(gap)));
    for (int64_t k = 0; k < points; ++k) {
      double* row = out + (k * samples + n) * classes;
      double x = 1, y = 0;
      if (theta >= 1e-8) {
        x = std::sin((1 - t[k]) * theta) / std::sin(theta);
        y = std::sin(t[k] * theta) / std::sin(theta);
      }
      for (size_t c = 0; c < u.size(); ++c) row[c] = (x * u[c] + y * v[c]) * (x * u[c] + y * v[c]);
    }
  }
}

}  // namespace lightcone
