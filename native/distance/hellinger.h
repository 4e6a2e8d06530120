// SPDX-License-Identifier: Apache-2.0
// hellinger, squared, mean over the samples: d = (1/N) sum_n (1 - BC_n) = (1/N) sum_n 1/2 |s_n - t_n|^2. The core
// is one matrix product over N C; near pairs by the difference. In [0, 1], never infinite.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/pair_nest.h"
#include "distance/tile_nest.h"

namespace {

struct Hellinger {
  static constexpr int kStreams = 1;
  static constexpr int64_t kGroup = kProductGroup;
  static constexpr double kSelf = 1;
  template <class V>
  static LIGHTCONE_INLINE void step(V& acc, V a, V b) {
    acc += a * b;
  }
  static LIGHTCONE_INLINE double term(double dot) { return -dot; }

  struct Near : Finite {
    D8 norm = {};
    LIGHTCONE_INLINE void add(const D8* s, const D8* t) {
      const D8 d = s[0] - t[0];
      norm += d * d;
    }
    LIGHTCONE_INLINE D8 term() const { return norm * 0.5; }
  };
  static double near_below(double samples, double classes) { return product_near_below(samples, classes, 1, 1); }
};

constexpr lightcone::Metric hellinger_metric() {
  return {LIGHTCONE_METRIC_HELLINGER, "hellinger", lightcone::Source::kRoot, nest_tile<Hellinger, double>,
          nest_tile<Hellinger, float>, nest_pair<Hellinger>, nullptr, false, Hellinger::near_below, mean_itself,
          slope_one};
}

}  // namespace
