// SPDX-License-Identifier: Apache-2.0
// geodesic (Eq 16): d = (1/N) sum_n theta_n, theta_n = arccos BC_n, the angle between s_n and t_n on the sphere.
// geodesic-l2: d = sqrt((1/N) sum_n theta_n^2), the Riemannian distance of the product manifold.
//
// The core is a Gram matrix of differences, |s - t|^2, per sample, and the epilogue its angle, 2 asin(|s - t| / 2):
// arccos is ill-conditioned near 1, and with the difference there is no near form, because this is it. In
// [0, pi/2], never infinite.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/tile_nest.h"

namespace {

// The angle of two unit vectors at the squared distance x, 0 <= x <= 2 (rounding included), to about 3 ulp: 2 asin of
// half the distance up to x = 1, and pi/2 - asin(1 - x/2) above, so that asin's argument is at most 1/2. There
// asin(z) = z + z R(z^2) with the rational R of FreeBSD's e_asin.c (error below 2^-58).
LIGHTCONE_INLINE double angle(double x) {
  const double dot = 1.0 - 0.5 * x;
  const bool wide = x > 1.0;
  const double z2 = wide ? dot * dot : 0.25 * x;
  const double z = __builtin_sqrt(z2);
  double p = 3.47933107596021167570e-05;
  p = p * z2 + 7.91534994289814532176e-04;
  p = p * z2 - 4.00555345006794114027e-02;
  p = p * z2 + 2.01212532134862925881e-01;
  p = p * z2 - 3.25565818622400915405e-01;
  p = p * z2 + 1.66666666666666657415e-01;
  double q = 7.70381505559019352791e-02;
  q = q * z2 - 6.88283971605453293030e-01;
  q = q * z2 + 2.02094576023350569471e+00;
  q = q * z2 - 2.40339491173441421878e+00;
  q = q * z2 + 1.0;
  const double asin = z + z * (z2 * p / q);
  // A dot product that rounding made negative means more than a right angle, by as little.
  const double signed_asin = dot < 0 ? -asin : asin;
  return wide ? 0x1.921fb54442d18p+0 - signed_asin : 2.0 * asin;
}

struct Geodesic {
  static constexpr int kStreams = 1;
  static constexpr int64_t kGroup = 1;
  static constexpr double kSelf = 0;
  template <class V>
  static LIGHTCONE_INLINE void step(V& acc, V a, V b) {
    const V d = a - b;
    acc += d * d;
  }
  static LIGHTCONE_INLINE double term(double squared) { return angle(squared); }
  static double near_below(double, double) { return 0; }
};

struct GeodesicL2 : Geodesic {
  static LIGHTCONE_INLINE double term(double squared) {
    const double theta = angle(squared);
    return theta * theta;
  }
  static double finish(double mean, double) { return __builtin_sqrt(mean); }
  static double slope(double mean, double) { return mean > 0 ? 0.5 / __builtin_sqrt(mean) : 0.0; }
};

constexpr lightcone::Metric geodesic_metric() {
  return {LIGHTCONE_METRIC_GEODESIC, "geodesic", lightcone::Source::kRoot, nest_tile<Geodesic, double>,
          nest_tile<Geodesic, float>, nullptr, nullptr, false, Geodesic::near_below, mean_itself, slope_one};
}

constexpr lightcone::Metric geodesic_l2_metric() {
  return {LIGHTCONE_METRIC_GEODESIC_L2, "geodesic-l2", lightcone::Source::kRoot, nest_tile<GeodesicL2, double>,
          nest_tile<GeodesicL2, float>, nullptr, nullptr, false, Geodesic::near_below, GeodesicL2::finish,
          GeodesicL2::slope};
}

}  // namespace
