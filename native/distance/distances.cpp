// SPDX-License-Identifier: Apache-2.0
// Bhattacharyya distances of all pairs (Eq 2), in memory. Two passes over the samples:
//
//   fast    chunks of samples outside, tiles of kBlock x kBlock pairs (j >= i) inside: float32 panels,
//           product trick, float64 sums over the chunks.
//   refine  pairs whose float32 result is not good to 2e-6 again from the source rows in float64:
//           the near ones and those whose product underflowed (flagged).
//
// Order of summation is fixed by the chunk sizes, which depend on M, C and panel_bytes alone: the bits do
// not depend on the thread count.
#include "distance/distances.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "distance/grid.h"
#include "distance/panels.h"

namespace lightcone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kTile = kBlock * kBlock;
constexpr int64_t kRefineSamples = 256;  // bhattacharyya_pair's limit

double seconds_now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

// One bit per pair of a tile.
class PairSet {
 public:
  void set(int64_t k) { words_[static_cast<size_t>(k / 64)] |= uint64_t{1} << (k % 64); }
  bool has(int64_t k) const { return words_[static_cast<size_t>(k / 64)] >> (k % 64) & 1; }

 private:
  std::vector<uint64_t> words_ = std::vector<uint64_t>(kTile / 64);
};

struct Band {
  int64_t begin, end;  // models
};

Band band(int64_t models, const lightcone_distances_options& o) {
  const int64_t end = o.row_end < 0 ? models : o.row_end;
  if (o.row_begin < 0 || o.row_begin >= end || end > models || o.row_begin % kBlock != 0 ||
      (end % kBlock != 0 && end != models))
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("rows [%lld, %lld) are not a band of the %lld models there are: both ends must be "
                       "multiples of %lld, or M",
                       (long long)o.row_begin, (long long)end, (long long)models, (long long)kBlock));
  return {o.row_begin, end};
}

SampleRange sample_range(int64_t samples, const lightcone_distances_options& o) {
  const int64_t end = o.sample_end < 0 ? samples : o.sample_end;
  if (o.sample_step < 1 || o.sample_begin < 0 || end > samples || o.sample_begin >= end)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("samples %lld:%lld:%lld are not a range of the %lld samples there are",
                       (long long)o.sample_begin, (long long)end, (long long)o.sample_step,
                       (long long)samples));
  return {o.sample_begin, o.sample_step, (end - o.sample_begin - 1) / o.sample_step + 1};
}

// Samples per chunk of each pass, and the memory a call takes. The chunks depend on the whole table, not on the
// band, so that the bits of a tile do not either.
struct Plan {
  Plan(int64_t models, int64_t samples, int64_t classes, const lightcone_distances_options& o, int threads)
      : rows(band(models, o)),
        all(sample_range(samples, o)),
        grid(rows.end - rows.begin, models - rows.begin, true) {
    const int64_t budget = o.panel_bytes > 0 ? o.panel_bytes : int64_t{512} << 20;
    const int64_t single = static_cast<int64_t>(sizeof(float)), wide = static_cast<int64_t>(sizeof(double));
    // A block's panel of 1 MiB stays in a second-level cache along a row of tiles, and all panels of a chunk
    // in a third-level one; the logarithms that end each chunk then cost, by count of operations, 3% of it. A
    // tile takes milliseconds, so a cancel is seen at once.
    const int64_t cached = (int64_t{1} << 20) / (kBlock * classes * single);
    chunk = std::max(kRenormalise, cached / kRenormalise * kRenormalise);
    const int64_t whole = blocks_of(models) * kBlock * classes * single;
    chunk = std::max<int64_t>(1, std::min({chunk, all.count, budget / whole}));
    stride = std::clamp<int64_t>(budget / (models * classes * wide) / 8 * 8, 8,
                                 std::min(kRefineSamples, (all.count + 7) / 8 * 8));
    const int64_t blocks = grid.column_blocks(), here = models - rows.begin;
    panel_bytes = blocks * kBlock * classes * single * chunk;
    state_bytes = 2 * single * kTile * threads;
    sum_bytes = wide * kTile * grid.tiles();
    row_bytes = here * classes * wide * stride;
    // Two sets of pairs for every tile, at worst; and what each thread reads its rows through.
    const int64_t sets = 2 * grid.tiles() * (kTile / 8);
    const int64_t reading = threads * std::max<int64_t>(kReadingBytes, 64 * wide * classes);
    const auto rounded = [](int64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; };
    working_bytes = rounded(sum_bytes) + sets + reading +
                    std::max(rounded(panel_bytes) + rounded(state_bytes), rounded(row_bytes));
  }

  static constexpr int64_t kPage = int64_t{2} << 20;  // AlignedBuffer's
  // Twice the 512 KiB of float64 rows of panels.cpp, and their source.
  static constexpr int64_t kReadingBytes = int64_t{2} << 20;

  Band rows;
  SampleRange all;
  Grid grid;
  int64_t chunk;   // samples of the float32 pass
  int64_t stride;  // samples of the refinement
  int64_t panel_bytes, state_bytes, sum_bytes, row_bytes, working_bytes;
};

class AllPairs {
 public:
  AllPairs(const Predictions& table, const lightcone_distances_options& options,
           lightcone_control* control, lightcone_distances_report* report)
      : options_(options),
        report_(*report),
        kernels_(kernels(options.isa)),
        team_(options.threads),
        plan_(table.models(), table.samples(), table.classes(), options, team_.size()),
        grid_(plan_.grid),
        all_(plan_.all),
        table_(table.tail(plan_.rows.begin)),
        progress_(control, grid_.pairs() * all_.count),
        sums_(plan_.sum_bytes),
        redo_(static_cast<size_t>(grid_.tiles())) {
    report_.isa = kernels_.isa;
    report_.threads = team_.size();
    report_.samples = all_.count;
    report_.pairs = grid_.pairs();
    report_.working_bytes = plan_.working_bytes;
  }

  void run(void* out) {
    fast();
    choose();
    refine();
    write(out);
  }

 private:
  double* sums(int64_t tile) const { return sums_.as<double>() + tile * kTile; }

  void fast() {
    const int64_t classes = table_.classes(), blocks = grid_.column_blocks(), chunk = plan_.chunk;
    const AlignedBuffer panels(plan_.panel_bytes), states(plan_.state_bytes);
    std::vector<double> smallest(static_cast<size_t>(blocks)), scale(static_cast<size_t>(chunk));
    std::fill_n(sums_.as<double>(), kTile * grid_.tiles(), 0.0);
    for (int64_t begin = 0; begin < all_.count; begin += chunk) {
      const int64_t count = std::min(chunk, all_.count - begin);
      double start = seconds_now();
      const double log_scale = fill_scale(slice(all_, begin, count), scale.data());
      fill_panels(table_, kernels_, slice(all_, begin, count), team_, progress_, scale.data(),
                  panels.as<float>(), smallest.data());
      report_.read_seconds += seconds_now() - start;
      start = seconds_now();
      team_.run(grid_.tiles(), [&](int64_t tile, int thread) {
        progress_.check();
        int64_t i, j;
        grid_.at(tile, &i, &j);
        const int64_t panel = count * classes * kBlock;
        float* state = states.as<float>() + 2 * kTile * thread;
        TileArgs args{};
        args.rows = panels.as<float>() + i * panel;
        args.columns = panels.as<float>() + j * panel;
        args.samples = count;
        args.classes = classes;
        args.log_scale = log_scale;
        args.row_count = grid_.rows_in(i);
        args.column_count = grid_.columns_in(j);
        args.diagonal = i == j;
        // BC >= min_c s_c of either row, because the other row's s sum to at least 1.
        args.guarded = std::max(smallest[static_cast<size_t>(i)], smallest[static_cast<size_t>(j)]) <
                       kGuardedBelow;
        args.product = state;
        args.exponent = state + kTile;
        args.sum = sums(tile);
        kernels_.distance.bhattacharyya_tile(args);
        progress_.add(grid_.pairs_in(i, j) * count);
      });
      report_.distances_seconds += seconds_now() - start;
    }
  }

  // Marks the pairs to redo and clears their sums.
  void choose() {
    const bool near_too = options_.refine == LIGHTCONE_REFINE_AUTO;
    // The float32 pass has a random error per sample, 5e-8 at C = 10 (rounding of s, of the products, of the
    // running product), that grows like the root of the C roundings of its sum, so 5e-8 / sqrt(N) in d: 2e-6 d
    // holds at six standard deviations above d = 0.15 sqrt(max(1, C / 10) / N).
    const double many = std::max(1.0, static_cast<double>(table_.classes()) / 10);
    const double near_sum =
        near_too ? 0.15 * std::sqrt(many * static_cast<double>(all_.count)) : -kInfinity;
    std::atomic<int64_t> near{0}, flagged{0};
    team_.run(grid_.tiles(), [&](int64_t tile, int) {
      int64_t i, j, tile_near = 0, tile_flagged = 0;
      grid_.at(tile, &i, &j);
      double* sum = sums(tile);
      for (int64_t r = 0; r < grid_.rows_in(i); ++r)
        for (int64_t c = grid_.first_column(i, j, r); c < grid_.columns_in(j); ++c) {
          double& d = sum[r * kBlock + c];
          const bool is_flagged = !(d < kInfinity);
          if (!is_flagged && !(d < near_sum)) continue;
          tile_near += !is_flagged;
          tile_flagged += is_flagged;
          auto& set = redo_[static_cast<size_t>(tile)];
          if (!set) set = std::make_unique<PairSet>();
          set->set(r * kBlock + c);
          d = 0;
        }
      near += tile_near;
      flagged += tile_flagged;
    });
    report_.near_pairs = near;
    report_.flagged_pairs = flagged;
  }

  void refine() {
    const int64_t redone = report_.near_pairs + report_.flagged_pairs;
    if (redone == 0) return;
    const double start = seconds_now();
    progress_.expect(redone * all_.count);
    std::vector<int64_t> todo;
    for (int64_t tile = 0; tile < grid_.tiles(); ++tile)
      if (redo_[static_cast<size_t>(tile)]) todo.push_back(tile);
    const int64_t classes = table_.classes(), models = table_.models();
    const int64_t stride = plan_.stride;
    const AlignedBuffer rows(plan_.row_bytes);
    std::vector<char> underflowed(static_cast<size_t>(models));
    std::vector<std::unique_ptr<PairSet>> infinite(static_cast<size_t>(grid_.tiles()));
    std::atomic<int64_t> terms{0}, infinite_pairs{0};
    for (int64_t begin = 0; begin < all_.count; begin += stride) {
      const SampleRange chunk = slice(all_, begin, std::min(stride, all_.count - begin));
      fill_rows64(table_, kernels_, chunk, stride, team_, progress_, rows.as<double>(), &underflowed);
      team_.run(static_cast<int64_t>(todo.size()), [&](int64_t task, int) {
        const int64_t tile = todo[static_cast<size_t>(task)];
        const PairSet& set = *redo_[static_cast<size_t>(tile)];
        double* sum = sums(tile);
        int64_t i, j, done = 0;
        grid_.at(tile, &i, &j);
        int32_t tiny[kRefineSamples];
        for (int64_t r = 0; r < grid_.rows_in(i); ++r) {
          progress_.check();
          for (int64_t c = grid_.first_column(i, j, r); c < grid_.columns_in(j); ++c) {
            const int64_t pair = r * kBlock + c;
            if (!set.has(pair)) continue;
            const int64_t u = i * kBlock + r, v = j * kBlock + c;
            int32_t tiny_count = 0;
            sum[pair] += kernels_.distance.bhattacharyya_pair(rows.as<double>() + u * classes * stride,
                                                     rows.as<double>() + v * classes * stride, stride,
                                                     stride, classes, tiny, &tiny_count);
            done += chunk.count;
            if (tiny_count == 0) continue;
            const bool deep = underflowed[static_cast<size_t>(u)] || underflowed[static_cast<size_t>(v)];
            int64_t zeros = deep ? 0 : tiny_count;
            for (int32_t k = 0; deep && k < tiny_count; ++k) {
              const double term = log_domain(u, v, all_.begin + (begin + tiny[k]) * all_.step);
              if (term < kInfinity) {
                sum[pair] += term;
              } else {
                ++zeros;
              }
            }
            if (zeros == 0) continue;
            sum[pair] += options_.infinity == LIGHTCONE_INFINITY_CAP
                             ? options_.infinity_cap * static_cast<double>(zeros)
                             : kInfinity;
            terms += zeros;
            auto& seen = infinite[static_cast<size_t>(tile)];
            if (!seen) seen = std::make_unique<PairSet>();
            if (!seen->has(pair)) ++infinite_pairs;
            seen->set(pair);
          }
        }
        progress_.add(done);
      });
    }
    report_.infinite_terms = terms;
    report_.infinite_pairs = infinite_pairs;
    report_.refine_seconds = seconds_now() - start;
  }

  // -log BC of one sample by log-sum-exp: for products that float64 cannot hold (below 1e-290).
  double log_domain(int64_t u, int64_t v, int64_t sample) const {
    const int64_t classes = table_.classes();
    std::vector<double> a(static_cast<size_t>(classes)), b(a);
    Predictions::Scratch scratch;
    table_.log_rows(u, {sample, 1, 1}, scratch, a.data());
    table_.log_rows(v, {sample, 1, 1}, scratch, b.data());
    double largest = -kInfinity, sum = 0;
    for (size_t c = 0; c < a.size(); ++c) largest = std::max(largest, a[c] = 0.5 * (a[c] + b[c]));
    if (largest == -kInfinity) return kInfinity;
    for (const double x : a) sum += std::exp(x - largest);
    return -(largest + std::log(sum));
  }

  // Rounding alone can make a final entry negative; never a sample's term.
  double distance(const double* sum, int64_t pair) const {
    return std::max(0.0, sum[pair] / static_cast<double>(all_.count));
  }
  // Entry (r, c) of a tile from the half that was computed.
  double entry(int64_t i, int64_t j, int64_t r, int64_t c) const {
    const double* sum = sums(grid_.index(i, j));
    if (i != j) return distance(sum, r * kBlock + c);
    return r == c ? 0.0 : distance(sum, std::min(r, c) * kBlock + std::max(r, c));
  }

  template <class T>
  void write_dense(T* out) {
    const int64_t models = table_.models();
    team_.run(grid_.row_blocks(), [&](int64_t i, int) {
      for (int64_t j = 0; j < grid_.column_blocks(); ++j)
        for (int64_t r = 0; r < grid_.rows_in(i); ++r)
          for (int64_t c = 0; c < grid_.columns_in(j); ++c)
            out[(i * kBlock + r) * models + j * kBlock + c] =
                static_cast<T>(j >= i ? entry(i, j, r, c) : entry(j, i, c, r));
    });
  }

  void write_tiles(float* out) {
    team_.run(grid_.tiles(), [&](int64_t tile, int) {
      int64_t i, j;
      grid_.at(tile, &i, &j);
      for (int64_t r = 0; r < kBlock; ++r)
        for (int64_t c = 0; c < kBlock; ++c)
          out[tile * kTile + r * kBlock + c] = r < grid_.rows_in(i) && c < grid_.columns_in(j)
                                                   ? static_cast<float>(entry(i, j, r, c))
                                                   : 0.0f;
    });
  }

  void write(void* out) {
    if (options_.layout == LIGHTCONE_LAYOUT_TILES) {
      write_tiles(static_cast<float*>(out));
    } else if (options_.out_dtype == LIGHTCONE_FLOAT32) {
      write_dense(static_cast<float*>(out));
    } else {
      write_dense(static_cast<double*>(out));
    }
  }

  const lightcone_distances_options& options_;
  lightcone_distances_report& report_;
  const Kernels& kernels_;
  Team team_;
  const Plan plan_;
  const Grid& grid_;
  const SampleRange all_;
  const Predictions table_;  // from the band's first model on
  const Progress progress_;
  const AlignedBuffer sums_;
  std::vector<std::unique_ptr<PairSet>> redo_;
};

void check(const lightcone_distances_options& options) {
  if (options.metric != LIGHTCONE_METRIC_BHATTACHARYYA)
    throw Error(LIGHTCONE_UNSUPPORTED, format("unknown metric constant %d", options.metric));
  if (options.refine != LIGHTCONE_REFINE_AUTO && options.refine != LIGHTCONE_REFINE_OFF)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown refine constant %d", options.refine));
  if (options.infinity != LIGHTCONE_INFINITY_KEEP && options.infinity != LIGHTCONE_INFINITY_CAP)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown infinity constant %d", options.infinity));
  if (options.out_dtype != LIGHTCONE_FLOAT32 && options.out_dtype != LIGHTCONE_FLOAT64)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown element type %d", options.out_dtype));
  if (options.layout != LIGHTCONE_LAYOUT_DENSE && options.layout != LIGHTCONE_LAYOUT_TILES)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown layout constant %d", options.layout));
  if (options.layout == LIGHTCONE_LAYOUT_TILES && options.out_dtype != LIGHTCONE_FLOAT32)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, "packed tiles are float32: leave out_dtype at its default");
  if (options.layout == LIGHTCONE_LAYOUT_DENSE && (options.row_begin != 0 || options.row_end >= 0))
    throw Error(LIGHTCONE_INVALID_ARGUMENT, "a band of rows is written as packed tiles: ask for the tiles layout");
  if (options.infinity == LIGHTCONE_INFINITY_CAP && !(options.infinity_cap >= 0 && options.infinity_cap < kInfinity))
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("infinity cap of %g: it must be finite and >= 0", options.infinity_cap));
}

}  // namespace

void distances(const Predictions& table, const lightcone_distances_options& options,
               lightcone_control* control, void* out, lightcone_distances_report* report) {
  check(options);
  AllPairs(table, options, control, report).run(out);
}

int64_t distances_memory(int64_t models, int64_t samples, int64_t classes,
                         const lightcone_distances_options& options) {
  check(options);
  if (models < 1 || samples < 1 || classes < 2)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, "distances take at least 1 model, 1 sample and 2 classes");
  int64_t sizes;
  // Some tables overflow only when squared or padded; none that a machine can hold comes near.
  if (__builtin_mul_overflow(models, classes, &sizes) || __builtin_mul_overflow(sizes, samples, &sizes) ||
      models > (int64_t{1} << 28) || classes > (int64_t{1} << 40) / models)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("a table of %lld models, %lld samples and %lld classes is too large",
                       (long long)models, (long long)samples, (long long)classes));
  return Plan(models, samples, classes, options, Team::count(options.threads)).working_bytes;
}

}  // namespace lightcone
