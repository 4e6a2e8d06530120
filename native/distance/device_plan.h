// SPDX-License-Identifier: Apache-2.0
// What a call of the distances will do and take on a device, planned before the first allocation: the lengths of its
// chunks, its buffers, and the bands of block rows whose sums fit beside them. The lengths, and with them the bits,
// depend on the sizes, the options and the device's whole memory; the bands on what of it is free.
#pragma once

#include <vector>

#include "backend/device_operations.h"
#include "distance/plan.h"

namespace lightcone {

// Source rows of one table for a chunk, as they lie in pinned and in device memory: rows (models, n, C), their kinds
// (models, n), the samples' scale (n).
struct SourceLayout {
  int64_t models, classes, element;
  int64_t kinds_at(int64_t samples) const { return rounded(models * samples * classes * element); }
  int64_t scale_at(int64_t samples) const { return kinds_at(samples) + rounded(models * samples); }
  int64_t bytes(int64_t samples) const { return scale_at(samples) + rounded(8 * samples); }
  static int64_t rounded(int64_t bytes) { return (bytes + 255) / 256 * 256; }  // device allocations' alignment
};

struct DevicePlan {
  // `wide`: the table has float64 rows.
  DevicePlan(const Shape& shape, const Plan& plan, const lightcone_distances_options& options, bool wide,
             int64_t memory_total);

  // First block row of each band, and the end. Throws OUT_OF_MEMORY, saying what would fit.
  std::vector<int64_t> bands(const Plan& plan, int64_t memory_free) const;
  // Device memory of the call, the sums of so many tiles among it.
  int64_t device_bytes(int64_t tiles) const { return fixed_bytes + tiles * kTileBytes; }

  // Of so many models: the least s of each block, or the norm of each model.
  int64_t facts_bytes(int64_t padded) const { return half ? 8 * padded : 4 * padded / kBlock; }

  // For each tile: float64 sums, two sets of pairs, two counts, its place in the list of tiles to redo.
  static constexpr int64_t kTileBytes = 8 * kTile + 2 * 4 * kTileWords + 8 + 8;

  bool triangle;
  bool half;                          // float16 panels, for the tensor cores
  int64_t memory_total;
  int64_t chunk, near_chunk;          // samples
  SourceLayout rows, columns;         // rows.models is 0 in a triangle: they are the first columns
  int64_t row_padded, column_padded;  // models
  int64_t row_panel_bytes, column_panel_bytes;
  int64_t slot_bytes;                 // of one of two buffers of source rows
  int64_t fixed_bytes;                // device memory whatever the band
  int64_t host_bytes;                 // pinned
};

}  // namespace lightcone
