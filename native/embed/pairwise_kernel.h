// SPDX-License-Identifier: Apache-2.0
// Reductions over one tile of distances, in float64: weighted row sums, and the errors of Eq 12. Included by the
// isa_*.cpp files alone.
#pragma once

#include "base/lanes.h"
#include "lightcone.h"

namespace {

LIGHTCONE_INLINE D8 magnitude(D8 v) { return (D8)((I8)v & 0x7fffffffffffffffLL); }

// sums[r] += sum_k w[k] A(r, k) and squares[r] += sum_k w[k] A(r, k)^2 for r < rows, k < depth; A is the tile or its
// transpose. weights (LIGHTCONE_TILE) is 0 beyond depth, where the tile may hold anything finite.
bool tile_sums(const float* tile, bool transposed, int64_t rows, int64_t depth, const double* weights, double* sums,
               double* squares) {
  I8 infinite = {};
  const D8 inf = splat(__builtin_inf());
  if (!transposed) {
    for (int64_t r = 0; r < rows; ++r) {
      D8 sum = {}, square = {};
      for (int64_t k = 0; k < LIGHTCONE_TILE; k += kLanes) {
        const D8 d = load8(tile + r * LIGHTCONE_TILE + k), w = load8(weights + k);
        infinite |= d == inf;
        sum += w * d;
        square += w * d * d;
      }
      sums[r] += sum8(sum);
      squares[r] += sum8(square);
    }
  } else {
    double sum[LIGHTCONE_TILE] = {}, square[LIGHTCONE_TILE] = {};
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t r = 0; r < LIGHTCONE_TILE; r += kLanes) {
        const D8 d = load8(tile + k * LIGHTCONE_TILE + r), w = splat(weights[k]);
        infinite |= d == inf;
        store8(sum + r, load8(sum + r) + w * d);
        store8(square + r, load8(square + r) + w * d * d);
      }
    for (int64_t r = 0; r < rows; ++r) {
      sums[r] += sum[r];
      squares[r] += square[r];
    }
  }
  bool any = false;
  for (int l = 0; l < kLanes; ++l) any |= infinite[l] != 0;
  return any;
}

// For the pairs (r, c) of the tile, r < c only on a diagonal one:
//   missed[k] += u_r v_c |d(r, c) - sum_{l <= k} signature[l] (x[r][l] - y[c][l])^2|,  total += u_r v_c d(r, c)
// x (rows, dims), y (columns, dims), weights u (rows), v (columns); scratch: (dims) x (LIGHTCONE_TILE + 8) doubles.
void tile_pairwise(const float* tile, bool diagonal, int64_t rows, int64_t columns, const double* x, const double* y,
                   const double* u, const double* v, const double* signature, int64_t dims, double* scratch,
                   double* missed, double* total) {
  double* across = scratch;                          // (dims, LIGHTCONE_TILE): y transposed, 0 beyond columns
  double* lanes = scratch + dims * LIGHTCONE_TILE;   // (dims, 8): missed of each lane
  for (int64_t k = 0; k < dims; ++k)
    for (int64_t c = 0; c < LIGHTCONE_TILE; ++c) across[k * LIGHTCONE_TILE + c] = c < columns ? y[c * dims + k] : 0.0;
  for (int64_t k = 0; k < dims * kLanes; ++k) lanes[k] = 0;
  D8 sum = {};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t begin = 0; begin < columns; begin += 2 * kLanes) {
      D8 counted[2], d[2], interval[2] = {};
      for (int half = 0; half < 2; ++half) {
        for (int l = 0; l < kLanes; ++l) {
          const int64_t c = begin + half * kLanes + l;
          counted[half][l] = c < columns && !(diagonal && c <= r) ? u[r] * v[c] : 0.0;
        }
        d[half] = load8(tile + r * LIGHTCONE_TILE + begin + half * kLanes);
        sum += counted[half] * d[half];
      }
      for (int64_t k = 0; k < dims; ++k) {
        const D8 at = splat(x[r * dims + k]), sign = splat(signature[k]);
        const double* other = across + k * LIGHTCONE_TILE + begin;
        const D8 step0 = at - load8(other), step1 = at - load8(other + kLanes);
        interval[0] += sign * step0 * step0;
        interval[1] += sign * step1 * step1;
        store8(lanes + k * kLanes, load8(lanes + k * kLanes) + counted[0] * magnitude(d[0] - interval[0]) +
                                       counted[1] * magnitude(d[1] - interval[1]));
      }
    }
  for (int64_t k = 0; k < dims; ++k) missed[k] += sum8(load8(lanes + k * kLanes));
  *total += sum8(sum);
}

}  // namespace
