// SPDX-License-Identifier: Apache-2.0
// The distance family's hot operations and the layout they share. Each operation is documented where it is
// written.
#pragma once

#include <cstdint>

#include "lightcone.h"

namespace lightcone {

// Rows and columns of a tile. Small enough that its two states (72 KiB) and one step of its two panels stay
// in a second-level cache.
constexpr int64_t kBlock = 96;
static_assert(kBlock == LIGHTCONE_TILE, "a tile of the packed matrix is one tile of the kernels");

// A panel holds s * k_n, with k_n in [2^7, 2^7.5) another one for every sample (panels.h says why), so
// a scaled BC is at most 2^15: the product of kRenormalise of them and of a mantissa stays below 2^121,
// and above 2^-126 down to a mean BC of 1e-9.
constexpr double kLeastScale = 128.0;
constexpr int64_t kRenormalise = 8;

// Below this BC (2^-80) the float32 terms of the dot product may be subnormal: the pair is flagged.
constexpr double kGuardedBelow = 0x1p-80;

// One float32 tile: rows are kBlock models, columns kBlock models.
struct TileArgs {
  const float* rows;     // panel [strip of models][n][c][strip]
  const float* columns;  // panel [strip of models][n][c][strip]
  int64_t samples;
  int64_t classes;
  double log_scale;      // sum_n log k_n^2
  int64_t row_count;     // models really there, <= kBlock
  int64_t column_count;
  bool diagonal;         // rows == columns: only j >= i is needed
  bool guarded;          // some BC may lie below kGuardedBelow
  float* product;        // scratch (kBlock, kBlock)
  float* exponent;       // scratch (kBlock, kBlock)
  double* sum;           // (kBlock, kBlock): += sum_n -log BC_n, nats; +inf where flagged
};

struct Metric;

struct DistanceKernels {
  // Models side by side in a panel, a divisor of kBlock and multiple of 16: what suits the register tile.
  int64_t strip;

  // The sqrt rows [n][c] of up to 16 models to 16 lanes of a panel, times scale[n].
  void (*pack)(const double* const* rows, int64_t count, int64_t samples, int64_t classes,
               const double* scale, float* panel);

  void (*bhattacharyya_tile)(const TileArgs& args);

  const Metric* metrics;  // (kMetrics), see metric.h
};

}  // namespace lightcone
