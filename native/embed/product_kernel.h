// SPDX-License-Identifier: Apache-2.0
// y (rows, columns) += A (rows, depth) x (depth, columns) in float64, A given by strides, so that a tile, its
// transpose and the tall blocks of a Krylov basis all go through one register tile. Every entry of y is one chain of
// multiply-adds in order of k, begun at its old value: the bits depend on neither the blocking nor the threads.
// Included by the isa_*.cpp files alone.
#pragma once

#include "base/lanes.h"
#include "embed/kernels.h"
#include "lightcone.h"

namespace {

// Registers: R V accumulators, V vectors of x; A's entries are broadcast from memory. 8 x 3 of 32, 4 x 3 of 16.
#if defined(__AVX512F__)
constexpr int kProductRows = 8;
typedef double P __attribute__((vector_size(64)));
typedef double Pu __attribute__((vector_size(64), aligned(8)));
#elif defined(__AVX2__)
constexpr int kProductRows = 4;
typedef double P __attribute__((vector_size(32)));
typedef double Pu __attribute__((vector_size(32), aligned(8)));
#else
constexpr int kProductRows = 4;
typedef double P __attribute__((vector_size(16)));
typedef double Pu __attribute__((vector_size(16), aligned(8)));
#endif
constexpr int64_t kProductLanes = sizeof(P) / sizeof(double);
constexpr int kProductVectors = 3;

template <int R, int V>
LIGHTCONE_INLINE void register_tile(const double* a, int64_t row_stride, int64_t depth_stride, int64_t depth,
                                    const double* x, int64_t x_stride, double* y, int64_t y_stride,
                                    const char* ahead, int64_t ahead_stride) {
  P sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = *reinterpret_cast<const Pu*>(y + r * y_stride + v * kProductLanes);
  for (int64_t k = 0; k < depth; ++k) {
    __builtin_prefetch(ahead + k * ahead_stride, 0, 2);
    P column[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) column[v] = *reinterpret_cast<const Pu*>(x + k * x_stride + v * kProductLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const double entry = a[r * row_stride + k * depth_stride];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] += entry * column[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) *reinterpret_cast<Pu*>(y + r * y_stride + v * kProductLanes) = sum[r][v];
}

template <int V>
void multiply_columns(const lightcone::Factor& a, int64_t rows, int64_t depth, const double* x, int64_t x_stride,
                      double* y, int64_t y_stride, lightcone::Ahead* ahead) {
  static_assert(lightcone::Factor::kGroup % kProductRows == 0, "a register tile lies within a group of rows");
  const auto row = [&](int64_t r) {
    return a.data + r / lightcone::Factor::kGroup * a.group_stride + r % lightcone::Factor::kGroup * a.row_stride;
  };
  int64_t r = 0;
  for (; r + kProductRows <= rows; r += kProductRows) {
    const bool more = ahead->left > 0;
    register_tile<kProductRows, V>(row(r), a.row_stride, a.depth_stride, depth, x, x_stride, y + r * y_stride,
                                   y_stride, ahead->next, more ? lightcone::Ahead::kLine : 0);
    if (more) ahead->advance(depth);
  }
  for (; r < rows; ++r)
    register_tile<1, V>(row(r), a.row_stride, a.depth_stride, depth, x, x_stride, y + r * y_stride, y_stride,
                        ahead->next, 0);
}

// columns is a multiple of 8. The columns outside: depth x 24 of x stay in the first cache for all rows. A line of what
// the next product reads is fetched with every k: tiles and blocks of x come from beyond the second cache.
void block_multiply(const lightcone::Factor& a, int64_t rows, int64_t depth, const double* x, int64_t x_stride,
                    double* y, int64_t y_stride, int64_t columns, lightcone::Ahead ahead) {
  constexpr int64_t wide = kProductVectors * kProductLanes;
  int64_t c = 0;
  for (; c + wide <= columns; c += wide)
    multiply_columns<3>(a, rows, depth, x + c, x_stride, y + c, y_stride, &ahead);
  if (c + 2 * kProductLanes <= columns) {
    multiply_columns<2>(a, rows, depth, x + c, x_stride, y + c, y_stride, &ahead);
    c += 2 * kProductLanes;
  }
  for (; c < columns; c += kProductLanes) multiply_columns<1>(a, rows, depth, x + c, x_stride, y + c, y_stride, &ahead);
}

// A tile in float64, row-major, or its transpose in groups of 8 rows: (12)(96)(8), which costs no shuffles and lets
// the product read either from end to end.
lightcone::Factor widen_tile(const float* tile, bool transposed, double* out) {
  constexpr int64_t group = lightcone::Factor::kGroup, size = LIGHTCONE_TILE;
  static_assert(group == kLanes && size % group == 0, "a group is a vector");
  if (!transposed) {
    for (int64_t k = 0; k < size * size; k += kLanes) store8(out + k, load8(tile + k));
    return {out, group * size, size, 1};
  }
  for (int64_t k = 0; k < size; ++k)
    for (int64_t g = 0; g < size / group; ++g) store8(out + (g * size + k) * group, load8(tile + k * size + g * group));
  return {out, group * size, 1, group};
}

}  // namespace
