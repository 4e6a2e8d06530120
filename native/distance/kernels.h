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

// A tile is done whole or, where there are few, in parts of its rows: multiples of this, which the register tiles of
// every instruction set divide. A pair's bits do not depend on the part it is in.
constexpr int64_t kPartRows = 24;
static_assert(kBlock % kPartRows == 0, "parts divide the block");

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
  int64_t row_begin;     // of the part of the tile that is wanted, a multiple of kPartRows
  int64_t row_end;       // and its end, of models really there, <= kBlock
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

// Samples of eight models, each its streams one behind the other, [stream][n][c], to eight lanes of a panel of
// tile_nest.h.
struct StreamPack {
  const double* const* rows;  // (8)
  int64_t plane;              // numbers between the streams of a model
  int64_t samples;
  int64_t classes;
  int64_t streams;
  void* panel;
  double* self;               // (8): += sum of each model's products with itself, of the numbers as the panel has them
};

struct Metric;
enum class Source : int32_t;

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

  // Rows of numbers to the streams of a source: p or its root to `out`, log p to `log` (null without). Returns whether
  // a log is -inf.
  bool (*stream_rows)(const double* in, int32_t kind, Source source, int64_t rows, int64_t classes, double* out,
                      double* log);
  void (*pack_streams64)(const StreamPack& pack);
  void (*pack_streams32)(const StreamPack& pack);

  const Metric* metrics;  // (kMetrics), see metric.h
};

}  // namespace lightcone
