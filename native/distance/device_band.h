// SPDX-License-Identifier: Apache-2.0
// What a call of the distances keeps on a device, and the band of block rows that it holds at the moment: what the passes
// over it share. A band is a call of its own: its tiles are numbered from 0, and in a triangle its columns begin with
// its rows.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "backend/device.h"
#include "distance/device_feed.h"
#include "distance/device_plan.h"

namespace lightcone {

// What a call is made of; it outlives all that works on it.
struct DeviceCall {
  const Predictions& rows;
  const Predictions& columns;  // the same object: all pairs of one table
  const lightcone_distances_options& options;
  const Metric& metric;
  const Plan& plan;
  Team& team;
  const Progress& progress;
  lightcone_distances_report& report;
};

class DeviceBand {
 public:
  // Plans all memory, then takes it; fills in the report's bytes and bands.
  DeviceBand(const DeviceCall& call, const DeviceOperations& operations, int32_t ordinal);

  int64_t bands() const { return static_cast<int64_t>(begin_.size()) - 1; }
  // Goes on to that band: its sums begin as zeros.
  void begin(int64_t band);

  const Grid& grid() const { return *grid_; }
  int64_t first_tile() const { return first_tile_; }  // its number in the call's grid
  const FeedTables& tables() const { return tables_; }
  DeviceTileMap map() const { return {grid_->column_blocks(), grid_->triangle()}; }
  // The models of its rows.
  int64_t row_models() const { return sizes.triangle ? tables_.column_layout.models : tables_.row_layout.models; }

  // use(range, pairs) for rectangles of its tiles, a tile taking `operations`, at most kLaunchOperations together.
  template <class Use>
  void for_ranges(double operations, const Use& use) const;

  // each(tile, data) for `bytes` of each of its tiles, brought to the host piece by piece.
  template <class Each>
  void bring(const DeviceBuffer& from, int64_t bytes, const Each& each);

  const DeviceCall& call;
  const Device device;
  const DeviceDistanceKernels& kernels;
  const DevicePlan sizes;

 private:
  const std::vector<int64_t> begin_;  // block rows
  const int64_t most_tiles_;

 public:
  const DeviceBuffer sums, marks, infinite, counts, list, totals;  // as DeviceMarkArgs and DeviceNearArgs have them
  // float32 or float16 panels, or float64 rows; of a triangle the columns' alone
  const DeviceBuffer row_panel, column_panel;
  const DeviceBuffer row_facts, column_facts;  // the least s of each block of models, or (float16) the norm of each model
  const DeviceStream stream;
  DeviceFeed feed;
  DeviceLaunches launches;

 private:
  int64_t tile_of_row(int64_t block_row) const;
  // Of a tile; Grid::pairs_in adds up rows, and this is asked for each tile and chunk.
  int64_t pairs_of(int64_t i, int64_t j) const {
    const int64_t rows = grid_->rows_in(i);
    return grid_->diagonal(i, j) ? rows * (rows - 1) / 2 : rows * grid_->columns_in(j);
  }
  int64_t most_tiles() const;

  int64_t first_tile_ = 0;
  std::unique_ptr<Predictions> rows_, columns_;
  std::unique_ptr<Grid> grid_;
  FeedTables tables_{};
};

template <class Use>
void DeviceBand::for_ranges(double operations, const Use& use) const {
  // Block rows of one launch: its row panels then stay in second-level cache while the columns pass.
  constexpr int64_t kStripRows = 16;
  constexpr int64_t kMostBlocks = 32768;  // of one side of a launch; CUDA takes 65,535
  const int64_t fit = std::max<int64_t>(1, static_cast<int64_t>(kLaunchOperations / operations));
  const int64_t height = std::min(kStripRows, fit), width = std::min(kMostBlocks, std::max<int64_t>(1, fit / height));
  for (int64_t i = 0; i < grid_->row_blocks(); i += height) {
    const int64_t rows = std::min(height, grid_->row_blocks() - i);
    for (int64_t j = grid_->triangle() ? i : 0; j < grid_->column_blocks(); j += width) {
      const DeviceTileRange range{i, rows, j, std::min(width, grid_->column_blocks() - j)};
      int64_t pairs = 0;
      for (int64_t r = i; r < i + rows; ++r)
        for (int64_t c = grid_->triangle() ? std::max(j, r) : j; c < j + range.columns; ++c)
          pairs += pairs_of(r, c);
      call.progress.check();
      use(range, pairs);
    }
  }
}

template <class Each>
void DeviceBand::bring(const DeviceBuffer& from, int64_t bytes, const Each& each) {
  const int64_t piece = sizes.slot_bytes / bytes;
  for (int64_t first = 0; first < grid_->tiles(); first += piece) {
    const int64_t count = std::min(piece, grid_->tiles() - first);
    stream.to_host(feed.pinned(0), from.as<char>() + first * bytes, count * bytes);
    launches.finish();
    for (int64_t k = 0; k < count; ++k) each(first + k, feed.pinned(0) + k * bytes);
  }
}

}  // namespace lightcone
