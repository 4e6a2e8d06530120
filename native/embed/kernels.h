// SPDX-License-Identifier: Apache-2.0
// The embedding family's hot operations. Each is documented where it is written.
#pragma once

#include <cstdint>

namespace lightcone {

// A (rows, depth) wherever it lies: A(r, k) = data[r / 8 group_stride + r % 8 row_stride + k depth_stride].
struct Factor {
  static constexpr int64_t kGroup = 8;
  const double* data;
  int64_t group_stride, row_stride, depth_stride;
};

// Two pieces of memory to fetch into the second cache meanwhile, one after the other.
struct Ahead {
  static constexpr int64_t kLine = 64;
  const char* next = nullptr;
  int64_t left = 0;  // bytes
  const char* then = nullptr;
  int64_t then_left = 0;

  // Inlined everywhere: no code of an instruction set may stand for another's.
  inline __attribute__((always_inline)) void advance(int64_t lines) {
    next += lines * kLine;
    left -= lines * kLine;
    if (left > 0) return;
    next = then;
    left = then_left;
    then_left = 0;
  }
};

struct EmbedKernels {
  // y (rows, columns) += A x (depth, columns).
  void (*multiply)(const Factor& a, int64_t rows, int64_t depth, const double* x, int64_t x_stride, double* y,
                   int64_t y_stride, int64_t columns, Ahead ahead);
  // A tile or its transpose as a factor in `out` (LIGHTCONE_TILE^2).
  Factor (*widen_tile)(const float* tile, bool transposed, double* out);

  // Weighted sums of one tile's entries and of their squares; true if an entry is infinite.
  bool (*tile_sums)(const float* tile, bool transposed, int64_t rows, int64_t depth, const double* weights,
                    double* sums, double* squares);

  // The absolute errors of one tile's intervals, summed per dimension, and the sum of its distances.
  void (*tile_pairwise)(const float* tile, bool diagonal, int64_t rows, int64_t columns, const double* x,
                        const double* y, const double* weights_x, const double* weights_y, const double* signature,
                        int64_t dims, double* scratch, double* missed, double* total);
};

}  // namespace lightcone
