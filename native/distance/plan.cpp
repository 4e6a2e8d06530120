// SPDX-License-Identifier: Apache-2.0
#include "distance/plan.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "base/error.h"

namespace lightcone {
namespace {

[[noreturn]] void invalid(const std::string& message) { throw Error(LIGHTCONE_INVALID_ARGUMENT, message); }

void check(const lightcone_distances_options& o, const Metric& metric, const Shape& shape) {
  const bool triangle = shape.triangle;
  if (metric.source == Source::kLabel && shape.classes > 65536)
    throw Error(LIGHTCONE_UNSUPPORTED, format("disagreement of %lld classes: labels have two bytes, at most 65536",
                                              (long long)shape.classes));
  if (o.refine != LIGHTCONE_REFINE_AUTO && o.refine != LIGHTCONE_REFINE_OFF)
    invalid(format("unknown refine constant %d", o.refine));
  if (o.infinity != LIGHTCONE_INFINITY_KEEP && o.infinity != LIGHTCONE_INFINITY_CAP)
    invalid(format("unknown infinity constant %d", o.infinity));
  if (o.precision < LIGHTCONE_PRECISION_EXACT || o.precision > LIGHTCONE_PRECISION_COMPAT)
    invalid(format("unknown precision constant %d", o.precision));
  if (o.precision == LIGHTCONE_PRECISION_COMPAT && metric.compat == nullptr)
    throw Error(LIGHTCONE_UNSUPPORTED,
                format("precision compat follows the paper's code, which defines it for bhattacharyya alone: "
                       "measure %s with exact or fast",
                       metric.name));
  if (o.out_dtype != LIGHTCONE_FLOAT32 && o.out_dtype != LIGHTCONE_FLOAT64)
    invalid(format("unknown element type %d", o.out_dtype));
  if (o.layout != LIGHTCONE_LAYOUT_DENSE && o.layout != LIGHTCONE_LAYOUT_TILES)
    invalid(format("unknown layout constant %d", o.layout));
  if (o.layout == LIGHTCONE_LAYOUT_TILES && o.out_dtype != LIGHTCONE_FLOAT32)
    invalid("packed tiles are float32: leave out_dtype at its default");
  if (o.layout == LIGHTCONE_LAYOUT_TILES && !triangle)
    invalid("packed tiles hold a symmetric matrix: distances between two tables are dense");
  if (o.layout == LIGHTCONE_LAYOUT_DENSE && (o.row_begin != 0 || o.row_end >= 0))
    invalid("a band of rows is written as packed tiles: ask for the tiles layout");
  if (o.panel_bytes < 0) invalid(format("panel_bytes of %lld: 0 is the default", (long long)o.panel_bytes));
  if (o.sample_end < -1 || o.row_end < -1) invalid("an end below -1, which stands for all of them");
  const bool capped = o.infinity == LIGHTCONE_INFINITY_CAP || o.precision == LIGHTCONE_PRECISION_COMPAT;
  if (capped && !(o.infinity_cap >= 0 && std::isfinite(o.infinity_cap)))
    invalid(format("infinity cap of %g: it must be finite and >= 0", o.infinity_cap));
}

SampleRange sample_range(int64_t samples, const lightcone_distances_options& o) {
  const int64_t end = o.sample_end < 0 ? samples : o.sample_end;
  if (o.sample_step < 1 || o.sample_begin < 0 || end > samples || o.sample_begin >= end)
    invalid(format("samples %lld:%lld:%lld are not a range of the %lld samples there are",
                   (long long)o.sample_begin, (long long)end, (long long)o.sample_step, (long long)samples));
  // A step past the end is one sample, and as a stride in bytes it would overflow.
  const int64_t step = std::min(o.sample_step, end - o.sample_begin);
  return {o.sample_begin, step, (end - o.sample_begin - 1) / step + 1};
}

Grid grid_of(const Shape& shape, const lightcone_distances_options& o) {
  if (!shape.triangle) return Grid(shape.rows, shape.columns, false);
  const int64_t models = shape.columns, end = o.row_end < 0 ? models : o.row_end;
  if (o.row_begin < 0 || o.row_begin >= end || end > models || o.row_begin % kBlock != 0 ||
      (end % kBlock != 0 && end != models))
    invalid(format("rows [%lld, %lld) are not a band of the %lld models there are: both ends must be multiples of "
                   "%lld, or M",
                   (long long)o.row_begin, (long long)end, (long long)models, (long long)kBlock));
  return Grid(end - o.row_begin, models - o.row_begin, true);
}

constexpr int64_t kPage = int64_t{2} << 20;  // AlignedBuffer's unit
// Of arrays of that shape; no sum of a call's byte counts overflows below a quarter of the address space.
int64_t bytes_of(std::initializer_list<int64_t> shape) {
  int64_t bytes = 1;
  for (const int64_t size : shape)
    if (__builtin_mul_overflow(bytes, size, &bytes) || bytes > int64_t{1} << 61)
      invalid("sums larger than the address space: ask for fewer replicates or sample blocks, or a band of rows");
  return bytes;
}
int64_t rounded(int64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

}  // namespace

Plan::Plan(const Shape& shape, const Metric& metric, const lightcone_distances_options& o, int threads)
    : row_begin(o.row_begin), grid((check(o, metric, shape), grid_of(shape, o))) {
  all = sample_range(shape.samples, o);
  if (o.sample_blocks != 0) {
    if (o.sample_blocks < 2 || o.sample_blocks > all.count)
      invalid(format("%lld blocks of samples: at least 2, and no more than the %lld samples",
                     (long long)o.sample_blocks, (long long)all.count));
    sample_blocks = o.sample_blocks;
  }
  if (o.replicates < 0 || o.replicates > (1 << 20) || (o.replicates > 0 && o.sample_blocks == 0))
    invalid(format("%lld bootstrap replicates: 0 to 2^20, and with sample_blocks to draw from",
                   (long long)o.replicates));
  sums = o.sample_blocks == 0 ? 1 : 3 + o.replicates;

  const bool compat = o.precision == LIGHTCONE_PRECISION_COMPAT;
  const bool labels = metric.source == Source::kLabel;
  streams = metric.source == Source::kLogarithm ? 2 : 1;
  has_tile = !compat && (metric.product_trick || metric.exact != nullptr);
  wide = labels ? shape.classes > 256 : !metric.product_trick && o.precision == LIGHTCONE_PRECISION_EXACT;

  // Bytes of one sample of one model in a panel, and what chunks are a multiple of: the product trick's
  // renormalisation, a group of a matrix product, a vector of labels.
  const int64_t number = wide ? 8 : 4;
  const int64_t sample = labels ? (wide ? 2 : 1) : streams * shape.classes * number;
  const int64_t quantum = labels ? 64 : metric.product_trick ? kRenormalise : 16;
  const int64_t budget = o.panel_bytes > 0 ? o.panel_bytes : int64_t{512} << 20;
  const int64_t models = shape.triangle ? shape.columns : shape.rows + shape.columns;
  // A block's panel of 512 KiB: one of a row of tiles and one of the columns' stay in a second-level cache of 1 MiB,
  // and those of a square of tiles (Grid::visit) in any third-level one. A tile takes less than a millisecond, so a
  // cancel is seen at once. Nothing here depends on the band, so that the bits of a tile do not either.
  const int64_t longest = (all.count + sample_blocks - 1) / sample_blocks;  // block
  const int64_t padded = (blocks_of(models) + 1) * kBlock;
  chunk = std::max(quantum, (int64_t{1} << 19) / (kBlock * sample) / quantum * quantum);
  chunk = std::min({chunk, longest, budget / (padded * sample)});
  chunk = std::max<int64_t>(1, chunk > quantum ? chunk / quantum * quantum : chunk);
  const int64_t row = streams * shape.classes * 8;
  // The pairs of a tile read its column models again for every row model: 1 MiB of them stays in a second-level cache,
  // beyond which a pair costs half as much again. Below 16 samples the logarithms that end a pair would cost more.
  const int64_t cached = std::max<int64_t>(16, (int64_t{1} << 20) / (kBlock * row) / 8 * 8);
  stride = std::clamp<int64_t>(budget / (models * row) / 8 * 8, 8,
                               std::min({kPairSamples, cached, (longest + 7) / 8 * 8}));

  const int64_t row_models = shape.triangle ? 0 : shape.rows, column_models = shape.columns - row_begin;
  const int64_t panel = kBlock * sample * (labels ? (chunk + 63) / 64 * 64 : chunk);
  if (has_tile) {
    row_panel_bytes = blocks_of(row_models) * panel;
    column_panel_bytes = blocks_of(column_models) * panel;
    long_products = metric.product_trick && longest > kLongestProduct;
    state_bytes = metric.product_trick ? bytes_of({8 * kTile, long_products ? grid.tiles() : threads}) : 0;
  }
  if (metric.pair != nullptr) {
    row_pair_bytes = row_models * row * stride;
    column_pair_bytes = column_models * row * stride;
  }
  // Eight tasks to a thread, so that the last one is waited for an eighth of the time at most.
  while (parts < kBlock / kPartRows && grid.tiles() * parts < 8 * static_cast<int64_t>(threads)) parts *= 2;
  sum_bytes = bytes_of({8 * kTile, grid.tiles(), sums});
  // What replicate r drew, of each block and in all. Sets of redone pairs, at worst for every tile, and of infinite ones, for every part;
  // products with itself and digest of each model; and what each thread reads its rows through.
  const int64_t draws = bytes_of({4, o.replicates, sample_blocks}) + 8 * o.replicates;
  const int64_t sets = grid.tiles() * (1 + parts) * (kTile / 8 + 8);
  const int64_t facts = 16 * (blocks_of(row_models) + blocks_of(column_models)) * kBlock;
  const int64_t reading = threads * std::max<int64_t>(int64_t{2} << 20, 64 * row);
  working_bytes = rounded(sum_bytes) + draws + sets + facts + reading +
                  std::max(rounded(row_panel_bytes) + rounded(column_panel_bytes) + rounded(state_bytes),
                           rounded(row_pair_bytes) + rounded(column_pair_bytes));
}

void check_sizes(int64_t models, int64_t samples, int64_t classes) {
  if (models < 1 || samples < 1 || classes < 2)
    invalid(format("a table of %lld models, %lld samples and %lld classes: at least 1, 1 and 2", (long long)models,
                   (long long)samples, (long long)classes));
  int64_t numbers;
  // The products below are of models^2 and of models and classes; no machine's tables come near these bounds.
  if (__builtin_mul_overflow(models, classes, &numbers) || __builtin_mul_overflow(numbers, samples, &numbers) ||
      models > int64_t{1} << 28 || classes > (int64_t{1} << 40) / models)
    invalid(format("a table of %lld models, %lld samples and %lld classes is too large", (long long)models,
                   (long long)samples, (long long)classes));
}

}  // namespace lightcone
