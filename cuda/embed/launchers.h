// SPDX-License-Identifier: Apache-2.0
// The launchers of the embedding kernels; what they do stands at the kernels.
#pragma once

#include "embed/device_kernels.h"

namespace lightcone {

int launch_packed_product(const DevicePackedProductArgs* args, void* stream);
int launch_column_sums(const DeviceColumnSumsArgs* args, void* stream);
int launch_centre(const DeviceCentreArgs* args, void* stream);

}  // namespace lightcone
