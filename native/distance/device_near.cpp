// SPDX-License-Identifier: Apache-2.0
#include "distance/device_near.h"

#include <cstring>
#include <limits>
#include <numeric>

#include "base/clock.h"

namespace lightcone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A float64 pair of the near kernel costs about so many float32 multiply-adds a class.
constexpr double kNearCost = 16;
// And a pair to be looked at, eight bytes from memory, so many.
constexpr double kMarkCost = 100;

// A panel's buffer as float64 rows, their logarithms and the flags of deep rows.
struct Rows64 {
  Rows64(const DeviceSource& source, const DeviceBuffer& buffer)
      : rows(buffer.as<double>()),
        logs(rows + source.samples * source.classes * source.padded),
        deep(reinterpret_cast<uint8_t*>(logs + source.samples * source.classes * source.padded)) {}
  double *rows, *logs;
  uint8_t* deep;
};

}  // namespace

void DeviceNear::mark() {
  const DeviceCall& call = band_.call;
  const double start = seconds_now();
  const bool near_too =
      call.options.refine == LIGHTCONE_REFINE_AUTO && call.options.precision == LIGHTCONE_PRECISION_EXACT;
  DeviceMarkArgs args{};
  args.map = band_.map();
  args.row_models = band_.row_models();
  args.column_models = band_.tables().column_layout.models;
  args.samples = static_cast<double>(call.plan.all.count);
  args.near_below =
      near_too ? call.metric.near_below(args.samples, static_cast<double>(call.columns.classes())) : -kInfinity;
  args.sums = band_.sums.as<double>();
  args.marks = band_.marks.as<uint32_t>();
  args.counts = band_.counts.as<int32_t>();
  band_.for_ranges(kMarkCost * kTile, [&](const DeviceTileRange& range, int64_t) {
    args.range = range;
    band_.device.check(band_.kernels.mark(&args, band_.stream.get()), "launch the marks");
    band_.launches.queued(0);
  });
  tiles_.clear();
  pairs_.clear();
  band_.bring(band_.counts, 8, [&](int64_t tile, const char* data) {
    int32_t counts[2];  // near, flagged
    std::memcpy(counts, data, sizeof counts);
    call.report.near_pairs += counts[0];
    call.report.flagged_pairs += counts[1];
    if (counts[0] + counts[1] == 0) return;
    int64_t i, j;
    band_.grid().at(tile, &i, &j);
    tiles_.push_back({static_cast<int32_t>(i), static_cast<int32_t>(j)});
    pairs_.push_back(counts[0] + counts[1]);
  });
  call.report.distances_seconds += seconds_now() - start;
}

void DeviceNear::list_tiles() {
  const int64_t bytes = static_cast<int64_t>(tiles_.size() * sizeof(Place)), piece = band_.sizes.slot_bytes / 8 * 8;
  for (int64_t at = 0; at < bytes; at += piece) {
    const int64_t length = std::min(piece, bytes - at);
    std::memcpy(band_.feed.pinned(0), reinterpret_cast<const char*>(tiles_.data()) + at, static_cast<size_t>(length));
    band_.stream.to_device(band_.list.as<char>() + at, band_.feed.pinned(0), length);
    band_.launches.finish();
  }
}

void DeviceNear::run() {
  if (tiles_.empty()) return;
  const DeviceCall& call = band_.call;
  const double start = seconds_now();
  call.progress.expect(std::accumulate(pairs_.begin(), pairs_.end(), int64_t{0}) * call.plan.all.count);
  list_tiles();
  const auto rows = [&](const DeviceSource& source, const DeviceBuffer& buffer) {
    const Rows64 to(source, buffer);
    const DeviceRowsArgs args{source, to.rows, to.logs, to.deep};
    band_.device.check(band_.kernels.rows(&args, band_.stream.get()), "launch the ingest");
  };
  band_.feed.run(
      band_.tables(), call.plan.all, band_.sizes.near_chunk,
      [&](SampleRange, const FedTables& fed) {
        rows(fed.columns, band_.column_panel);
        if (!band_.sizes.triangle) rows(fed.rows, band_.row_panel);
      },
      [&](SampleRange samples, const FedTables& fed) { chunk(samples, fed); });
  uint64_t totals[2];  // infinite terms, pairs with one
  band_.stream.to_host(band_.feed.pinned(0), band_.totals.as<void>(), sizeof totals);
  band_.launches.finish();
  std::memcpy(totals, band_.feed.pinned(0), sizeof totals);
  call.report.infinite_terms += static_cast<int64_t>(totals[0]);
  call.report.infinite_pairs += static_cast<int64_t>(totals[1]);
  call.report.refine_seconds += seconds_now() - start;
}

void DeviceNear::chunk(SampleRange samples, const FedTables& fed) {
  const DeviceCall& call = band_.call;
  const bool triangle = band_.sizes.triangle;
  const DeviceSource& row_source = triangle ? fed.columns : fed.rows;
  const Rows64 columns(fed.columns, band_.column_panel), rows(row_source, triangle ? band_.column_panel : band_.row_panel);
  DeviceNearArgs args{};
  args.rows = rows.rows;
  args.row_logs = rows.logs;
  args.row_deep = rows.deep;
  args.row_padded = row_source.padded;
  args.columns = columns.rows;
  args.column_logs = columns.logs;
  args.column_deep = columns.deep;
  args.column_padded = fed.columns.padded;
  args.samples = samples.count;
  args.classes = fed.columns.classes;
  args.map = band_.map();
  args.marks = band_.marks.as<uint32_t>();
  args.infinite = band_.infinite.as<uint32_t>();
  args.cap = call.options.infinity == LIGHTCONE_INFINITY_CAP ? call.options.infinity_cap : kInfinity;
  args.sums = band_.sums.as<double>();
  args.totals = band_.totals.as<uint64_t>();
  const double cost = kNearCost * static_cast<double>(samples.count * args.classes);
  const size_t tiles = tiles_.size();
  for (size_t first = 0, end = 0; first < tiles; first = end) {
    call.progress.check();
    int64_t pairs = 0;
    while (end < tiles && (end == first || cost * static_cast<double>(pairs) < kLaunchOperations)) pairs += pairs_[end++];
    args.tiles = band_.list.as<int32_t>() + 2 * first;
    args.count = static_cast<int64_t>(end - first);
    band_.device.check(band_.kernels.near(&args, band_.stream.get()), "launch the near pairs");
    band_.launches.queued(pairs * samples.count);
  }
}

}  // namespace lightcone
