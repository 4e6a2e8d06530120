// SPDX-License-Identifier: Apache-2.0
// The launchers of the distance kernels; what they do stands at the kernels.
#pragma once

#include "distance/device_kernels.h"

namespace lightcone {

int launch_panel(const DevicePanelArgs* args, void* stream);
int launch_rows(const DeviceRowsArgs* args, void* stream);
int launch_product(const DeviceProductArgs* args, void* stream);
int launch_mark(const DeviceMarkArgs* args, void* stream);
int launch_near(const DeviceNearArgs* args, void* stream);
int launch_half_panel(const DeviceHalfPanelArgs* args, void* stream);
int launch_half_product(const DeviceHalfProductArgs* args, void* stream);

}  // namespace lightcone
