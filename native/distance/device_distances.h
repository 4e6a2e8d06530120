// SPDX-License-Identifier: Apache-2.0
// Distances of all pairs on a device: the driver, which knows of it only DeviceOperations.
#pragma once

#include "backend/choice.h"
#include "distance/device_plan.h"
#include "distance/distances.h"

namespace lightcone {

// What the call would do, and why a device cannot do it, "" if it can.
Work device_work(const Shape& shape, const Plan& plan, const Metric& metric,
                 const lightcone_distances_options& options);

void device_distances(const Predictions& rows, const Predictions& columns, const lightcone_distances_options& options,
                      const Metric& metric, const Plan& plan, const Choice& choice, Team& team,
                      const Progress& progress, const DistanceOutput& out, lightcone_distances_report* report);

}  // namespace lightcone
