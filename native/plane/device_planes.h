// SPDX-License-Identifier: Apache-2.0
// Planes and label maps on a device: what the CPU's functions of planes.h do, for a place that is a device. Arguments are
// checked in abi.cpp; rows, maps, points, labels and ids are host or device memory, as the place says, all else is host
// memory.
#pragma once

#include <cstring>

#include "backend/place.h"
#include "plane/planes.h"

namespace lightcone {

void device_plane_points(const lightcone_rows& rows, const int64_t* triplets, const double* vertices,
                         const lightcone_plane_grid& grid, int64_t begin, int64_t points, const Place& place,
                         lightcone_control* control, float* out, int64_t out_stride);
void device_argmax(const lightcone_rows& rows, int32_t label_bytes, const Place& place, lightcone_control* control,
                   void* out);
void device_agreement(const lightcone_label_maps& maps, const uint8_t* mask, const Place& place,
                      lightcone_control* control, int64_t* out);
void device_components(const lightcone_label_maps& maps, int64_t height, int64_t width, int connectivity,
                       int64_t minimum_area, const Place& place, lightcone_control* control,
                       const ComponentsOutput& out);

// Rows (count, width bytes) with a stride, side by side.
inline void pack_rows(const void* from, int64_t stride, int64_t count, int64_t width, char* to) {
  for (int64_t k = 0; k < count; ++k)
    std::memcpy(to + k * width, static_cast<const char*>(from) + k * stride, static_cast<size_t>(width));
}

}  // namespace lightcone
