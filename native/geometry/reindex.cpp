// SPDX-License-Identifier: Apache-2.0
// Re-indexing of runs by progress or another series: where the points t_k lie between the checkpoints. Nothing here
// reads a table. The rules are those of lightcone_reindex in lightcone.h.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "geometry/geometry.h"

namespace lightcone {
namespace {

// Far more than there are checkpoints; a slip of the pen must not fill the memory before the outputs are looked at.
constexpr int64_t kMostPoints = int64_t{1} << 24;

void check_runs(const int64_t* run_begin, int64_t runs, const double* index, int64_t models) {
  for (int64_t r = 0; r < runs; ++r)
    if (run_begin[r] < 0 || run_begin[r + 1] <= run_begin[r] || run_begin[r + 1] > models)
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("run %lld is models [%lld, %lld), which is empty or not in the table of %lld models",
                         (long long)r, (long long)run_begin[r], (long long)run_begin[r + 1], (long long)models));
  for (int64_t m = run_begin[0]; m < run_begin[runs]; ++m)
    if (!std::isfinite(index[m]))
      throw Error(LIGHTCONE_INVALID_DATA, format("the index of model %lld is %g; give it a finite one or leave its "
                                                 "run out", (long long)m, index[m]));
}

struct Place {
  int64_t lower, upper;
  double fraction;
};

// Where the series index[begin, end) is at t.
Place place(const double* index, int64_t begin, int64_t end, double t) {
  const double* first = index + begin;
  const double* last = index + end;
  const double* above = std::find_if(first, last, [t](double x) { return x > t; });
  if (above == first) return {begin, begin, 0};
  if (above == last) {
    // Never exceeded: the first checkpoint that reaches t, or if none does the end of the run.
    const double* reached = std::find(first, last, t);
    const int64_t model = reached == last ? end - 1 : reached - index;
    return {model, model, 0};
  }
  const int64_t upper = above - index, lower = upper - 1;
  return {lower, upper, (t - index[lower]) / (index[upper] - index[lower])};
}

}  // namespace

Reindexed reindex(const int64_t* run_begin, int64_t runs, const double* index, int64_t models,
                  const lightcone_trajectories_options& options) {
  if (options.points < 1 || options.points > kMostPoints)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%lld points: a trajectory needs at least 1, and takes 2^24 at most",
                                                   (long long)options.points));
  if (options.tail != LIGHTCONE_TAIL_HOLD && options.tail != LIGHTCONE_TAIL_STRETCH)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown tail constant %d", options.tail));
  if (options.range != LIGHTCONE_RANGE_FULL && options.range != LIGHTCONE_RANGE_COMMON)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown range constant %d", options.range));
  if (options.tail == LIGHTCONE_TAIL_STRETCH && options.range == LIGHTCONE_RANGE_COMMON)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                "tail stretch and range common exclude each other: every run reaches the end of the common range");
  check_runs(run_begin, runs, index, models);
  double low = 0, high = 1;
  std::vector<double> top(static_cast<size_t>(runs));
  for (int64_t r = 0; r < runs; ++r)
    top[static_cast<size_t>(r)] = *std::max_element(index + run_begin[r], index + run_begin[r + 1]);
  if (options.range == LIGHTCONE_RANGE_COMMON) {
    low = index[run_begin[0]];
    for (int64_t r = 1; r < runs; ++r) low = std::max(low, index[run_begin[r]]);
    high = *std::min_element(top.begin(), top.end());
    if (!(low < high))
      throw Error(LIGHTCONE_INVALID_DATA,
                  format("the runs have no range in common: one begins at %g and one ends at %g; use range full or "
                         "leave runs out", low, high));
  }
  Reindexed path{runs, options.points, {}, {}, {}, {}};
  path.t.reserve(static_cast<size_t>(options.points));
  for (int64_t k = 1; k <= options.points; ++k) {
    const double part = static_cast<double>(k) / static_cast<double>(options.points);
    // The last point is the end itself, not the end but for rounding.
    path.t.push_back(k == options.points ? high : low + (high - low) * part);
  }
  const size_t places = static_cast<size_t>(runs * options.points);
  path.lower.reserve(places);
  path.upper.reserve(places);
  path.fraction.reserve(places);
  for (int64_t r = 0; r < runs; ++r)
    for (const double t : path.t) {
      const double at = options.tail == LIGHTCONE_TAIL_STRETCH ? t * top[static_cast<size_t>(r)] : t;
      const Place p = place(index, run_begin[r], run_begin[r + 1], at);
      path.lower.push_back(p.lower);
      path.upper.push_back(p.upper);
      path.fraction.push_back(p.fraction);
    }
  return path;
}

}  // namespace lightcone
