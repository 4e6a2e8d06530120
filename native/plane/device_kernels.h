// SPDX-License-Identifier: Apache-2.0
// The plane family's operations on a device: what each is given, as distance/device_kernels.h says of such. The kernels
// are in cuda/plane/; the drivers are the device_*.cpp files here.
#pragma once

#include <cstdint>

namespace lightcone {

// Consecutive points of the grids of consecutive triplets.
struct DevicePlanePointsArgs {
  const void* rows;         // float32 or float64, row_stride elements apart
  int32_t wide;             // float64
  int64_t width, row_stride;
  const int64_t* triplets;  // (planes, 3) row numbers
  const double* vertices;   // (planes, 3)
  const double *s, *t;      // (planes, s_points), (planes, t_points)
  int64_t s_points, t_points;
  int64_t begin, points;    // counted through, from the first plane's grid on
  float* out;               // (points, width), out_stride elements apart
  int64_t out_stride;
};

struct DeviceArgmaxArgs {
  const void* rows;
  int32_t wide, label_bytes;
  int64_t count, classes, row_stride;  // elements
  void* labels;                        // (count)
  int64_t first;                       // number of the first row
  unsigned long long* bad;             // becomes at most the number of the first row with a NaN
};

// Label maps for agreement, kAgreementMaps at a time beside each other, their points in words of 32, a word for each bit
// of a label.
constexpr int64_t kAgreementMaps = 64;
struct DeviceAgreementBitsArgs {
  const void* maps;      // (count, points) uint8 or uint16, stride_bytes apart
  const uint8_t* mask;   // (points) or null
  int32_t label_bytes;
  int64_t count, padded; // maps; padded: the next multiple of kAgreementMaps
  int64_t points, stride_bytes;
  uint32_t* bits;        // (words, 8 label_bytes, padded)
  uint32_t* counted;     // (words): points that are there and that count
  unsigned* used;        // |= all labels
};

struct DeviceAgreementPairsArgs {
  const uint32_t* bits;
  const uint32_t* counted;
  const unsigned* used;         // bits beyond its highest are 0 in all labels
  int32_t planes;               // 8 label_bytes
  int64_t count, padded, words;
  int64_t row_begin, rows;      // tiles of kAgreementMaps x kAgreementMaps pairs: these block rows
  unsigned long long* counts;   // (count, count) += for j >= i
};

struct DeviceComponentsArgs {
  const void* maps;  // (count, height, width) labels, stride_bytes from map to map
  int32_t label_bytes;
  int32_t diagonal;  // connectivity 8
  int64_t count, height, width, stride_bytes;
  int64_t minimum;
  int32_t *parents, *areas_of;  // (count, points) scratch, for launch_components_large alone
  int64_t* regions;             // (count)
  int32_t* ids;                 // (count, points) or null
  int64_t* areas;               // (count, capacity) or null
  int64_t capacity;
};
constexpr int64_t kSmallMapPoints = 4096;  // of a map that one block labels in shared memory

struct DevicePlaneKernels {
  int (*points)(const DevicePlanePointsArgs* args, void* stream);
  int (*argmax)(const DeviceArgmaxArgs* args, void* stream);
  int (*agreement_bits)(const DeviceAgreementBitsArgs* args, void* stream);
  int (*agreement_pairs)(const DeviceAgreementPairsArgs* args, void* stream);
  int (*components_small)(const DeviceComponentsArgs* args, void* stream);
  int (*components_large)(const DeviceComponentsArgs* args, void* stream);
};

}  // namespace lightcone
