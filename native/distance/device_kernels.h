// SPDX-License-Identifier: Apache-2.0
// The distance family's operations on a device: what each is given. All pointers are device addresses, all arguments
// plain data, so that they cross the table of device_operations.h. The kernels are in cuda/distance/, each documented
// where it is written; the driver that calls them is device_distances.cpp.
//
// Models stand in lines: a panel is [n][c][padded], padded the models rounded up to kBlock, those beyond zeros. Pairs
// stand in tiles of kBlock x kBlock, numbered as Grid numbers them: a kernel may take any rectangle of tiles as its
// own tile, the layout of the sums does not change with it.
#pragma once

#include <cstdint>

#include "distance/kernels.h"

namespace lightcone {

// Samples of one launch: the kernels keep the sum of exponents, at most 127 a group of kRenormalise samples, in 16 bits.
constexpr int64_t kDeviceSamples = 2048;
// Of one launch over near pairs, whose product of terms 1 - h >= 1/2 must stay well within float64 (cuda/distance/near.cu).
constexpr int64_t kDeviceNearSamples = 128;

// A pair-sample of the product trick whose scaled dot product lies below this is flagged: float32 terms below 2^-126
// have lost bits, C roundings of 2^-150 times k_n each, which is 2^-42 C of this.
constexpr float kDeviceLeastDot = 0x1p-100f;

constexpr int64_t kTileWords = kBlock * kBlock / 32;  // a bit for each pair of a tile

// Rows of a chunk as they came from the table.
struct DeviceSource {
  const void* rows;       // (models, samples, classes) float32 or float64
  const uint8_t* kinds;   // (models, samples) LIGHTCONE_PROBABILITIES, ...
  const double* scale;    // (samples) k_n of panels.h
  int32_t wide;           // float64
  int64_t models, samples, classes;
  int64_t padded;
};

struct DevicePanelArgs {
  DeviceSource source;
  float* panel;        // [n][c][padded]: s k_n
  uint32_t* smallest;  // (padded / kBlock) becomes at most the bits, as float32, of the least s of the block's chunk
};

// A float16 panel, for the tensor cores: words of two classes, four words (eight classes) of a model side by side, then
// what is left of its classes:
//   [n][classes / 8][padded][4 words], then [n][padded][half_rest(classes) words], of n samples half_words words a model
// and holds s k_n / 16, k_n / 16 in [2^3, 2^3.5): 16 samples of dot products below 2^7 and a mantissa stay below 2^113.
constexpr int64_t half_rest(int64_t classes) { return (classes % 8 + 1) / 2; }
constexpr int64_t half_words(int64_t classes) { return classes / 8 * 4 + half_rest(classes); }
constexpr double kHalfScale = 1.0 / 16;
constexpr int kHalfRenormalise = 16;

struct DeviceHalfPanelArgs {
  DeviceSource source;
  uint32_t* panel;
  double* self;  // (padded): 1/2 sum_n log |row|^2 of the rounded rows of the chunk; 0 for models that are not there
};

struct DeviceRowsArgs {
  DeviceSource source;
  double* rows;   // [n][c][padded]: s
  double* logs;   // the same shape: log s, of deep rows alone
  uint8_t* deep;  // [n][padded]: an s below 1e-140 that is not an exact zero: its products may underflow
};

// Where a tile lies in an array of tiles: the numbers of Grid::index.
struct DeviceTileMap {
  int64_t column_blocks;
  int32_t triangle;
};

// The tiles of one launch: block rows [row_begin, + rows) and block columns [column_begin, + columns), of which a
// triangle has those with column >= row.
struct DeviceTileRange {
  int64_t row_begin, rows, column_begin, columns;
};

struct DeviceProductArgs {
  const float *rows, *columns;  // panels
  int64_t row_padded, column_padded, samples, classes;
  double log_scale;  // sum_n log k_n^2
  const uint32_t *row_smallest, *column_smallest;
  DeviceTileMap map;
  DeviceTileRange range;
  double* sums;  // (tiles, kBlock, kBlock): += sum_n -log BC_n, nats; +inf where flagged
};

struct DeviceHalfProductArgs {
  const uint32_t *rows, *columns;  // float16 panels
  const double *row_self, *column_self;
  int64_t row_padded, column_padded, samples, classes;
  DeviceTileMap map;
  DeviceTileRange range;
  double* sums;  // (tiles, kBlock, kBlock): += sum_n -log of the cosines of the rounded rows; +inf where flagged
};

struct DeviceMarkArgs {
  DeviceTileMap map;
  DeviceTileRange range;
  int64_t row_models, column_models;
  double samples;      // sums / samples is compared with
  double near_below;
  double* sums;        // those of marked pairs become 0
  uint32_t* marks;     // (tiles, kTileWords): pairs to redo, near or flagged
  int32_t* counts;     // (tiles, 2): near pairs and flagged ones
};

struct DeviceNearArgs {
  const double *rows, *columns;            // [n][c][padded]
  const double *row_logs, *column_logs;    // of deep rows
  const uint8_t *row_deep, *column_deep;   // [n][padded]
  int64_t row_padded, column_padded, samples, classes;
  DeviceTileMap map;
  const int32_t* tiles;   // (count, 2) block row and column
  int64_t count;
  const uint32_t* marks;  // (tiles, kTileWords)
  uint32_t* infinite;     // (tiles, kTileWords): pairs that have had an infinite term
  double cap;             // nats of an infinite term, or +inf
  double* sums;           // += the terms of the marked pairs
  uint64_t* totals;       // (2) += infinite terms, pairs with one
};

// Launchers: 0 or an error code of the device. `stream` is one of DeviceOperations.
struct DeviceDistanceKernels {
  int (*panel)(const DevicePanelArgs* args, void* stream);
  int (*rows)(const DeviceRowsArgs* args, void* stream);
  int (*product)(const DeviceProductArgs* args, void* stream);
  int (*mark)(const DeviceMarkArgs* args, void* stream);
  int (*near)(const DeviceNearArgs* args, void* stream);
  int (*half_panel)(const DeviceHalfPanelArgs* args, void* stream);
  int (*half_product)(const DeviceHalfProductArgs* args, void* stream);
};

}  // namespace lightcone
