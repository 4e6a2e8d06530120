// SPDX-License-Identifier: Apache-2.0
// The distance family's hot operations and the layout they share. Each operation is documented where it is
// written.
#pragma once

#include <cstdint>

#include "lightcone.h"

namespace lightcone {

// Rows and columns of a tile. Small enough that its state (72 KiB) and one step of its two panels stay in a
// second-level cache.
constexpr int64_t kBlock = 96;
static_assert(kBlock == LIGHTCONE_TILE, "a tile of the packed matrix is one tile of the kernels");

// A panel holds s * k_n, with k_n in [2^7, 2^7.5) another one for every sample (panels.h says why), so
// a scaled BC is at most 2^15: the product of kRenormalise of them and of a mantissa stays below 2^121,
// and above 2^-126 down to a mean BC of 1e-9.
constexpr double kLeastScale = 128.0;
constexpr int64_t kRenormalise = 8;

// Below this BC (2^-80) the float32 terms of the dot product may be subnormal: the pair is flagged.
constexpr double kGuardedBelow = 0x1p-80;

// The exponents of a product are summed in float32 where the instruction set gives them so: whole numbers up to 127
// for every kRenormalise samples or less, exact up to 2^24. So many samples may go into one product.
constexpr int64_t kLongestProduct = int64_t{1} << 17;

// The pairs of one tile that count: rows are kBlock models, columns kBlock models.
struct TilePairs {
  int64_t row_count;     // models really there, <= kBlock
  int64_t column_count;
  bool diagonal;         // rows == columns: only j >= i is needed
};

// A tile's running products prod_n k_n^2 BC_n, split so that neither part overflows: product 2^exponent, in the order
// of the register tiles.
struct TileState {
  float* product;   // (kBlock, kBlock)
  float* exponent;  // (kBlock, kBlock)
};

// One float32 tile.
struct TileArgs {
  const float* rows;     // panel [strip of models][n][c][strip]
  const float* columns;  // panel [strip of models][n][c][strip]
  int64_t samples;
  int64_t classes;
  TilePairs pairs;
  bool first;            // begins the products; otherwise they are gone on with
  bool guarded;          // some BC may lie below kGuardedBelow
  TileState state;
};

struct Metric;

struct DistanceKernels {
  // Models side by side in a panel, a divisor of kBlock and multiple of 16: what suits the register tile.
  int64_t strip;

  // The sqrt rows [n][c] of up to 16 models to 16 lanes of a panel, times scale[n].
  void (*pack)(const double* const* rows, int64_t count, int64_t samples, int64_t classes,
               const double* scale, float* panel);

  void (*bhattacharyya_tile)(const TileArgs& args);
  // sum (kBlock, kBlock) += log_scale - log of the products, nats; +inf where flagged. log_scale: sum_n log k_n^2 of
  // all their samples.
  void (*bhattacharyya_finish)(const TilePairs& pairs, const TileState& state, double log_scale, double* sum);

  const Metric* metrics;  // (kMetrics), see metric.h
};

}  // namespace lightcone
