// SPDX-License-Identifier: Apache-2.0
// Sums to a matrix in the caller's memory: (M, M) or (Q, M), row-major, or packed float32 tiles (lightcone.h).
// A tile at a time, each written by one thread: value(pair) is asked for the computed half alone and mirrored; the
// diagonal of a triangle is 0.
#pragma once

#include <algorithm>

#include "distance/plan.h"

namespace lightcone {

// What value(pair) is asked for at place (r, c) of tile (i, j).
template <class Value>
double tile_entry(const Grid& grid, int64_t i, int64_t j, int64_t r, int64_t c, const Value& value) {
  if (!grid.diagonal(i, j)) return value(r * kBlock + c);
  return r == c ? 0.0 : value(std::min(r, c) * kBlock + std::max(r, c));
}

// The block of a tile, and in a triangle its mirror image.
template <class T, class Value>
void write_dense_tile(const Grid& grid, int64_t columns, int64_t i, int64_t j, T* out, const Value& value) {
  const int64_t rows_in = grid.rows_in(i), columns_in = grid.columns_in(j);
  for (int64_t r = 0; r < rows_in; ++r)
    for (int64_t c = 0; c < columns_in; ++c)
      out[(i * kBlock + r) * columns + j * kBlock + c] = static_cast<T>(tile_entry(grid, i, j, r, c, value));
  if (!grid.triangle() || i == j) return;
  for (int64_t c = 0; c < columns_in; ++c)
    for (int64_t r = 0; r < rows_in; ++r)
      out[(j * kBlock + c) * columns + i * kBlock + r] = static_cast<T>(value(r * kBlock + c));
}

// One packed tile: out (kBlock, kBlock), zeros beyond the models.
template <class Value>
void write_packed_tile(const Grid& grid, int64_t i, int64_t j, float* out, const Value& value) {
  for (int64_t r = 0; r < kBlock; ++r)
    for (int64_t c = 0; c < kBlock; ++c)
      out[r * kBlock + c] = r < grid.rows_in(i) && c < grid.columns_in(j)
                                ? static_cast<float>(tile_entry(grid, i, j, r, c, value))
                                : 0.0f;
}

// One tile of a call to its place in matrix number `matrix` of the caller's array, of the layout and type of the options.
template <class Value>
void write_tile(const Grid& grid, const lightcone_distances_options& options, int64_t rows, int64_t columns, void* out,
                int64_t matrix, int64_t tile, const Value& value) {
  int64_t i, j;
  grid.at(tile, &i, &j);
  const int64_t first = matrix * rows * columns;
  if (options.layout == LIGHTCONE_LAYOUT_TILES) {
    write_packed_tile(grid, i, j, static_cast<float*>(out) + (matrix * grid.tiles() + tile) * kTile, value);
  } else if (options.out_dtype == LIGHTCONE_FLOAT32) {
    write_dense_tile(grid, columns, i, j, static_cast<float*>(out) + first, value);
  } else {
    write_dense_tile(grid, columns, i, j, static_cast<double*>(out) + first, value);
  }
}

}  // namespace lightcone
