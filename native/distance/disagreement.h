// SPDX-License-Identifier: Apache-2.0
// disagreement (seed 001 Eq 2): d = share of the samples whose most probable class differs. Equal probabilities:
// the lowest class. Exact but for the division.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/label_nest.h"

namespace {

inline double disagreement_near_below(double, double) { return 0; }

constexpr lightcone::Metric disagreement_metric() {
  return {LIGHTCONE_METRIC_DISAGREEMENT, "disagreement", lightcone::Source::kLabel, label_tile<uint8_t>,
          label_tile<uint16_t>, nullptr, nullptr, false, disagreement_near_below, mean_itself, slope_one};
}

}  // namespace
