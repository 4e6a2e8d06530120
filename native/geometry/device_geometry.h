// SPDX-License-Identifier: Apache-2.0
// Progress and geodesics on a device: what the CPU's functions of geometry.h do, for a place that is a device. Arguments
// are those of lightcone.h, checked in abi.cpp. `out` of the geodesics is host or device memory, as the place says.
#pragma once

#include <vector>

#include "backend/place.h"
#include "base/predictions.h"
#include "geometry/geometry.h"

namespace lightcone {

void device_progress(const Predictions& table, const int32_t* labels, const Place& place, lightcone_control* control,
                     double* out);

// `points` points t of the geodesic from one model to another.
struct GeodesicSegment {
  int64_t from, to, points;
};
// The points of the segments one after another: t (sum of points), out (sum of points, N, C).
void device_geodesics(const Predictions& table, const std::vector<GeodesicSegment>& segments, const double* t,
                      const Place& place, lightcone_control* control, double* out);
// A re-indexed run as such segments.
std::vector<GeodesicSegment> segments_of(const Reindexed& path, int64_t run);

// What they cost, for the choice of a device.
Work progress_work(const Predictions& table);
Work geodesic_work(const Predictions& table, int64_t points, bool device_output);

}  // namespace lightcone
