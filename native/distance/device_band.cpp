// SPDX-License-Identifier: Apache-2.0
#include "distance/device_band.h"

namespace lightcone {

DeviceBand::DeviceBand(const DeviceCall& c, const DeviceOperations& operations, int32_t ordinal)
    : call(c),
      device(operations, ordinal),
      kernels(operations.distance),
      sizes({c.rows.models(), c.columns.models() + c.plan.row_begin, c.columns.samples(), c.columns.classes(),
             c.plan.grid.triangle()},
            c.plan, c.options, c.columns.wide() || c.rows.wide(), device.facts().memory_total),
      begin_(sizes.bands(c.plan, device.memory_free())),
      most_tiles_(most_tiles()),
      sums(device, most_tiles_ * kTile * 8),
      marks(device, most_tiles_ * kTileWords * 4),
      infinite(device, most_tiles_ * kTileWords * 4),
      counts(device, most_tiles_ * 8),
      list(device, most_tiles_ * 8),
      totals(device, 2 * 8),
      row_panel(device, sizes.row_panel_bytes),
      column_panel(device, sizes.column_panel_bytes),
      row_facts(device, sizes.facts_bytes(sizes.row_padded)),
      column_facts(device, sizes.facts_bytes(sizes.column_padded)),
      stream(device),
      feed(device, sizes, stream, c.team, c.progress),
      launches(device, stream, c.progress) {
  call.report.working_bytes = sizes.host_bytes;
  call.report.device_bytes = sizes.device_bytes(most_tiles_);
  call.report.bands = static_cast<int32_t>(bands());
}

int64_t DeviceBand::tile_of_row(int64_t block_row) const {
  const Grid& whole = call.plan.grid;
  if (block_row == whole.row_blocks()) return whole.tiles();
  return whole.index(block_row, whole.triangle() ? block_row : 0);
}

int64_t DeviceBand::most_tiles() const {
  int64_t most = 0;
  for (int64_t b = 0; b < bands(); ++b) {
    const size_t at = static_cast<size_t>(b);
    most = std::max(most, tile_of_row(begin_[at + 1]) - tile_of_row(begin_[at]));
  }
  return most;
}

void DeviceBand::begin(int64_t band) {
  const int64_t first = begin_[static_cast<size_t>(band)], end = begin_[static_cast<size_t>(band) + 1];
  const bool triangle = sizes.triangle;
  const int64_t rows = std::min(end * kBlock, call.plan.grid.rows()) - first * kBlock;
  first_tile_ = tile_of_row(first);
  columns_ = std::make_unique<Predictions>(call.columns.tail(triangle ? first * kBlock : 0));
  rows_ = triangle ? nullptr : std::make_unique<Predictions>(call.rows.tail(first * kBlock));
  grid_ = std::make_unique<Grid>(rows, columns_->models(), triangle);
  tables_ = {rows_.get(), columns_.get(), sizes.rows, sizes.columns};
  tables_.column_layout.models = columns_->models();
  tables_.row_layout.models = triangle ? 0 : rows;
  stream.fill(sums.as<void>(), 0, grid_->tiles() * kTile * 8);
  stream.fill(infinite.as<void>(), 0, grid_->tiles() * kTileWords * 4);
  stream.fill(totals.as<void>(), 0, 2 * 8);
}

}  // namespace lightcone
