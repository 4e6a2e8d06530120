// SPDX-License-Identifier: Apache-2.0
// Geodesics (Eq 3) of many samples, eight a vector, and the distance between two tables of rows. Included by the
// isa_*.cpp files alone. Rows are [n][C], float64.
#pragma once

#include "base/lanes.h"

namespace {

LIGHTCONE_INLINE D8 true_root8(D8 x) {
  D8 r;
  for (int l = 0; l < kLanes; ++l) r[l] = __builtin_sqrt(x[l]);
  return r;
}

// 2 asin(h) for h in [0, 1/sqrt 2], the angle whose half chord is h, to 4 ulp. Twice sin(x/2) =
// sin(x) / sqrt(2 (1 + cos x)), which cancels nothing, to sin(theta / 8) <= 0.196; then the series of asin, whose term
// after the last is 0.196^22 / 100 = 3e-18.
LIGHTCONE_INLINE D8 angle8(D8 h) {
  D8 z = h;
  for (int k = 0; k < 2; ++k) z = z / true_root8(2.0 + 2.0 * true_root8(1.0 - z * z));
  const D8 x = z * z;
  D8 p = splat(46189.0 / 5505024.0);
  p = p * x + 12155.0 / 1245184.0;
  p = p * x + 6435.0 / 557056.0;
  p = p * x + 143.0 / 10240.0;
  p = p * x + 231.0 / 13312.0;
  p = p * x + 63.0 / 2816.0;
  p = p * x + 35.0 / 1152.0;
  p = p * x + 5.0 / 112.0;
  p = p * x + 3.0 / 40.0;
  p = p * x + 1.0 / 6.0;
  return 8.0 * (z + z * x * p);
}

// sin(x) for x in [0, pi / 2], to 2 ulp: the series, whose term after the last is (pi/2)^23 / 23! = 1e-18.
LIGHTCONE_INLINE D8 sine8(D8 x) {
  const D8 z = x * x;
  D8 p = splat(1.0 / 51090942171709440000.0);
  p = p * z - 1.0 / 121645100408832000.0;
  p = p * z + 1.0 / 355687428096000.0;
  p = p * z - 1.0 / 1307674368000.0;
  p = p * z + 1.0 / 6227020800.0;
  p = p * z - 1.0 / 39916800.0;
  p = p * z + 1.0 / 362880.0;
  p = p * z - 1.0 / 5040.0;
  p = p * z + 1.0 / 120.0;
  p = p * z - 1.0 / 6.0;
  return x + x * z * p;
}

// angle[n] = 2 asin(|u_n - v_n| / 2) of sqrt-probabilities u, v; room for whole vectors in angle.
void geodesic_angles(const double* u, const double* v, int64_t rows, int64_t classes, double* angle) {
  for (int64_t n = 0; n < rows; n += kLanes) {
    D8 gap = {};
    for (int64_t l = 0; l < kLanes && n + l < rows; ++l) {
      const double* a = u + (n + l) * classes;
      const double* b = v + (n + l) * classes;
      double sum = 0;
      for (int64_t c = 0; c < classes; ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
      gap[l] = sum;
    }
    const D8 half = 0.5 * true_root8(gap);
    store8(angle + n, angle8(half < __builtin_sqrt(0.5) ? half : splat(__builtin_sqrt(0.5))));
  }
}

// out[n] = ([sin((1 - t) angle) u + sin(t angle) v] / sin angle)^2; an angle below 1e-8 copies u^2.
void geodesic_points(const double* u, const double* v, const double* angle, int64_t rows, int64_t classes,
                     double t, double* out) {
  for (int64_t n = 0; n < rows; n += kLanes) {
    const D8 a = load8(angle + n);
    const I8 still = a < 1e-8;
    const D8 safe = still ? splat(1.0) : a, sine = sine8(safe);
    const D8 x = still ? splat(1.0) : sine8((1 - t) * safe) / sine;
    const D8 y = still ? D8{} : sine8(t * safe) / sine;
    for (int64_t l = 0; l < kLanes && n + l < rows; ++l) {
      const double* p = u + (n + l) * classes;
      const double* q = v + (n + l) * classes;
      double* row = out + (n + l) * classes;
      const double p_share = x[l], q_share = y[l];
      for (int64_t c = 0; c < classes; ++c) {
        const double s = p_share * p[c] + q_share * q[c];
        row[c] = s * s;
      }
    }
  }
}

// sum_n -log BC_n of probability rows p, q: by the difference -log1p(-1/2 |s - t|^2) where that half norm is below
// 1/2, by -log of the product otherwise; +inf where no class is common.
double bhattacharyya_rows(const double* p, const double* q, int64_t rows, int64_t classes) {
  D8 sum = {};
  for (int64_t n = 0; n < rows; n += kLanes) {
    D8 gap = {}, dot = splat(1.0);
    for (int64_t l = 0; l < kLanes && n + l < rows; ++l) {
      const double* a = p + (n + l) * classes;
      const double* b = q + (n + l) * classes;
      double square = 0, product = 0;
      for (int64_t c = 0; c < classes; ++c) {
        const double s = __builtin_sqrt(a[c]), t = __builtin_sqrt(b[c]), d = s - t;
        square += d * d;
        product += s * t;
      }
      gap[l] = square;
      dot[l] = product;
    }
    const I8 near = gap < 1.0, none = dot < 1e-290;
    const D8 difference = log1p8(near ? gap * -0.5 : D8{});
    const D8 product = log8((near | none) ? splat(1.0) : dot);
    const D8 term = near ? difference : product;
    sum -= (none & ~near) ? splat(-__builtin_inf()) : term;
  }
  return sum8(sum);
}

}  // namespace
