// SPDX-License-Identifier: Apache-2.0
// jeffreys, the symmetrised Kullback-Leibler divergence (Eq 15):
//   d = (1/N) sum_n sum_c (p - q) (log p - log q)
// The core is a matrix product over N 2 C: H_i + H_j - P_i . log P_j - log P_i . P_j, with log 0 entered as 0, which
// is right (0 log 0 = 0) wherever the zeros of both models are the same; the others are flagged by the digests
// of their zeros (streams.h). Near and flagged pairs by the definition: a class that is exactly 0 in one model
// alone makes the sample's term +inf.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/pair_nest.h"
#include "distance/tile_nest.h"

namespace {

struct Jeffreys {
  static constexpr int kStreams = 2;
  static constexpr int64_t kGroup = kProductGroup;
  static constexpr double kSelf = 1;
  template <class V>
  static LIGHTCONE_INLINE void step(V& acc, V a, V b) {
    acc += a * b;
  }
  static LIGHTCONE_INLINE double term(double dot) { return -dot; }

  struct Near {
    D8 sum = {};
    I8 one_sided = {};
    LIGHTCONE_INLINE void add(const D8* p, const D8* q) {
      const D8 minus_inf = splat(-__builtin_inf());
      one_sided |= (p[1] == minus_inf) ^ (q[1] == minus_inf);
      const D8 product = (p[0] - q[0]) * (p[1] - q[1]);
      sum += p[1] == q[1] ? D8{} : product;  // also both zero
    }
    LIGHTCONE_INLINE D8 term() const { return sum; }
    LIGHTCONE_INLINE I8 infinite() const { return one_sided; }
  };
  // Products of entropies, at most log C for each of the two models where d is small.
  static double near_below(double samples, double classes) {
    return product_near_below(samples, classes, 2, 2 * __builtin_log(classes));
  }
};

constexpr lightcone::Metric jeffreys_metric() {
  return {LIGHTCONE_METRIC_JEFFREYS, "jeffreys", lightcone::Source::kLogarithm, nest_tile<Jeffreys, double>,
          nest_tile<Jeffreys, float>, nest_pair<Jeffreys>, nullptr, false, Jeffreys::near_below, mean_itself,
          slope_one};
}

}  // namespace
