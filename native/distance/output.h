// SPDX-License-Identifier: Apache-2.0
// Sums to a matrix in the caller's memory: (M, M) or (Q, M), row-major, or packed float32 tiles (lightcone.h).
// value(tile, pair) is asked for the computed half alone and mirrored; the diagonal of a triangle is 0.
#pragma once

#include <algorithm>

#include "base/control.h"
#include "base/team.h"
#include "distance/plan.h"

namespace lightcone {

template <class T, class Value>
void write_dense(const Grid& grid, int64_t columns, Team& team, const Progress& progress, T* out, const Value& value) {
  const auto entry = [&](int64_t i, int64_t j, int64_t r, int64_t c) -> double {
    const int64_t tile = grid.index(i, j);
    if (!grid.diagonal(i, j)) return value(tile, r * kBlock + c);
    return r == c ? 0.0 : value(tile, std::min(r, c) * kBlock + std::max(r, c));
  };
  team.run(grid.row_blocks() * grid.column_blocks(), [&](int64_t block, int) {
    progress.check();
    const int64_t i = block / grid.column_blocks(), j = block % grid.column_blocks();
    for (int64_t r = 0; r < grid.rows_in(i); ++r)
      for (int64_t c = 0; c < grid.columns_in(j); ++c)
        out[(i * kBlock + r) * columns + j * kBlock + c] =
            static_cast<T>(grid.triangle() && j < i ? entry(j, i, c, r) : entry(i, j, r, c));
  });
}

template <class Value>
void write_tiles(const Grid& grid, Team& team, const Progress& progress, float* out, const Value& value) {
  team.run(grid.tiles(), [&](int64_t tile, int) {
    progress.check();
    int64_t i, j;
    grid.at(tile, &i, &j);
    for (int64_t r = 0; r < kBlock; ++r)
      for (int64_t c = 0; c < kBlock; ++c) {
        double d = 0;
        if (r < grid.rows_in(i) && c < grid.columns_in(j) && !(grid.diagonal(i, j) && r == c))
          d = value(tile, grid.diagonal(i, j) ? std::min(r, c) * kBlock + std::max(r, c) : r * kBlock + c);
        out[tile * kTile + r * kBlock + c] = static_cast<float>(d);
      }
  });
}

}  // namespace lightcone
