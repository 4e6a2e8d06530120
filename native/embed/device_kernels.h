// SPDX-License-Identifier: Apache-2.0
// The embedding family's operations on a device: what each is given. All pointers are device addresses, all arguments
// plain data. The kernels are in cuda/embed/, each documented where it is written; the driver is device_tiles.cpp.
//
// A block of vectors is (rows, columns) float64, row-major, columns a multiple of 8; rows is the models, or those rounded
// up to whole blocks of LIGHTCONE_TILE ("padded").
#pragma once

#include <cstdint>

namespace lightcone {

// Block rows that a thread block of the product makes together.
constexpr int64_t kDeviceBlockRows = 2;

struct DevicePackedProductArgs {
  const float* tiles;       // the packed matrix, all of it
  const double* x;          // (padded, columns), 0 beyond the models, where the tiles may hold anything finite
  double* y;                // (parts, padded, columns): part p has the sum over the block columns of its share
  int64_t blocks, columns;
  int64_t parts;
  int64_t group_begin, groups;  // of kDeviceBlockRows block rows, made by this launch
};

// Rows of a block that one sum of columns is made of at a time.
constexpr int64_t kDeviceSumRows = 512;

struct DeviceColumnSumsArgs {
  const double* in;       // (parts, rows, columns), parts part_stride numbers apart
  const double* weights;  // (rows) or null for ones
  int64_t rows, columns, parts, part_stride;
  double* out;            // (ceil(rows / kDeviceSumRows), columns)
};

// out[i][k] = alpha[i] sum_p in[p][i][k] + beta[i] sums[k] for i < rows, 0 for rows <= i < padded.
struct DeviceCentreArgs {
  const double* in;
  const double* alpha;  // (rows) or null for ones
  const double* beta;   // (rows) or null for zeros
  const double* sums;   // (columns)
  int64_t rows, padded, columns, parts, part_stride;
  double* out;          // (padded, columns)
};

// Launchers: 0 or an error code of the device. `stream` is one of DeviceOperations.
struct DeviceEmbedKernels {
  int (*product)(const DevicePackedProductArgs* args, void* stream);
  int (*column_sums)(const DeviceColumnSumsArgs* args, void* stream);
  int (*centre)(const DeviceCentreArgs* args, void* stream);
};

}  // namespace lightcone
