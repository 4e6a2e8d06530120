// SPDX-License-Identifier: Apache-2.0
#include "distance/device_plan.h"

#include <algorithm>

#include "base/error.h"

namespace lightcone {
namespace {

// The logarithms that end a chunk and the sums' way through memory cost, for each pair, about what 10 samples do: 2%.
constexpr int64_t kChunk = 512;
constexpr int64_t kHalfChunk = 1024;  // on the tensor cores a sample takes a fifth of the time
static_assert(kHalfChunk <= kDeviceSamples, "one launch takes a chunk");
constexpr int64_t kLargestBudget = int64_t{4} << 30;  // kChunk samples of 151,407 models and 10 classes are 3.1 GB
// Of the whole memory: what the driver keeps for itself, rounds up and cuts off.
constexpr int64_t kReserveShare = 32;

double mib(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

DevicePlan::DevicePlan(const Shape& shape, const Plan& plan, const lightcone_distances_options& options, bool wide,
                       int64_t memory)
    : triangle(shape.triangle), memory_total(memory) {
  const int64_t classes = shape.classes, element = wide ? 8 : 4;
  // Of the whole table, not of the band of rows that the options ask for: a tile's bits must not depend on it.
  const int64_t whole = (blocks_of(shape.columns) + (triangle ? 0 : blocks_of(shape.rows))) * kBlock;
  const int64_t budget =
      options.panel_bytes > 0 ? options.panel_bytes : std::min(kLargestBudget, memory_total / 16);
  half = options.precision == LIGHTCONE_PRECISION_FAST;
  const int64_t row = half ? half_words(classes) * 4 : classes * 4, near_row = classes * 16 + 1;  // bytes
  const int64_t group = half ? kHalfRenormalise : kRenormalise;
  chunk = std::clamp<int64_t>(budget / (whole * row), 1, half ? kHalfChunk : kChunk);
  chunk = std::min(chunk > group ? chunk / group * group : chunk, plan.all.count);
  // s and log s in float64: fewer samples in the same memory.
  near_chunk = std::clamp<int64_t>(chunk * row / near_row, 1, kDeviceNearSamples);

  columns = {shape.columns - plan.row_begin, classes, element};
  rows = {triangle ? 0 : shape.rows, classes, element};
  column_padded = blocks_of(columns.models) * kBlock;
  row_padded = blocks_of(rows.models) * kBlock;
  const int64_t panel = std::max(chunk * row, near_chunk * near_row);
  row_panel_bytes = row_padded * panel;
  column_panel_bytes = column_padded * panel;
  // The same buffers bring the sums back, at least a tile at a time.
  slot_bytes = std::max(columns.bytes(chunk) + (triangle ? 0 : rows.bytes(chunk)), 8 * kTile);
  fixed_bytes = 2 * slot_bytes + row_panel_bytes + column_panel_bytes + facts_bytes(row_padded) + facts_bytes(column_padded) + 2 * 8;
  host_bytes = 2 * slot_bytes;
}

std::vector<int64_t> DevicePlan::bands(const Plan& plan, int64_t memory_free) const {
  const Grid& grid = plan.grid;
  const int64_t available = memory_free - memory_total / kReserveShare - fixed_bytes;
  const int64_t fit = std::max<int64_t>(available, 0) / kTileBytes, longest = grid.column_blocks();
  if (fit < longest)
    throw Error(LIGHTCONE_OUT_OF_MEMORY,
                format("the device has %.0f MiB of %.0f free; chunks of %lld samples of these models take %.0f MiB and "
                       "one row of tiles %.0f: ask for a smaller panel_bytes (a chunk takes %.1f MiB a sample), or the "
                       "device cpu",
                       mib(memory_free), mib(memory_total), static_cast<long long>(chunk), mib(fixed_bytes),
                       mib(longest * kTileBytes), mib(fixed_bytes / chunk)));
  std::vector<int64_t> begin{0};
  for (int64_t i = 0, tiles = 0; i < grid.row_blocks(); ++i) {
    const int64_t row = grid.column_blocks() - (triangle ? i : 0);
    if (tiles + row > fit) {
      begin.push_back(i);
      tiles = 0;
    }
    tiles += row;
  }
  begin.push_back(grid.row_blocks());
  return begin;
}

}  // namespace lightcone
