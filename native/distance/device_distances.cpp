// SPDX-License-Identifier: Apache-2.0
// Distances on a device. Bands of block rows outside, chunks of samples inside, tiles innermost:
//
//   fast    source rows cross the bus once a band, become float32 panels (float16 ones in mode `fast`), and add to the
//           band's float64 sums, resident
//   mark    near and flagged pairs (metric.h) are marked, counted, and their sums cleared
//   near    the marked ones again in float64, from the source rows, which cross the bus once more
//   write   the sums come back and are finished on the host
//
// The device never holds work for longer than two launches (backend/device.h), so that a cancel is seen in time.
#include "distance/device_distances.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "backend/device.h"
#include "distance/device_feed.h"
#include "distance/output.h"

namespace lightcone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Block rows of one launch: its row panels then stay in second-level cache while the columns pass.
constexpr int64_t kStripRows = 16;
constexpr int64_t kMostBlocks = 32768;  // of one side of a launch; CUDA takes 65,535
// A float64 pair of the near kernel costs about so many float32 multiply-adds a class.
constexpr double kNearCost = 16;
// A float16 multiply-add on the tensor cores against a float32 one, by rated speeds and the products beside them.
constexpr double kHalfCost = 0.2;
// Classes times the samples of a launch are 32-bit numbers in the kernels.
constexpr int64_t kMostClasses = int64_t{1} << 19;
static_assert(kMostClasses * kDeviceSamples < int64_t{1} << 31, "lines of a launch");

double seconds_now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

class DeviceDistances {
 public:
  DeviceDistances(const Predictions& rows, const Predictions& columns, const lightcone_distances_options& options,
                  const Metric& metric, const Plan& plan, const Choice& choice, Team& team, const Progress& progress,
                  const DistanceOutput& out, lightcone_distances_report* report)
      : rows_(rows),
        columns_(columns),
        options_(options),
        metric_(metric),
        plan_(plan),
        out_(out),
        report_(*report),
        team_(team),
        progress_(progress),
        device_(*choice.operations, choice.ordinal),
        kernels_(device_.operations().distance),
        sizes_({rows.models(), columns.models() + plan.row_begin, columns.samples(), columns.classes(),
                plan.grid.triangle()},
               plan, options, columns.wide() || rows.wide(), device_.facts().memory_total),
        bands_(sizes_.bands(plan, device_.memory_free())),
        most_tiles_(most_tiles()),
        sums_(device_, most_tiles_ * kTile * 8),
        marks_(device_, most_tiles_ * kTileWords * 4),
        infinite_(device_, most_tiles_ * kTileWords * 4),
        counts_(device_, most_tiles_ * 8),
        list_(device_, most_tiles_ * 8),
        totals_(device_, 2 * 8),
        row_panel_(device_, sizes_.row_panel_bytes),
        column_panel_(device_, sizes_.column_panel_bytes),
        row_least_(device_, 4 * sizes_.row_padded / kBlock),
        column_least_(device_, 4 * sizes_.column_padded / kBlock),
        row_self_(device_, 8 * sizes_.row_padded),
        column_self_(device_, 8 * sizes_.column_padded),
        stream_(device_),
        feed_(device_, sizes_, stream_, team_, progress_),
        launches_(device_, stream_, progress_) {
    report_.working_bytes = sizes_.host_bytes;
    report_.device_bytes = sizes_.device_bytes(most_tiles_);
    report_.bands = static_cast<int32_t>(bands_.size()) - 1;
  }

  void run() {
    for (size_t band = 0; band + 1 < bands_.size(); ++band) {
      begin_band(bands_[band], bands_[band + 1]);
      fast();
      mark();
      near();
      write();
    }
  }

 private:
  int64_t first_tile(int64_t block_row) const {
    const Grid& grid = plan_.grid;
    if (block_row == grid.row_blocks()) return grid.tiles();
    return grid.index(block_row, grid.triangle() ? block_row : 0);
  }
  int64_t most_tiles() const {
    int64_t most = 0;
    for (size_t b = 0; b + 1 < bands_.size(); ++b) most = std::max(most, first_tile(bands_[b + 1]) - first_tile(bands_[b]));
    return most;
  }

  // A band is a call of its own: in a triangle its columns begin with its rows.
  void begin_band(int64_t begin, int64_t end) {
    const bool triangle = sizes_.triangle;
    const int64_t skipped = begin * kBlock;
    const int64_t rows = std::min(end * kBlock, plan_.grid.rows()) - skipped;
    base_ = first_tile(begin);
    band_columns_ = std::make_unique<Predictions>(columns_.tail(triangle ? skipped : 0));
    band_rows_ = triangle ? nullptr : std::make_unique<Predictions>(rows_.tail(skipped));
    grid_ = std::make_unique<Grid>(rows, band_columns_->models(), triangle);
    tables_ = {band_rows_.get(), band_columns_.get(), sizes_.rows, sizes_.columns};
    tables_.column_layout.models = band_columns_->models();
    tables_.row_layout.models = triangle ? 0 : rows;
    map_ = {grid_->column_blocks(), triangle};
    stream_.fill(sums_.as<void>(), 0, grid_->tiles() * kTile * 8);
    stream_.fill(infinite_.as<void>(), 0, grid_->tiles() * kTileWords * 4);
    stream_.fill(totals_.as<void>(), 0, 16);
  }

  // use(range, pairs) for rectangles of tiles of at most kLaunchOperations, each tile taking `operations`.
  template <class Use>
  void for_ranges(double operations, const Use& use) {
    const int64_t fit = std::max<int64_t>(1, static_cast<int64_t>(kLaunchOperations / operations));
    const int64_t height = std::min(kStripRows, fit), width = std::min(kMostBlocks, std::max<int64_t>(1, fit / height));
    for (int64_t i = 0; i < grid_->row_blocks(); i += height) {
      const int64_t rows = std::min(height, grid_->row_blocks() - i);
      for (int64_t j = grid_->triangle() ? i : 0; j < grid_->column_blocks(); j += width) {
        const DeviceTileRange range{i, rows, j, std::min(width, grid_->column_blocks() - j)};
        int64_t pairs = 0;
        for (int64_t r = i; r < i + rows; ++r)
          for (int64_t c = grid_->triangle() ? std::max(j, r) : j; c < j + range.columns; ++c)
            pairs += grid_->pairs_in(r, c);
        progress_.check();
        use(range, pairs);
      }
    }
  }

  void fast() {
    const double start = seconds_now();
    const auto ingest = [&](SampleRange, const FedTables& fed) {
      panel(fed.columns, column_panel_, column_least_, column_self_);
      if (!sizes_.triangle) panel(fed.rows, row_panel_, row_least_, row_self_);
    };
    const auto use = [&](SampleRange chunk, const FedTables& fed) {
      sizes_.half ? multiply(half_product_args(chunk, fed), kernels_.half_product, kHalfCost)
                  : multiply(product_args(chunk, fed), kernels_.product, 1);
    };
    const double waited = feed_.run(tables_, plan_.all, sizes_.chunk, ingest, use);
    launches_.drain();
    report_.read_seconds += waited;
    report_.distances_seconds += seconds_now() - start - waited;
  }

  DeviceProductArgs product_args(SampleRange chunk, const FedTables& fed) const {
    DeviceProductArgs args{};
    args.columns = column_panel_.as<float>();
    args.column_smallest = column_least_.as<uint32_t>();
    args.column_padded = fed.columns.padded;
    args.rows = sizes_.triangle ? args.columns : row_panel_.as<float>();
    args.row_smallest = sizes_.triangle ? args.column_smallest : row_least_.as<uint32_t>();
    args.row_padded = sizes_.triangle ? args.column_padded : fed.rows.padded;
    args.samples = chunk.count;
    args.classes = fed.columns.classes;
    args.log_scale = fed.log_scale;
    args.map = map_;
    args.sums = sums_.as<double>();
    return args;
  }
  DeviceHalfProductArgs half_product_args(SampleRange chunk, const FedTables& fed) const {
    DeviceHalfProductArgs args{};
    args.columns = column_panel_.as<uint32_t>();
    args.column_self = column_self_.as<double>();
    args.column_padded = fed.columns.padded;
    args.rows = sizes_.triangle ? args.columns : row_panel_.as<uint32_t>();
    args.row_self = sizes_.triangle ? args.column_self : row_self_.as<double>();
    args.row_padded = sizes_.triangle ? args.column_padded : fed.rows.padded;
    args.samples = chunk.count;
    args.classes = fed.columns.classes;
    args.map = map_;
    args.sums = sums_.as<double>();
    return args;
  }
  // All tiles of the chunk; a multiply-add takes `cost` of a float32 one's time.
  template <class Args>
  void multiply(Args args, int (*kernel)(const Args*, void*), double cost) {
    for_ranges(cost * static_cast<double>(kTile * args.samples * (args.classes + 1)),
               [&](const DeviceTileRange& range, int64_t pairs) {
                 args.range = range;
                 device_.check(kernel(&args, stream_.get()), "launch the distances");
                 launches_.queued(pairs * args.samples);
               });
  }

  void panel(const DeviceSource& source, const DeviceBuffer& panel, const DeviceBuffer& least, const DeviceBuffer& self) {
    if (sizes_.half) {
      const DeviceHalfPanelArgs args{source, panel.as<uint32_t>(), self.as<double>()};
      device_.check(kernels_.half_panel(&args, stream_.get()), "launch the ingest");
      return;
    }
    stream_.fill(least.as<void>(), 0x7f, source.padded / kBlock * 4);  // 3.4e38 as a float
    const DevicePanelArgs args{source, panel.as<float>(), least.as<uint32_t>()};
    device_.check(kernels_.panel(&args, stream_.get()), "launch the ingest");
  }

  // Which tiles have pairs to redo, and how many.
  void mark() {
    const double start = seconds_now();
    const bool near_too = options_.refine == LIGHTCONE_REFINE_AUTO && options_.precision == LIGHTCONE_PRECISION_EXACT;
    DeviceMarkArgs args{};
    args.map = map_;
    args.row_models = sizes_.triangle ? tables_.column_layout.models : tables_.row_layout.models;
    args.column_models = tables_.column_layout.models;
    args.samples = static_cast<double>(plan_.all.count);
    args.near_below =
        near_too ? metric_.near_below(args.samples, static_cast<double>(columns_.classes())) : -kInfinity;
    args.sums = sums_.as<double>();
    args.marks = marks_.as<uint32_t>();
    args.counts = counts_.as<int32_t>();
    // Bound by memory: eight bytes a pair are worth some hundred multiply-adds.
    for_ranges(100.0 * kTile, [&](const DeviceTileRange& range, int64_t) {
      args.range = range;
      device_.check(kernels_.mark(&args, stream_.get()), "launch the marks");
      launches_.queued(0);
    });
    launches_.drain();
    todo_.clear();
    todo_pairs_.clear();
    int64_t i = 0, j = 0;
    bring(counts_, 8, [&](int64_t tile, const char* data) {
      int32_t counts[2];
      std::memcpy(counts, data, sizeof counts);
      report_.near_pairs += counts[0];
      report_.flagged_pairs += counts[1];
      if (counts[0] + counts[1] == 0) return;
      grid_->at(tile, &i, &j);
      todo_.push_back({static_cast<int32_t>(i), static_cast<int32_t>(j)});
      todo_pairs_.push_back(counts[0] + counts[1]);
    });
    report_.distances_seconds += seconds_now() - start;
  }

  // each(tile, data) for `bytes` of each tile of the band, brought to the host piece by piece.
  template <class Each>
  void bring(const DeviceBuffer& from, int64_t bytes, const Each& each) {
    const int64_t piece = sizes_.slot_bytes / bytes;
    for (int64_t first = 0; first < grid_->tiles(); first += piece) {
      const int64_t count = std::min(piece, grid_->tiles() - first);
      stream_.to_host(feed_.pinned(0), from.as<char>() + first * bytes, count * bytes);
      launches_.queued(0);
      launches_.drain();
      for (int64_t k = 0; k < count; ++k) each(first + k, feed_.pinned(0) + k * bytes);
    }
  }

  void near() {
    if (todo_.empty()) return;
    const double start = seconds_now();
    int64_t redone = 0;
    for (const int64_t pairs : todo_pairs_) redone += pairs;
    progress_.expect(redone * plan_.all.count);
    const int64_t bytes = static_cast<int64_t>(todo_.size()) * 8, piece = sizes_.slot_bytes / 8 * 8;
    for (int64_t at = 0; at < bytes; at += piece) {
      const int64_t length = std::min(piece, bytes - at);
      std::memcpy(feed_.pinned(0), reinterpret_cast<const char*>(todo_.data()) + at, static_cast<size_t>(length));
      stream_.to_device(list_.as<char>() + at, feed_.pinned(0), length);
      launches_.queued(0);
      launches_.drain();
    }
    const auto ingest = [&](SampleRange, const FedTables& fed) {
      rows64(fed.columns, column_panel_);
      if (!sizes_.triangle) rows64(fed.rows, row_panel_);
    };
    const auto use = [&](SampleRange chunk, const FedTables& fed) { near_chunk(chunk, fed); };
    feed_.run(tables_, plan_.all, sizes_.near_chunk, ingest, use);
    launches_.drain();
    stream_.to_host(feed_.pinned(0), totals_.as<void>(), 16);
    launches_.queued(0);
    launches_.drain();
    uint64_t totals[2];
    std::memcpy(totals, feed_.pinned(0), sizeof totals);
    report_.infinite_terms += static_cast<int64_t>(totals[0]);
    report_.infinite_pairs += static_cast<int64_t>(totals[1]);
    report_.refine_seconds += seconds_now() - start;
  }

  // A panel's buffer as float64 rows, their logarithms and the flags of deep rows.
  struct Rows64 {
    Rows64(const DeviceSource& source, const DeviceBuffer& buffer)
        : rows(buffer.as<double>()),
          logs(rows + source.samples * source.classes * source.padded),
          deep(reinterpret_cast<uint8_t*>(logs + source.samples * source.classes * source.padded)) {}
    double *rows, *logs;
    uint8_t* deep;
  };

  void rows64(const DeviceSource& source, const DeviceBuffer& buffer) {
    const Rows64 to(source, buffer);
    const DeviceRowsArgs args{source, to.rows, to.logs, to.deep};
    device_.check(kernels_.rows(&args, stream_.get()), "launch the ingest");
  }

  void near_chunk(SampleRange chunk, const FedTables& fed) {
    const DeviceSource& row_source = sizes_.triangle ? fed.columns : fed.rows;
    const Rows64 columns(fed.columns, column_panel_), rows(row_source, sizes_.triangle ? column_panel_ : row_panel_);
    const bool cap = options_.infinity == LIGHTCONE_INFINITY_CAP;
    DeviceNearArgs args{rows.rows,       columns.rows, rows.logs,          columns.logs,
                        rows.deep,       columns.deep, row_source.padded,  fed.columns.padded,
                        chunk.count,     fed.columns.classes, map_,        nullptr,
                        0,               marks_.as<uint32_t>(), infinite_.as<uint32_t>(),
                        cap ? options_.infinity_cap : kInfinity, sums_.as<double>(), totals_.as<uint64_t>()};
    const double cost = kNearCost * static_cast<double>(chunk.count * args.classes);
    const int64_t tiles = static_cast<int64_t>(todo_.size());
    for (int64_t first = 0; first < tiles;) {
      progress_.check();
      int64_t end = first, pairs = 0;
      while (end < tiles && (end == first || cost * static_cast<double>(pairs) < kLaunchOperations))
        pairs += todo_pairs_[static_cast<size_t>(end++)];
      args.tiles = list_.as<int32_t>() + 2 * first;
      args.count = end - first;
      device_.check(kernels_.near(&args, stream_.get()), "launch the near pairs");
      launches_.queued(pairs * chunk.count);
      first = end;
    }
  }

  // The sums back, a buffer at a time, the next on its way while the team writes.
  void write() {
    const double n = static_cast<double>(plan_.all.count);
    const int64_t bytes = kTile * 8, piece = sizes_.slot_bytes / bytes, tiles = grid_->tiles();
    const auto copy = [&](int64_t first, int slot) {
      if (first >= tiles) return;
      stream_.to_host(feed_.pinned(slot), sums_.as<char>() + first * bytes, std::min(piece, tiles - first) * bytes);
    };
    copy(0, 0);
    for (int64_t first = 0, slot = 0; first < tiles; first += piece, slot = 1 - slot) {
      launches_.queued(0);
      launches_.drain();
      copy(first + piece, static_cast<int>(1 - slot));
      const double* sums = reinterpret_cast<const double*>(feed_.pinned(static_cast<int>(slot)));
      team_.run(std::min(piece, tiles - first), [&](int64_t k, int) {
        progress_.check();
        // Rounding alone can make a final mean negative; never a sample's term.
        write_tile(plan_.grid, options_, rows_.models(), columns_.models(), out_.distances, 0, base_ + first + k,
                   [&](int64_t pair) { return metric_.finish(std::max(sums[k * kTile + pair] / n, 0.0), n); });
      });
    }
  }

  const Predictions& rows_;
  const Predictions& columns_;
  const lightcone_distances_options& options_;
  const Metric& metric_;
  const Plan& plan_;
  const DistanceOutput& out_;
  lightcone_distances_report& report_;
  Team& team_;
  const Progress& progress_;
  const Device device_;
  const DeviceDistanceKernels& kernels_;
  const DevicePlan sizes_;
  const std::vector<int64_t> bands_;
  const int64_t most_tiles_;
  const DeviceBuffer sums_, marks_, infinite_, counts_, list_, totals_;
  const DeviceBuffer row_panel_, column_panel_, row_least_, column_least_, row_self_, column_self_;
  const DeviceStream stream_;
  DeviceFeed feed_;
  DeviceLaunches launches_;

  // Of the band in progress.
  int64_t base_ = 0;  // its first tile
  std::unique_ptr<Predictions> band_rows_, band_columns_;
  std::unique_ptr<Grid> grid_;
  FeedTables tables_{};
  DeviceTileMap map_{};
  struct Place {
    int32_t i, j;
  };
  std::vector<Place> todo_;
  std::vector<int64_t> todo_pairs_;
};

}  // namespace

Work device_work(const Shape& shape, const Plan& plan, const Metric& metric,
                 const lightcone_distances_options& options) {
  const double pair_samples = static_cast<double>(plan.grid.pairs()) * static_cast<double>(plan.all.count);
  const double models = static_cast<double>(shape.triangle ? shape.columns - plan.row_begin : shape.rows + shape.columns);
  Work work{};
  work.multiply_adds = pair_samples * static_cast<double>(shape.classes + 1);
  if (options.precision == LIGHTCONE_PRECISION_FAST) work.multiply_adds *= kHalfCost;
  work.input_bytes = models * static_cast<double>(plan.all.count) * static_cast<double>(shape.classes) * 4;
  if (options.precision == LIGHTCONE_PRECISION_COMPAT) {
    work.refusal = "compat follows the paper's code in float64, on the CPU alone";
  } else if (!metric.product_trick) {
    work.refusal = format("%s is measured on the CPU alone", metric.name);
  } else if (shape.classes > kMostClasses) {
    work.refusal = format("%lld classes are more than the kernels count", static_cast<long long>(shape.classes));
  } else if (options.precision == LIGHTCONE_PRECISION_FAST && metric.code != LIGHTCONE_METRIC_BHATTACHARYYA) {
    work.refusal = format("fast is float16 on a device, too coarse for %s: ask for exact", metric.name);
  } else if (options.sample_blocks != 0) {
    work.refusal = "standard errors and replicates are made on the CPU alone";
  }
  return work;
}

void device_distances(const Predictions& rows, const Predictions& columns, const lightcone_distances_options& options,
                      const Metric& metric, const Plan& plan, const Choice& choice, Team& team,
                      const Progress& progress, const DistanceOutput& out, lightcone_distances_report* report) {
  DeviceDistances(rows, columns, options, metric, plan, choice, team, progress, out, report).run();
}

}  // namespace lightcone
