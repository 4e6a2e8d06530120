// SPDX-License-Identifier: Apache-2.0
// All-pairs distances of a table of predictions.
#pragma once

#include "base/predictions.h"
#include "lightcone.h"

namespace lightcone {

void distances(const Predictions& table, const lightcone_distances_options& options,
               lightcone_control* control, void* out, lightcone_distances_report* report);

int64_t distances_memory(int64_t models, int64_t samples, int64_t classes,
                         const lightcone_distances_options& options);

}  // namespace lightcone
