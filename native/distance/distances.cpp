// SPDX-License-Identifier: Apache-2.0
// Distances of all pairs, in memory, for every metric. Two passes over the samples:
//
//   fast    chunks of samples outside, tiles of kBlock x kBlock pairs inside (j >= i in a triangle); float64 sums
//           over the chunks.
//   refine  pairs whose fast result is not good to the contract again in float64 from the source rows: the
//           near ones, and those without a finite or meaningful sum (flagged). Metrics without a tile form
//           have all their pairs done here.
//
// The order of summation is fixed by the chunk sizes, which depend on the sizes and options alone: the bits depend
// neither on the thread count nor on the band of rows.
#include "distance/distances.h"

#include <atomic>
#include <cstdio>
#include <limits>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "distance/device_distances.h"
#include "distance/output.h"
#include "distance/passes.h"
#include "distance/sums.h"

namespace lightcone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

const Metric& find_metric(const Kernels& kernels, int32_t code) {
  for (int64_t k = 0; k < kMetrics; ++k)
    if (kernels.distance.metrics[k].code == code) return kernels.distance.metrics[k];
  throw Error(LIGHTCONE_UNSUPPORTED, format("unknown metric constant %d", code));
}

// Sets of pairs, of a tile or a part of one when it has any.
using PairSets = std::vector<std::unique_ptr<PairSet>>;

// True if the pair was not in it.
bool insert(PairSets& sets, int64_t number, int64_t pair) {
  auto& set = sets[static_cast<size_t>(number)];
  if (!set) set = std::make_unique<PairSet>();
  const bool fresh = !set->has(pair);
  set->set(pair);
  return fresh;
}

class Distances {
 public:
  Distances(const Predictions& rows, const Predictions& columns, const lightcone_distances_options& options,
            const Progress& progress, lightcone_distances_report* report)
      : triangle_(&rows == &columns),
        options_(options),
        report_(*report),
        kernels_(kernels(options.isa)),
        metric_(find_metric(kernels_, options.metric)),
        team_(options.threads),
        plan_({rows.models(), columns.models(), columns.samples(), columns.classes(), triangle_}, metric_, options,
              team_.size()),
        grid_(plan_.grid),
        columns_(columns.tail(plan_.row_begin)),
        rows_(triangle_ ? columns_ : rows),
        progress_(progress),
        call_{{triangle_ ? &columns_ : &rows_, &columns_}, options, metric_, kernels_, plan_, progress_, team_},
        sums_(plan_, options, progress_),
        redo_(static_cast<size_t>(grid_.tiles())) {
    progress_.expect(grid_.pairs() * plan_.all.count);
    report_.isa = kernels_.isa;
    report_.threads = team_.size();
    report_.samples = plan_.all.count;
    report_.pairs = grid_.pairs();
    report_.working_bytes = plan_.working_bytes;
  }

  void run(const DistanceOutput& out) {
    if (plan_.has_tile) fast();
    refine();
    write(out);
  }

 private:
  // body(chunk, first) for the chunks of every block of samples, the first one marked; end(block) after each block.
  template <class Body, class End>
  void chunks(int64_t length, const Body& body, const End& end) const {
    for (int64_t block = 0; block < plan_.sample_blocks; ++block) {
      const int64_t stop = plan_.block_begin(block + 1);
      for (int64_t begin = plan_.block_begin(block); begin < stop; begin += length)
        body(slice(plan_.all, begin, std::min(length, stop - begin)), begin == plan_.block_begin(block));
      end(block);
    }
  }

  void fast() {
    const auto pass = metric_.product_trick ? product_fast_pass(call_) : stream_fast_pass(call_);
    chunks(
        plan_.chunk,
        [&](SampleRange chunk, bool first) {
          double start = seconds_now();
          pass->load(chunk, first);
          report_.read_seconds += seconds_now() - start;
          start = seconds_now();
          team_.run(plan_.tasks(), [&](int64_t task, int thread) {
            progress_.check();
            const TilePart part = plan_.part(task);
            if (part.begin == part.end) return;
            pass->tile(part, thread, sums_.block(part.tile));
            progress_.add(grid_.pairs_in(part.i, part.j, part.begin, part.end) * chunk.count);
          });
          report_.distances_seconds += seconds_now() - start;
        },
        [&](int64_t block) {
          const double start = seconds_now();
          team_.run(grid_.tiles(), [&](int64_t tile, int thread) {
            pass->finish(plan_.whole(tile), thread, sums_.block(tile));
            sums_.fold(tile, block, nullptr);
          });
          report_.distances_seconds += seconds_now() - start;
        });
    choose(*pass);
  }

  // Marks the pairs to redo and clears their sums.
  void choose(const FastPass& pass) {
    const bool near_too = options_.refine == LIGHTCONE_REFINE_AUTO && options_.precision == LIGHTCONE_PRECISION_EXACT;
    const double near_below =
        near_too ? metric_.near_below(static_cast<double>(plan_.all.count), static_cast<double>(columns_.classes()))
                 : -kInfinity;
    std::atomic<int64_t> near{0}, flagged{0};
    team_.run(grid_.tiles(), [&](int64_t tile, int) {
      progress_.check();
      int64_t i, j, tile_near = 0, tile_flagged = 0;
      grid_.at(tile, &i, &j);
      for (int64_t r = 0; r < grid_.rows_in(i); ++r)
        for (int64_t c = grid_.first_column(i, j, r); c < grid_.columns_in(j); ++c) {
          const int64_t pair = r * kBlock + c;
          const double mean = sums_.mean(tile, pair);
          const bool is_flagged = !(mean < kInfinity) || pass.flagged(i * kBlock + r, j * kBlock + c);
          const bool is_near = metric_.pair != nullptr && mean < near_below;
          if (!is_flagged && !is_near) continue;
          tile_flagged += is_flagged;
          tile_near += !is_flagged;
          insert(redo_, tile, pair);
          sums_.clear(tile, pair);
        }
      near += tile_near;
      flagged += tile_flagged;
    });
    report_.near_pairs = near;
    report_.flagged_pairs = flagged;
  }

  void refine() {
    const bool every_pair = !plan_.has_tile;
    const int64_t redone = report_.near_pairs + report_.flagged_pairs;
    if (!every_pair && redone == 0) return;
    const double start = seconds_now();
    if (!every_pair) progress_.expect(redone * plan_.all.count);
    std::vector<int64_t> todo;  // tasks
    for (int64_t task = 0; task < plan_.tasks(); ++task)
      if (every_pair || redo_[static_cast<size_t>(plan_.part(task).tile)]) todo.push_back(task);
    const auto pass = metric_.product_trick ? product_near_pass(call_) : stream_near_pass(call_);
    PairSets infinite(static_cast<size_t>(plan_.tasks()));
    std::atomic<int64_t> terms{0}, infinite_pairs{0};
    const bool cap = options_.infinity == LIGHTCONE_INFINITY_CAP || options_.precision == LIGHTCONE_PRECISION_COMPAT;
    chunks(
        plan_.stride,
        [&](SampleRange chunk, bool) {
          pass->load(chunk);
          team_.run(static_cast<int64_t>(todo.size()), [&](int64_t next, int) {
            const int64_t task = todo[static_cast<size_t>(next)];
            const TilePart part = plan_.part(task);
            const PairSet* set = redo_[static_cast<size_t>(part.tile)].get();
            double* sum = sums_.block(part.tile);
            const int64_t i = part.i, j = part.j;
            int64_t done = 0;
            for (int64_t r = part.begin; r < part.end; ++r)
              for (int64_t c = grid_.first_column(i, j, r); c < grid_.columns_in(j); ++c) {
                const int64_t pair = r * kBlock + c;
                if (!every_pair && !set->has(pair)) continue;
                progress_.check();
                int64_t zeros = 0;
                sum[pair] += pass->pair(i * kBlock + r, j * kBlock + c, &zeros);
                done += chunk.count;
                if (zeros == 0) continue;
                sum[pair] += cap ? options_.infinity_cap * static_cast<double>(zeros) : kInfinity;
                terms += zeros;
                if (insert(infinite, task, pair)) ++infinite_pairs;
              }
            progress_.add(done);
          });
        },
        [&](int64_t block) {
          team_.run(grid_.tiles(), [&](int64_t tile, int) {
            const PairSet* set = redo_[static_cast<size_t>(tile)].get();
            if (every_pair || set != nullptr) sums_.fold(tile, block, set);
          });
        });
    report_.infinite_terms = terms;
    report_.infinite_pairs = infinite_pairs;
    (every_pair ? report_.distances_seconds : report_.refine_seconds) += seconds_now() - start;
  }

  template <class Value>
  void write_matrix(void* out, int64_t matrix, const Value& value) {
    team_.run(grid_.tiles(), [&](int64_t tile, int) {
      progress_.check();
      write_tile(grid_, options_, rows_.models(), columns_.models(), out, matrix, tile,
                 [&](int64_t pair) { return value(tile, pair); });
    });
  }

  void write(const DistanceOutput& out) {
    const double n = static_cast<double>(plan_.all.count);
    // Rounding alone can make a final mean negative; never a sample's term.
    const auto finish = [&](double mean) { return metric_.finish(std::max(mean, 0.0), n); };
    write_matrix(out.distances, 0, [&](int64_t tile, int64_t pair) { return finish(sums_.mean(tile, pair)); });
    if (out.standard_errors != nullptr)
      write_matrix(out.standard_errors, 0, [&](int64_t tile, int64_t pair) {
        const double error = sums_.standard_error(tile, pair);
        const double slope = metric_.slope(std::max(sums_.mean(tile, pair), 0.0), n);
        return slope == 0 ? 0.0 : slope * error;
      });
    for (int64_t r = 0; r < options_.replicates; ++r)
      write_matrix(out.replicates, r,
                   [&](int64_t tile, int64_t pair) { return finish(sums_.replicate_mean(r, tile, pair)); });
  }

  const bool triangle_;
  const lightcone_distances_options& options_;
  lightcone_distances_report& report_;
  const Kernels& kernels_;
  const Metric& metric_;
  Team team_;
  const Plan plan_;
  const Grid& grid_;
  const Predictions columns_;  // from the band's first model on
  const Predictions rows_;
  const Progress progress_;
  const Call call_;
  const Sums sums_;
  PairSets redo_;
};

// What a call does, and where.
struct Placed {
  Placed(const Shape& shape, const lightcone_distances_options& options)
      : kernels(lightcone::kernels(options.isa)),
        metric(find_metric(kernels, options.metric)),
        threads(Team::count(options.threads)),
        plan(shape, metric, options, threads),
        choice(choose_device(options.device, options.device_ordinal, device_work(shape, plan, metric, options),
                             threads)) {}
  const Kernels& kernels;
  const Metric& metric;
  const int threads;
  const Plan plan;
  const Choice choice;
};

}  // namespace

void distances(const Predictions& rows, const Predictions& columns, const lightcone_distances_options& options,
               const Progress& progress, const DistanceOutput& out, lightcone_distances_report* report) {
  if (rows.samples() != columns.samples() || rows.classes() != columns.classes())
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("the two tables have %lld and %lld samples, %lld and %lld classes: they must be predictions of "
                       "the same",
                       (long long)rows.samples(), (long long)columns.samples(), (long long)rows.classes(),
                       (long long)columns.classes()));
  const bool triangle = &rows == &columns;
  const Shape shape{rows.models(), columns.models(), columns.samples(), columns.classes(), triangle};
  const Placed placed(shape, options);
  report->device = placed.choice.device;
  std::snprintf(report->device_name, sizeof report->device_name, "%s", placed.choice.facts.name);
  std::snprintf(report->device_reason, sizeof report->device_reason, "%s", placed.choice.reason.c_str());
  if (placed.choice.device == LIGHTCONE_DEVICE_CPU) {
    Distances(rows, columns, options, progress, report).run(out);
    return;
  }
  Team team(options.threads);
  report->isa = placed.kernels.isa;
  report->threads = team.size();
  report->samples = placed.plan.all.count;
  report->pairs = placed.plan.grid.pairs();
  progress.expect(placed.plan.grid.pairs() * placed.plan.all.count);
  const Predictions tail = columns.tail(placed.plan.row_begin);
  try {
    device_distances(triangle ? tail : rows, tail, options, placed.metric, placed.plan, placed.choice, team, progress, out,
                     report);
  } catch (const Error& error) {
    // Memory is planned and taken before anything is computed.
    if (options.device != LIGHTCONE_DEVICE_AUTO || error.status() != LIGHTCONE_OUT_OF_MEMORY) throw;
    report->device = LIGHTCONE_DEVICE_CPU;
    report->device_name[0] = '\0';
    std::snprintf(report->device_reason, sizeof report->device_reason, "%s", error.what());
    Distances(rows, columns, options, progress, report).run(out);
  }
}

int64_t distances_memory(int64_t rows, int64_t columns, int64_t samples, int64_t classes,
                         const lightcone_distances_options& options) {
  const bool triangle = rows < 0;
  check_sizes(columns, samples, classes);
  if (!triangle) check_sizes(rows, samples, classes);
  const Shape shape{triangle ? columns : rows, columns, samples, classes, triangle};
  const Placed placed(shape, options);
  if (placed.choice.device == LIGHTCONE_DEVICE_CPU) return placed.plan.working_bytes;
  return DevicePlan(shape, placed.plan, options, true, placed.choice.facts.memory_total).host_bytes;
}

int32_t distances_device(int64_t models, int64_t samples, int64_t classes, const lightcone_distances_options& options,
                         std::string* reason) {
  check_sizes(models, samples, classes);
  const Placed placed({models, models, samples, classes, true}, options);
  *reason = placed.choice.reason;
  return placed.choice.device;
}

}  // namespace lightcone
