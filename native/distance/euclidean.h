// SPDX-License-Identifier: Apache-2.0
// euclidean, squared: d = (1/N) sum_n |p_n - q_n|^2 (S.12); embedded with centroid centring it is PCA. The core is
// one matrix product over N C; near pairs by the definition. In [0, 2], never infinite.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/pair_nest.h"
#include "distance/tile_nest.h"

namespace {

struct Euclidean {
  static constexpr int kStreams = 1;
  static constexpr int64_t kGroup = kProductGroup;
  static constexpr double kSelf = 2;
  template <class V>
  static LIGHTCONE_INLINE void step(V& acc, V a, V b) {
    acc += a * b;
  }
  static LIGHTCONE_INLINE double term(double dot) { return -2 * dot; }

  struct Near : Finite {
    D8 norm = {};
    LIGHTCONE_INLINE void add(const D8* p, const D8* q) {
      const D8 d = p[0] - q[0];
      norm += d * d;
    }
    LIGHTCONE_INLINE D8 term() const { return norm; }
  };
  static double near_below(double samples, double classes) { return product_near_below(samples, classes, 1, 2); }
};

constexpr lightcone::Metric euclidean_metric() {
  return {LIGHTCONE_METRIC_EUCLIDEAN, "euclidean", lightcone::Source::kProbability, nest_tile<Euclidean, double>,
          nest_tile<Euclidean, float>, nest_pair<Euclidean>, nullptr, false, Euclidean::near_below, mean_itself,
          slope_one};
}

}  // namespace
