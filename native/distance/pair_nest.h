// SPDX-License-Identifier: Apache-2.0
// The loop nest over one pair in float64, once for all metrics: lanes are samples, the classes run inside. A
// unit's struct Near keeps what a sample gathers: add(x, y) takes a class of both models (kStreams vectors
// each), term() gives the samples' terms and infinite() the mask of those that are +inf.
// Included by the isa_*.cpp files alone.
#pragma once

#include "base/lanes.h"
#include "distance/metric.h"

namespace {

// Without infinite terms.
struct Finite {
  LIGHTCONE_INLINE I8 infinite() const { return I8{}; }
};

template <class Unit>
double nest_pair(const double* u, const double* v, int64_t samples, int64_t stride, int64_t classes,
                 int32_t* infinite, int32_t* infinite_count) {
  *infinite_count = 0;
  D8 total = {};
  for (int64_t n = 0; n < samples; n += kLanes) {
    typename Unit::Near near;
    for (int64_t c = 0; c < classes; ++c) {
      D8 x[Unit::kStreams], y[Unit::kStreams];
      for (int k = 0; k < Unit::kStreams; ++k) {
        x[k] = load8(u + (k * classes + c) * stride + n);
        y[k] = load8(v + (k * classes + c) * stride + n);
      }
      near.add(x, y);
    }
    const I8 mask = near.infinite();
    total += mask ? D8{} : near.term();
    for (int l = 0; l < kLanes; ++l)
      if (mask[l]) infinite[(*infinite_count)++] = static_cast<int32_t>(n + l);
  }
  return sum8(total);
}

}  // namespace
