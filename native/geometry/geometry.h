// SPDX-License-Identifier: Apache-2.0
// Geodesics and progress on the product of spheres of sqrt-probabilities.
#pragma once

#include "base/predictions.h"
#include "lightcone.h"

namespace lightcone {

// One label per sample, each a class; throws.
void check_labels(const Predictions& table, const int32_t* labels, int64_t label_count);
void progress(const Predictions& table, const int32_t* labels, int64_t label_count, int threads,
              lightcone_control* control, double* out);
void geodesic(const double* p, const double* q, int64_t samples, int64_t classes, const double* t,
              int64_t points, double* out);

}  // namespace lightcone
