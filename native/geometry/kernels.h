// SPDX-License-Identifier: Apache-2.0
// The geometry family's hot operations. Each is documented where it is written.
#pragma once

#include <cstdint>

namespace lightcone {

constexpr int64_t kPlaneVector = 8;  // samples; coordinates are padded to it

// Rows of one model as they lie in memory, and where their coordinates go.
struct PlaneRows {
  const void* rows;  // count rows of C elements, `stride` elements apart
  int64_t stride, count, classes;
  int32_t kind, dtype;
  const int32_t* labels;  // (count)
  double *a, *y, *q;      // (count)
};

// Derivatives of the objective's sum over the samples, and the number of samples at a cusp.
struct ProgressSlope {
  double first, second, third;
  int64_t cusps;
};

struct GeometryKernels {
  void (*progress_plane)(const PlaneRows& rows);
  ProgressSlope (*progress_slope)(const double* a, const double* y, const double* q, int64_t vectors,
                                  int64_t step, double alpha);
  void (*geodesic_angles)(const double* u, const double* v, int64_t rows, int64_t classes, double* angle);
  void (*geodesic_points)(const double* u, const double* v, const double* angle, int64_t rows, int64_t classes,
                          double t, double* out);
  double (*bhattacharyya_rows)(const double* p, const double* q, int64_t rows, int64_t classes);
};

}  // namespace lightcone
