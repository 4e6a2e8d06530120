// SPDX-License-Identifier: Apache-2.0
// All-pairs distances of a table of predictions.
#pragma once

#include "base/predictions.h"
#include "lightcone.h"

namespace lightcone {

void distances(const Predictions& table, const lightcone_distances_options& options,
               lightcone_control* control, void* out, lightcone_distances_report* report);

}  // namespace lightcone
