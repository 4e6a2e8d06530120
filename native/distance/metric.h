// SPDX-License-Identifier: Apache-2.0
// One row of the table of metrics: what a metric is to the loop nests, its facts and its operations for one
// instruction set. A unit (bhattacharyya.h, hellinger.h, ...) makes one from its formula; metrics.h lists them.
//
// A distance is finish(mean over samples of a per-sample term). A term comes from one of
//   tile   kBlock x kBlock pairs at once over the panels of a chunk of samples: the fast pass
//   pair   one pair in float64 by the definition: near and flagged pairs, and all pairs of a metric without tile
#pragma once

#include <cstdint>

#include "distance/kernels.h"

namespace lightcone {

// What becomes of a row of C numbers before the metric sees it, in float64.
enum class Source : int32_t {
  kRoot,         // s = sqrt(p)
  kProbability,  // p
  kLogarithm,    // two streams: p and log p (-inf for an exact zero)
  kLabel,        // the first class of the largest probability
};

// Sums of a chunk over the pairs of a tile: one argument for all nests.
struct MetricTile {
  const void* rows;          // panel of a block of models
  const void* columns;
  const double* row_self;    // (kBlock) sum_n of each model's product with itself
  const double* column_self;
  int64_t samples;
  int64_t classes;
  int64_t row_begin;         // of the part of the tile that is wanted, a multiple of kPartRows
  int64_t row_end;           // and its end, of models really there, <= kBlock
  int64_t column_count;
  bool diagonal;             // rows == columns: only j > i is needed
  double* sum;               // (kBlock, kBlock): += sum_n of the terms
};

using TileOperation = void (*)(const MetricTile& tile);

// sum_n of the terms of one pair; u, v: [stream][c][stride] float64, samples a multiple of 8 and at most 256,
// padded with rows (1, 0, ...). Samples whose term is infinite are left out and listed.
using PairOperation = double (*)(const double* u, const double* v, int64_t samples, int64_t stride,
                                 int64_t classes, int32_t* infinite, int32_t* infinite_count);

struct Metric {
  int32_t code;  // LIGHTCONE_METRIC_...
  const char* name;
  Source source;
  TileOperation exact;    // float64 panels (labels: of one byte); null: the float32 product trick of
                          // bhattacharyya_tile, or with `pair` alone every pair by it
  TileOperation fast;     // float32 panels (labels: of two bytes)
  PairOperation pair;     // null: tile needs no refinement
  PairOperation compat;   // the rules of the paper's code; null: it has none for this metric
  bool product_trick;
  // Mean terms below this are not good to 2e-6 in the exact tile form.
  double (*near_below)(double samples, double classes);
  double (*finish)(double mean, double samples);  // d
  double (*slope)(double mean, double samples);   // dd / dmean, for standard errors
};

// Models side by side in a panel of tile_nest.h: a multiple of each of its register tiles (8 x 24 doubles, 6 x 16
// floats and so on), adjacent in memory over (n, c), so that a register tile reads its columns as one stream.
constexpr int64_t kNestStrip = 48;

constexpr int64_t kMetrics = 9;

}  // namespace lightcone
