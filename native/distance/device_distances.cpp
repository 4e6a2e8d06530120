// SPDX-License-Identifier: Apache-2.0
// Distances on a device. Bands of block rows outside, chunks of samples inside, tiles innermost:
//
//   fast    source rows cross the bus once a band, become float32 panels (in mode fast float16 ones, for the tensor
//           cores), and add to the band's float64 sums, resident
//   near    near and flagged pairs again in float64 (device_near.h)
//   write   the sums come back and are finished on the host
//
// The device never holds work for longer than two launches (backend/device.h), so that a cancel is seen in time.
#include "distance/device_distances.h"

#include <algorithm>

#include "base/clock.h"
#include "distance/device_near.h"
#include "distance/output.h"

namespace lightcone {
namespace {

// Classes times the samples of a launch are 32-bit numbers in the kernels.
constexpr int64_t kMostClasses = int64_t{1} << 19;
static_assert(kMostClasses * kDeviceSamples < int64_t{1} << 31, "lines of a launch");

// A float16 multiply-add on the tensor cores against a float32 one, by rated speeds and the products beside them.
constexpr double kHalfCost = 0.2;

void ingest(const DeviceBand& band, const DeviceSource& source, const DeviceBuffer& panel, const DeviceBuffer& facts) {
  if (band.sizes.half) {
    const DeviceHalfPanelArgs args{source, panel.as<uint32_t>(), facts.as<double>()};
    band.device.check(band.kernels.half_panel(&args, band.stream.get()), "launch the ingest");
    return;
  }
  band.stream.fill(facts.as<void>(), 0x7f, source.padded / kBlock * 4);  // 3.4e38 as a float
  const DevicePanelArgs args{source, panel.as<float>(), facts.as<uint32_t>()};
  band.device.check(band.kernels.panel(&args, band.stream.get()), "launch the ingest");
}

// All tiles of the chunk; a multiply-add takes `cost` of a float32 one's time.
template <class Args>
void multiply(DeviceBand& band, Args args, int (*kernel)(const Args*, void*), double cost) {
  const double operations = cost * static_cast<double>(kTile * args.samples) * static_cast<double>(args.classes + 1);
  band.for_ranges(operations, [&](const DeviceTileRange& range, int64_t pairs) {
    args.range = range;
    band.device.check(kernel(&args, band.stream.get()), "launch the distances");
    band.launches.queued(pairs * args.samples);
  });
}

// What the arguments of both precisions share.
template <class Args>
Args shared_args(const DeviceBand& band, SampleRange chunk, const FedTables& fed) {
  Args args{};
  args.row_padded = band.sizes.triangle ? fed.columns.padded : fed.rows.padded;
  args.column_padded = fed.columns.padded;
  args.samples = chunk.count;
  args.classes = fed.columns.classes;
  args.map = band.map();
  args.sums = band.sums.as<double>();
  return args;
}

void products(DeviceBand& band, SampleRange chunk, const FedTables& fed) {
  const bool triangle = band.sizes.triangle;
  const DeviceBuffer &rows = triangle ? band.column_panel : band.row_panel, &columns = band.column_panel;
  const DeviceBuffer &row_facts = triangle ? band.column_facts : band.row_facts, &column_facts = band.column_facts;
  if (band.sizes.half) {
    auto args = shared_args<DeviceHalfProductArgs>(band, chunk, fed);
    args.rows = rows.as<uint32_t>();
    args.columns = columns.as<uint32_t>();
    args.row_self = row_facts.as<double>();
    args.column_self = column_facts.as<double>();
    multiply(band, args, band.kernels.half_product, kHalfCost);
    return;
  }
  auto args = shared_args<DeviceProductArgs>(band, chunk, fed);
  args.rows = rows.as<float>();
  args.columns = columns.as<float>();
  args.row_smallest = row_facts.as<uint32_t>();
  args.column_smallest = column_facts.as<uint32_t>();
  args.log_scale = fed.log_scale;
  multiply(band, args, band.kernels.product, 1);
}

void fast(DeviceBand& band) {
  const double start = seconds_now();
  const double waited = band.feed.run(
      band.tables(), band.call.plan.all, band.sizes.chunk,
      [&](SampleRange, const FedTables& fed) {
        ingest(band, fed.columns, band.column_panel, band.column_facts);
        if (!band.sizes.triangle) ingest(band, fed.rows, band.row_panel, band.row_facts);
      },
      [&](SampleRange chunk, const FedTables& fed) { products(band, chunk, fed); });
  band.launches.finish();
  band.call.report.read_seconds += waited;
  band.call.report.distances_seconds += seconds_now() - start;
}

// The sums back, a buffer at a time, the next on its way while the team writes.
void write(DeviceBand& band, void* out) {
  const DeviceCall& call = band.call;
  const double n = static_cast<double>(call.plan.all.count);
  const int64_t bytes = kTile * 8, piece = band.sizes.slot_bytes / bytes, tiles = band.grid().tiles();
  const auto copy = [&](int64_t first, int slot) {
    if (first < tiles)
      band.stream.to_host(band.feed.pinned(slot), band.sums.as<char>() + first * bytes,
                          std::min(piece, tiles - first) * bytes);
  };
  int slot = 0;
  copy(0, slot);
  for (int64_t first = 0; first < tiles; first += piece, slot = 1 - slot) {
    band.launches.finish();
    copy(first + piece, 1 - slot);
    const double* sums = reinterpret_cast<const double*>(band.feed.pinned(slot));
    call.team.run(std::min(piece, tiles - first), [&](int64_t k, int) {
      call.progress.check();
      // Rounding alone can make a final mean negative; never a sample's term.
      write_tile(call.plan.grid, call.options, call.rows.models(), call.columns.models(), out, 0,
                 band.first_tile() + first + k,
                 [&](int64_t pair) { return call.metric.finish(std::max(sums[k * kTile + pair] / n, 0.0), n); });
    });
  }
}

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
  const DeviceCall call{rows, columns, options, metric, plan, team, progress, *report};
  DeviceBand band(call, *choice.operations, choice.ordinal);
  DeviceNear near(band);
  for (int64_t k = 0; k < band.bands(); ++k) {
    band.begin(k);
    fast(band);
    near.mark();
    near.run();
    write(band, out.distances);
  }
}

}  // namespace lightcone
