// SPDX-License-Identifier: Apache-2.0
// bhattacharyya (Eq 2): d = (1/N) sum_n -log BC_n, BC_n = sum_c s[n][c] t[n][c]. The core is the product trick of
// bhattacharyya_kernel.h, near pairs its difference form.
//
// hellinger-product: 1 - exp(-N d), the squared Hellinger distance of the product distributions over all samples. It
// saturates at 1 for all but the closest models. Its relative error is at most that of d.
//
// compat: the rules of the paper's code on the same formula: -log of the dot product with each sample's term clamped
// at 0 from below; infinite terms count 100.
#pragma once

#include "distance/bhattacharyya_kernel.h"
#include "distance/metric.h"

namespace {

// The random error of the float32 pass per sample, 5e-8 at C = 10 (rounding of s, of the products, of the running
// product), grows like the root of the C roundings of its sum, so 5e-8 / sqrt(N) in d: 2e-6 d holds at six standard
// deviations above this.
inline double bhattacharyya_near_below(double samples, double classes) {
  const double many = classes > 10 ? classes / 10 : 1.0;
  return 0.15 * __builtin_sqrt(many / samples);
}

// samples as for bhattacharyya_pair, which also says what is tiny: BC < 1e-290.
double bhattacharyya_compat_pair(const double* s, const double* t, int64_t samples, int64_t stride,
                                 int64_t classes, int32_t* tiny, int32_t* tiny_count) {
  *tiny_count = 0;
  D8 total = {};
  for (int64_t n = 0; n < samples; n += kLanes) {
    D8 dot = {};
    for (int64_t c = 0; c < classes; ++c) dot += load8(s + c * stride + n) * load8(t + c * stride + n);
    const I8 is_tiny = dot < 1e-290;
    const D8 term = -log8(is_tiny ? splat(1.0) : dot);
    total += term > 0.0 ? term : D8{};
    for (int l = 0; l < kLanes; ++l)
      if (is_tiny[l]) tiny[(*tiny_count)++] = static_cast<int32_t>(n + l);
  }
  return sum8(total);
}

inline double mean_itself(double mean, double) { return mean; }
inline double slope_one(double, double) { return 1.0; }

constexpr lightcone::Metric bhattacharyya_metric() {
  return {LIGHTCONE_METRIC_BHATTACHARYYA, "bhattacharyya", lightcone::Source::kRoot, nullptr, nullptr,
          bhattacharyya_pair, bhattacharyya_compat_pair, true, bhattacharyya_near_below, mean_itself, slope_one};
}

inline double product_finish(double mean, double samples) { return -__builtin_expm1(-samples * mean); }
inline double product_slope(double mean, double samples) { return samples * __builtin_exp(-samples * mean); }

constexpr lightcone::Metric hellinger_product_metric() {
  return {LIGHTCONE_METRIC_HELLINGER_PRODUCT, "hellinger-product", lightcone::Source::kRoot, nullptr, nullptr,
          bhattacharyya_pair, nullptr, true, bhattacharyya_near_below, product_finish, product_slope};
}

}  // namespace
