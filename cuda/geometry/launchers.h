// SPDX-License-Identifier: Apache-2.0
// The launchers of the geometry kernels; what they do stands at the kernels.
#pragma once

#include "geometry/device_kernels.h"

namespace lightcone {

int launch_progress_plane(const DeviceProgressPlaneArgs* args, void* stream);
int launch_progress_solve(const DeviceProgressSolveArgs* args, void* stream);
int launch_geodesic_ends(const DeviceGeodesicEndsArgs* args, void* stream);
int launch_geodesic_points(const DeviceGeodesicPointsArgs* args, void* stream);

}  // namespace lightcone
