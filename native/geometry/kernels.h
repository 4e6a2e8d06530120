// SPDX-License-Identifier: Apache-2.0
// The geometry family's hot operations. Each is documented where it is written.
#pragma once

#include <cstdint>

#include "lightcone.h"

namespace lightcone {

constexpr int64_t kPlaneVector = 16;  // samples; coordinates are padded to it

// Where samples lie relative to the plane of ignorance and truth (progress_kernel.h): float32 for float32 tables,
// which need no more, float64 for the others.
struct ProgressPlane {
  int32_t dtype;  // of the three arrays
  void *a, *y, *q;
  // From sample n on.
  ProgressPlane from(int64_t n) const {
    const int64_t bytes = n * (dtype == LIGHTCONE_FLOAT32 ? 4 : 8);
    return {dtype, static_cast<char*>(a) + bytes, static_cast<char*>(y) + bytes, static_cast<char*>(q) + bytes};
  }
};

// Rows of one model as they lie in memory, and where their coordinates go.
struct PlaneRows {
  const void* rows;  // count rows of C elements, `stride` elements apart
  int64_t stride, count, classes;
  int32_t kind, dtype;    // float32 rows go to planes of both types
  const int32_t* labels;  // (count)
  ProgressPlane plane;    // (count)
};

// Derivatives of the objective's sum over the samples, and the number of samples at a cusp.
struct ProgressSlope {
  double first, second, third;
  int64_t cusps;
};

struct GeometryKernels {
  void (*progress_plane)(const PlaneRows& rows);
  // Of the samples [begin, end), both multiples of kPlaneVector.
  ProgressSlope (*progress_slope)(const ProgressPlane& plane, int64_t begin, int64_t end, double alpha);
  ProgressSlope (*progress_first)(const ProgressPlane& plane, int64_t begin, int64_t end, double alpha);
  ProgressSlope (*progress_quick)(const ProgressPlane& plane, int64_t begin, int64_t end, double alpha);
  void (*geodesic_angles)(const double* u, const double* v, int64_t rows, int64_t classes, double* angle);
  void (*geodesic_points)(const double* u, const double* v, const double* angle, int64_t rows, int64_t classes,
                          double t, double* out);
  double (*bhattacharyya_rows)(const double* p, const double* q, int64_t rows, int64_t classes);
};

}  // namespace lightcone
