// SPDX-License-Identifier: Apache-2.0
// Distances between the models of one table of predictions, or of two.
#pragma once

#include <string>

#include "base/predictions.h"
#include "lightcone.h"

namespace lightcone {

// Where a call writes: each null or a matrix of the layout of the options (replicates: so many, one after another).
struct DistanceOutput {
  void* distances;
  void* standard_errors;
  void* replicates;
};

// rows == columns (the same object): all pairs of one table.
void distances(const Predictions& rows, const Predictions& columns, const lightcone_distances_options& options,
               const Progress& progress, const DistanceOutput& out, lightcone_distances_report* report);

// What the host takes besides input and output.
int64_t distances_memory(int64_t rows, int64_t columns, int64_t samples, int64_t classes,
                         const lightcone_distances_options& options);

// LIGHTCONE_DEVICE_CPU or _CUDA, where all pairs of such a table would be measured, and why.
int32_t distances_device(int64_t models, int64_t samples, int64_t classes, const lightcone_distances_options& options,
                         std::string* reason);

}  // namespace lightcone
