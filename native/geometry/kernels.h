// SPDX-License-Identifier: Apache-2.0
// The geometry family's hot operations. Each is documented where it is written.
#pragma once

#include <cstdint>

namespace lightcone {

struct GeometryKernels {
  // First and second derivative of the progress objective.
  void (*progress_slope)(const double* a, const double* y, const double* q, int64_t samples,
                         double alpha, double* first, double* second);
};

}  // namespace lightcone
