// SPDX-License-Identifier: Apache-2.0
// What the geometry of the C ABI checks before anything runs, on whatever device.
#pragma once

#include "base/abi.h"
#include "base/kernels.h"
#include "geometry/geometry.h"

namespace lightcone {

inline Reindexed checked_reindex(const int64_t* run_begin, int64_t runs, const double* index, int64_t models,
                                     const lightcone_trajectories_options* options) {
  require_struct(options, "options", "lightcone_trajectories_options_init");
  require(runs >= 1 && runs <= models, "the number of runs is not between 1 and that of the models");
  require_array(run_begin, {runs + 1}, "run_begin");
  require_array(index, {models}, "index");
  require_sizes({runs, options->points}, sizeof(double), "points");
  require(options->panel_bytes >= 0, "panel_bytes is negative: give 0 for the default, or a number of bytes");
  kernels(options->isa);  // throws if it cannot run here
  return reindex(run_begin, runs, index, models, *options);
}

}  // namespace lightcone
