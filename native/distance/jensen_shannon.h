// SPDX-License-Identifier: Apache-2.0
// jensen-shannon: d = (1/N) sum_n 1/2 sum_c (p log(p/m) + q log(q/m)), m = (p + q)/2. Elementwise, so that every pair
// is done by the definition, in float64. With w = (p - q)/(p + q):
//   p log(p/m) + q log(q/m) = m ((1 + w) log(1 + w) + (1 - w) log(1 - w))
// which loses only 2^-53 / w of itself for close p and q, 1e-10 at d = 1e-12. In [0, log 2], never infinite.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/pair_nest.h"

namespace {

struct JensenShannon {
  static constexpr int kStreams = 1;

  struct Near : Finite {
    D8 sum = {};
    LIGHTCONE_INLINE void add(const D8* p, const D8* q) {
      const D8 both = p[0] + q[0];
      const D8 ratio = (p[0] - q[0]) / both;
      const D8 w = both > 0.0 ? ratio : D8{};
      // 1 - |w| = 0 has a logarithm of its own: its factor is 0, any finite number will do.
      const D8 size = w < 0.0 ? -w : w;
      const D8 least = size < 1.0 - 0x1p-53 ? size : splat(1.0 - 0x1p-53);
      sum += both * ((1.0 + size) * log1p8(size) + (1.0 - size) * log1p8(-least));
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
