// SPDX-License-Identifier: Apache-2.0
// jensen-shannon: d = (1/N) sum_n 1/2 sum_c (p log(p/m) + q log(q/m)), m = (p + q)/2. Elementwise, so that every pair
// is done by the definition. With w = |p - q| / (p + q) it is a sum of terms that are all >= 0,
//   p log(p/m) + q log(q/m) = m g(w),   g(w) = (1 + w) log(1 + w) + (1 - w) log(1 - w)
// so that nothing cancels once p - q is taken in float64: w and g in float32 are good to 1e-6 of every term, and the
// sums are float64. In [0, log 2], never infinite.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/pair_nest.h"

namespace {

typedef float F8 __attribute__((vector_size(32)));
typedef int32_t J8 __attribute__((vector_size(32)));

LIGHTCONE_INLINE F8 splat_f8(float x) { return F8{} + x; }

// log x for normal x > 0 in float32, as log8 of lanes.h with 4 terms: the next is below 2e-9.
LIGHTCONE_INLINE F8 log_f8(F8 x) {
  const J8 bits = (J8)x;
  const J8 base = (bits - 0x3f3504f3) >> 23;  // the bits of sqrt(1/2)
  const F8 m = (F8)(bits - (base << 23));
  const F8 f = (m - 1.0f) / (m + 1.0f);
  const F8 g = f * f;
  F8 p = splat_f8(2.0f / 9);
  p = p * g + 2.0f / 7;
  p = p * g + 2.0f / 5;
  p = p * g + 2.0f / 3;
  return __builtin_convertvector(base, F8) * 0x1.62e43p-1f + (f * 2.0f + f * g * p);
}

// g(w), 0 <= w <= 1: up to 1/2 its series sum_k w^2k / (k (2k - 1)), whose tenth term is below 2e-8 of it there, and
// above the logarithms, which cancel by less than a factor of 3.
LIGHTCONE_INLINE F8 jensen_shannon_element(F8 w) {
  const F8 v = w * w;
  F8 series = splat_f8(1.0f / 153);
  series = series * v + 1.0f / 120;
  series = series * v + 1.0f / 91;
  series = series * v + 1.0f / 66;
  series = series * v + 1.0f / 45;
  series = series * v + 1.0f / 28;
  series = series * v + 1.0f / 15;
  series = series * v + 1.0f / 6;
  series = series * v + 1.0f;
  const F8 more = 1.0f + w, less = 1.0f - w;
  // Where 1 - w is 0 so is its product, whatever finite number stands for the logarithm.
  const F8 least = splat_f8(0x1p-30f);
  const F8 logs = more * log_f8(more) + less * log_f8(less > least ? less : least);
  return w <= 0.5f ? series * v : logs;
}

struct JensenShannon {
  static constexpr int kStreams = 1;

  struct Near : Finite {
    D8 sum = {};
    LIGHTCONE_INLINE void add(const D8* p, const D8* q) {
      const F8 both = __builtin_convertvector(p[0] + q[0], F8);
      const F8 difference = __builtin_convertvector(p[0] - q[0], F8);
      const F8 ratio = (difference < 0.0f ? -difference : difference) / both;
      // Both below float32: nothing of a sum that is 1.
      const F8 w = both > 0.0f ? ratio : F8{};
      sum += __builtin_convertvector(both * jensen_shannon_element(w), D8);
    }
    LIGHTCONE_INLINE D8 term() const { return sum * 0.25; }
  };
  static double near_below(double, double) { return 0; }
};

constexpr lightcone::Metric jensen_shannon_metric() {
  return {LIGHTCONE_METRIC_JENSEN_SHANNON, "jensen-shannon", lightcone::Source::kProbability, nullptr, nullptr,
          nest_pair<JensenShannon>, nullptr, false, JensenShannon::near_below, mean_itself, slope_one};
}

}  // namespace
