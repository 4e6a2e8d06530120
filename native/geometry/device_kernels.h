// SPDX-License-Identifier: Apache-2.0
// The geometry family's operations on a device: what each is given, as distance/device_kernels.h says of such. The
// kernels are in cuda/geometry/; the drivers are device_progress.cpp and device_geodesic.cpp.
#pragma once

#include <cstdint>

#include "distance/device_kernels.h"

namespace lightcone {

// Rows of the table, some of a group of models one after another, to their coordinates in the plane of progress.
struct DeviceProgressPlaneArgs {
  DeviceSource source;    // as one model of so many samples; no scale
  const int32_t* labels;  // (samples)
  int64_t samples;        // of a model
  int64_t first;          // row of the group that source begins at
  double *a, *y, *q;      // (rows of the group)
};

struct DeviceProgressSolveArgs {
  const double *a, *y, *q;  // (models, samples)
  int64_t models, samples;
  double theta;
  double* out;  // (models): the minimum's part of theta
};

// The two ends of a geodesic and the angle between them.
struct DeviceGeodesicEndsArgs {
  DeviceSource source;  // two models; no scale
  double* roots;        // (2, samples, classes)
  double* angle;        // (samples)
};

struct DeviceGeodesicPointsArgs {
  const double* roots;
  const double* angle;
  int64_t samples, classes;
  const double* t;  // (points)
  int64_t points;
  double* out;         // sample n of point k at (k out_samples + n) classes
  int64_t out_samples;
};

struct DeviceGeometryKernels {
  int (*progress_plane)(const DeviceProgressPlaneArgs* args, void* stream);
  int (*progress_solve)(const DeviceProgressSolveArgs* args, void* stream);
  int (*geodesic_ends)(const DeviceGeodesicEndsArgs* args, void* stream);
  int (*geodesic_points)(const DeviceGeodesicPointsArgs* args, void* stream);
};

}  // namespace lightcone
