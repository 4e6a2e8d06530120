// SPDX-License-Identifier: Apache-2.0
// The launchers of the plane kernels; what they do stands at the kernels.
#pragma once

#include "plane/device_kernels.h"

namespace lightcone {

int launch_plane_points(const DevicePlanePointsArgs* args, void* stream);
int launch_argmax(const DeviceArgmaxArgs* args, void* stream);
int launch_agreement_bits(const DeviceAgreementBitsArgs* args, void* stream);
int launch_agreement_pairs(const DeviceAgreementPairsArgs* args, void* stream);
int launch_components_small(const DeviceComponentsArgs* args, void* stream);
int launch_components_large(const DeviceComponentsArgs* args, void* stream);

}  // namespace lightcone
