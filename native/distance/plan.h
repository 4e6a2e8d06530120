// SPDX-License-Identifier: Apache-2.0
// What a call of the distances will do and take: its pairs, its chunks of samples and its memory, from the options
// and sizes alone. The same numbers size its buffers.
#pragma once

#include "base/predictions.h"
#include "distance/grid.h"
#include "distance/metric.h"
#include "lightcone.h"

namespace lightcone {

constexpr int64_t kTile = kBlock * kBlock;
constexpr int64_t kPairSamples = 256;  // PairOperation's limit

// Sizes of a call. All pairs of one table: rows == columns == M.
struct Shape {
  int64_t rows, columns, samples, classes;
  bool triangle;
};

// Rows [begin, end) of tile (i, j).
struct TilePart {
  int64_t tile, i, j, begin, end;
};

struct Plan {
  // Throws INVALID_ARGUMENT or UNSUPPORTED for options that are not possible.
  Plan(const Shape& shape, const Metric& metric, const lightcone_distances_options& options, int threads);

  // Sample n of the range belongs to block b where block_begin(b) <= n < block_begin(b + 1).
  int64_t block_begin(int64_t block) const {
    return static_cast<int64_t>(static_cast<__int128>(block) * all.count / sample_blocks);
  }

  // The tasks that threads share, in the order of Grid::visit: tiles, or parts of them where tiles are few.
  int64_t tasks() const { return grid.tiles() * parts; }
  TilePart part(int64_t task) const {
    TilePart p{};
    grid.visit(task / parts, &p.i, &p.j);
    p.tile = grid.index(p.i, p.j);
    const int64_t rows = kBlock / parts, there = grid.rows_in(p.i);
    p.begin = std::min(task % parts * rows, there);
    p.end = std::min(p.begin + rows, there);
    return p;
  }
  TilePart whole(int64_t tile) const {
    TilePart p{tile, 0, 0, 0, 0};
    grid.at(tile, &p.i, &p.j);
    p.end = grid.rows_in(p.i);
    return p;
  }

  int64_t row_begin = 0;     // first model of the band
  SampleRange all{};
  Grid grid;
  bool has_tile = false;     // there is a fast pass; otherwise all pairs are done one by one
  bool wide = false;         // float64 panels; or two-byte labels
  int64_t streams = 1;
  int64_t parts = 1;         // of the rows of each tile, for threads to share
  int64_t sample_blocks = 1;
  int64_t chunk = 1;         // samples of the fast pass
  int64_t stride = 8;        // samples of the pairs done one by one
  int64_t sums = 1;          // float64 matrices of sums
  bool long_products = false;  // more samples than one product may take (kLongestProduct)
  int64_t row_panel_bytes = 0, column_panel_bytes = 0, state_bytes = 0, sum_bytes = 0;
  int64_t row_pair_bytes = 0, column_pair_bytes = 0;
  int64_t working_bytes = 0;
};

// Throws INVALID_ARGUMENT for sizes below the least and for tables whose byte counts would overflow.
void check_sizes(int64_t models, int64_t samples, int64_t classes);

}  // namespace lightcone
