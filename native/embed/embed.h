// SPDX-License-Identifier: Apache-2.0
// Products with, and sums over, a band of block rows of a packed matrix of distances; products of tall blocks.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lightcone.h"

namespace lightcone {

// Block rows [begin, end) of the packed matrix of `models` models; `tiles` is tile (begin, begin).
struct Band {
  const float* tiles;
  int64_t models, begin, end;

  int64_t blocks() const { return (models + LIGHTCONE_TILE - 1) / LIGHTCONE_TILE; }
  // Models in block i.
  int64_t size(int64_t i) const { return std::min<int64_t>(LIGHTCONE_TILE, models - i * LIGHTCONE_TILE); }
  // begin <= i < end, i <= j < blocks().
  const float* tile(int64_t i, int64_t j) const {
    return tiles + (number(i) - number(begin) + j - i) * LIGHTCONE_TILE * LIGHTCONE_TILE;
  }

 private:
  // Number of the tile (i, i).
  int64_t number(int64_t i) const { return i * blocks() - i * (i - 1) / 2; }
};

void packed_product(const Band& band, const double* x, double* y, int64_t columns, int threads,
                    lightcone_control* control);
void packed_sums(const Band& band, const double* weights, int threads, lightcone_control* control, double* sums,
                 double* squares, int64_t* infinite);
void packed_pairwise(const Band& band, const double* x, const double* weights, const int32_t* signature,
                     int64_t dims, int threads, lightcone_control* control, double* missed, double* total);

void block_inner(const double* basis, int64_t blocks, int64_t width, const double* z, int64_t rows, int64_t columns,
                 int threads, double* out);
void block_update(const double* basis, int64_t blocks, int64_t width, const double* c, double factor, double* z,
                  int64_t rows, int64_t columns, int threads);

}  // namespace lightcone
