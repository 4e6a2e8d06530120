// SPDX-License-Identifier: Apache-2.0
// Measures of re-indexed trajectories P_r(t_k), geodesic interpolations (Eq 3) between checkpoints:
//   pairs         (1/T) sum_k d_B(P_u(t_k), P_v(t_k))     Eq 5, and each term of it if asked for
//   tube widths   d_B(P_r(t_k), mean over the run's group of P(t_k))
//   to geodesic   d_B(P_r(t_k), gamma(t_k)), gamma from ignorance to truth
//
// Chunks of samples outside, points inside: a chunk holds the square roots of the two checkpoints and the interpolated
// rows of every run, so that each checkpoint is read once while the points pass it. The rows of one point and chunk
// are a table of R models in memory, measured by the engine's own distances. Everything adds up over chunks and
// points in a fixed order: the bits do not depend on the thread count.
#include <algorithm>
#include <cmath>
#include <memory>

#include "base/kernels.h"
#include "base/team.h"
#include "distance/distances.h"
#include "geometry/geometry.h"

namespace lightcone {
namespace {

// One run's samples of the chunk: the ends of the current bracket and their angles.
struct Bracket {
  int64_t lower = -1, upper = -1;
  std::vector<double> u, v, angle;
};

// Puts the bracket's point into out (count, C).
void interpolate(const Predictions& table, const Kernels& kernels, SampleRange range, int64_t lower, int64_t upper,
                 double fraction, Bracket& b, Predictions::Scratch& scratch, double* out) {
  const int64_t classes = table.classes();
  if (lower != b.lower || upper != b.upper) {
    // Going on to the next checkpoint, the old upper end is the new lower one.
    if (lower == b.upper) {
      std::swap(b.u, b.v);
    } else if (lower != b.lower) {
      read_roots(table, kernels, lower, range, scratch, b.u.data());
    }
    if (upper == lower) {
      std::copy(b.u.begin(), b.u.end(), b.v.begin());
    } else {
      read_roots(table, kernels, upper, range, scratch, b.v.data());
    }
    kernels.geometry.geodesic_angles(b.u.data(), b.v.data(), range.count, classes, b.angle.data());
    b.lower = lower;
    b.upper = upper;
  }
  kernels.geometry.geodesic_points(b.u.data(), b.v.data(), b.angle.data(), range.count, classes, fraction, out);
}

Bracket bracket(int64_t samples, int64_t classes) {
  const size_t rows = static_cast<size_t>(samples * classes);
  return {-1, -1, std::vector<double>(rows), std::vector<double>(rows),
          std::vector<double>(static_cast<size_t>((samples + 7) / 8 * 8))};
}

class Sweep {
 public:
  Sweep(const Predictions& table, const Reindexed& path, const lightcone_trajectories_options& options,
        const int32_t* labels, const int64_t* groups, int64_t group_count, lightcone_control* control,
        const lightcone_trajectories_outputs& out)
      : table_(table),
        path_(path),
        options_(options),
        labels_(labels),
        groups_(groups),
        group_count_(group_count),
        out_(out),
        kernels_(kernels(options.isa)),
        team_(options.threads),
        bytes_(options.panel_bytes > 0 ? options.panel_bytes : int64_t{512} << 20),
        chunk_(chunk_samples()),
        done_(control, path.runs * path.points * table.samples()),
        scratch_(static_cast<size_t>(team_.size())),
        panel_(static_cast<size_t>(path.runs * chunk_ * table.classes())) {
    for (int64_t r = 0; r < path.runs; ++r) brackets_.push_back(bracket(chunk_, table.classes()));
    const size_t square = static_cast<size_t>(path.runs * path.runs);
    if (wants_pairs()) {
      sums_.assign(square, 0.0);
      point_.resize(square);
    }
    if (out.point_pairs != nullptr) std::fill_n(out.point_pairs, square * path.t.size(), 0.0);
    if (out.tube_widths != nullptr) std::fill_n(out.tube_widths, path.fraction.size(), 0.0);
    if (out.to_geodesic != nullptr) std::fill_n(out.to_geodesic, path.fraction.size(), 0.0);
    if (out.tube_widths != nullptr)
      means_.resize(static_cast<size_t>(group_count * chunk_ * table.classes()));
    if (out.to_geodesic != nullptr) truth_.resize(static_cast<size_t>(chunk_ * table.classes()));
  }

  void run() {
    const int64_t samples = table_.samples();
    for (int64_t begin = 0; begin < samples; begin += chunk_) {
      const SampleRange range{begin, 1, std::min(chunk_, samples - begin)};
      for (Bracket& b : brackets_) b.lower = b.upper = -1;
      bind(range.count);
      for (int64_t k = 0; k < path_.points; ++k) {
        fill(range, k);
        if (wants_pairs()) add_pairs(range, k);
        if (out_.tube_widths != nullptr) add_tubes(range, k);
        if (out_.to_geodesic != nullptr) add_geodesic(range, k);
        done_.add(path_.runs * range.count);
      }
    }
    if (out_.pairs != nullptr) std::copy(sums_.begin(), sums_.end(), out_.pairs);
    if (out_.configurations != nullptr) average_groups();
  }

 private:
  bool wants_pairs() const {
    return path_.runs > 1 &&
           (out_.pairs != nullptr || out_.point_pairs != nullptr || out_.configurations != nullptr);
  }

  // A third of panel_bytes for the distances' own panels, the rest for ours: three buffers of rows a run. A call of
  // the distances gets no more than 1e9 pair-samples, 0.1 s, so that progress moves.
  int64_t chunk_samples() const {
    const int64_t sample = path_.runs * (3 * table_.classes() + 1) * 8 + (group_count_ + 1) * table_.classes() * 8;
    const int64_t quick = int64_t{2000000000} / std::max<int64_t>(1, path_.runs * path_.runs);
    return std::max<int64_t>(1, std::min({bytes_ / 3 * 2 / sample, std::max<int64_t>(64, quick), table_.samples()}));
  }

  double* rows(int64_t run) { return panel_.data() + run * chunk_ * table_.classes(); }

  // The panel as a table for the distances: R models, count samples.
  void bind(int64_t count) {
    if (!wants_pairs()) return;
    point_table_ = std::make_unique<Predictions>(path_.runs, count, table_.classes());
    point_table_->add({0, path_.runs, 0, count, chunk_ * table_.classes() * 8, LIGHTCONE_PROBABILITIES,
                       LIGHTCONE_FLOAT64, "interpolated rows", reinterpret_cast<const char*>(panel_.data()),
                       nullptr, 0});
  }

  void fill(SampleRange range, int64_t k) {
    team_.run(path_.runs, [&](int64_t r, int thread) {
      done_.check();
      const size_t at = static_cast<size_t>(r * path_.points + k);
      interpolate(table_, kernels_, range, path_.lower[at], path_.upper[at], path_.fraction[at],
                  brackets_[static_cast<size_t>(r)], scratch_[static_cast<size_t>(thread)], rows(r));
    });
  }

  void add_pairs(SampleRange range, int64_t k) {
    // Once a chunk: the rows of every later point are distributions by construction.
    point_table_->validate(options_.threads, nullptr);
    lightcone_distances_options options;
    lightcone_distances_options_init(&options);
    options.device = LIGHTCONE_DEVICE_CPU;  // a point at a time is too little for a device
    options.out_dtype = LIGHTCONE_FLOAT64;
    options.threads = options_.threads;
    options.isa = options_.isa;
    options.panel_bytes = std::max<int64_t>(1, bytes_ / 3);
    lightcone_distances_report report;
    lightcone_distances_report_init(&report);
    distances(*point_table_, *point_table_, options, done_.silent(), {point_.data(), nullptr, nullptr}, &report);
    const double share = static_cast<double>(range.count) / static_cast<double>(table_.samples());
    const double weight = share / static_cast<double>(path_.points);
    for (size_t p = 0; p < sums_.size(); ++p) sums_[p] += weight * point_[p];
    if (out_.point_pairs == nullptr) return;
    double* out = out_.point_pairs + static_cast<size_t>(k) * point_.size();
    for (size_t p = 0; p < point_.size(); ++p) out[p] += share * point_[p];
  }

  void add_tubes(SampleRange range, int64_t k) {
    const int64_t length = range.count * table_.classes();
    team_.run(group_count_, [&](int64_t g, int) {
      done_.check();
      double* mean = means_.data() + g * chunk_ * table_.classes();
      std::fill_n(mean, length, 0.0);
      int64_t members = 0;
      for (int64_t r = 0; r < path_.runs; ++r) {
        if (groups_[r] != g) continue;
        ++members;
        const double* row = rows(r);
        for (int64_t e = 0; e < length; ++e) mean[e] += row[e];
      }
      for (int64_t e = 0; e < length; ++e) mean[e] /= static_cast<double>(members);
    });
    team_.run(path_.runs, [&](int64_t r, int) {
      const double* mean = means_.data() + groups_[r] * chunk_ * table_.classes();
      add_distance(rows(r), mean, range.count, out_.tube_widths + r * path_.points + k);
    });
  }

  void add_geodesic(SampleRange range, int64_t k) {
    const int64_t classes = table_.classes();
    const double theta = std::acos(1 / std::sqrt(static_cast<double>(classes))), t = path_.t[static_cast<size_t>(k)];
    const double spread = std::sin((1 - t) * theta) / std::sin(theta) / std::sqrt(static_cast<double>(classes));
    const double peak = spread + std::sin(t * theta) / std::sin(theta);
    for (int64_t n = 0; n < range.count; ++n) {
      double* row = truth_.data() + n * classes;
      std::fill_n(row, classes, spread * spread);
      row[labels_[range.begin + n]] = peak * peak;
    }
    team_.run(path_.runs, [&](int64_t r, int) {
      add_distance(rows(r), truth_.data(), range.count, out_.to_geodesic + r * path_.points + k);
    });
  }

  void add_distance(const double* p, const double* q, int64_t count, double* sum) {
    done_.check();
    const double d = kernels_.geometry.bhattacharyya_rows(p, q, count, table_.classes());
    // Rounding alone can make it negative: a run of its own group's mean.
    *sum += std::max(0.0, d) / static_cast<double>(table_.samples());
  }

  // Means over the pairs of runs of two groups; within a group over the pairs of two different runs, 0 if it has one.
  void average_groups() {
    std::vector<double> count(static_cast<size_t>(group_count_ * group_count_));
    std::fill_n(out_.configurations, count.size(), 0.0);
    for (int64_t u = 0; u < path_.runs; ++u)
      for (int64_t v = 0; v < path_.runs; ++v) {
        if (u == v) continue;
        const int64_t cell = groups_[u] * group_count_ + groups_[v];
        out_.configurations[cell] += sums_[static_cast<size_t>(u * path_.runs + v)];
        count[static_cast<size_t>(cell)] += 1;
      }
    for (int64_t g = 0; g < group_count_; ++g)
      for (int64_t h = 0; h <= g; ++h) {
        const int64_t cell = g * group_count_ + h;
        const double pairs = count[static_cast<size_t>(cell)];
        // The mirrored cell added the same numbers in another order: one of the two stands for both.
        const double mean = pairs > 0 ? out_.configurations[cell] / pairs : 0.0;
        out_.configurations[cell] = out_.configurations[h * group_count_ + g] = mean;
      }
  }

  const Predictions& table_;
  const Reindexed& path_;
  const lightcone_trajectories_options& options_;
  const int32_t* labels_;
  const int64_t* groups_;
  int64_t group_count_;
  const lightcone_trajectories_outputs& out_;
  const Kernels& kernels_;
  Team team_;
  int64_t bytes_, chunk_;
  Progress done_;
  std::vector<Predictions::Scratch> scratch_;
  std::vector<Bracket> brackets_;
  std::vector<double> panel_, means_, truth_, sums_, point_;
  std::unique_ptr<Predictions> point_table_;
};

}  // namespace

void require_run(const Reindexed& path, int64_t run) {
  if (run < 0 || run >= path.runs)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("run %lld is not one of the %lld runs there are", (long long)run,
                                                   (long long)path.runs));
}

void trajectory(const Predictions& table, const Reindexed& path, const lightcone_trajectories_options& options,
                int64_t run, lightcone_control* control, double* out) {
  require_run(path, run);
  const int64_t classes = table.classes(), samples = table.samples();
  const int64_t step = std::max<int64_t>(1, 16384 / classes);  // three buffers of rows in a second-level cache
  const Kernels& table_of_isa = kernels(options.isa);
  const Progress done(control, samples * path.points);
  Team team(options.threads);
  std::vector<Bracket> work(static_cast<size_t>(team.size()), bracket(step, classes));
  std::vector<Predictions::Scratch> scratch(work.size());
  team.run((samples + step - 1) / step, [&](int64_t task, int thread) {
    Bracket& b = work[static_cast<size_t>(thread)];
    b.lower = b.upper = -1;
    const SampleRange range{task * step, 1, std::min(step, samples - task * step)};
    for (int64_t k = 0; k < path.points; ++k) {
      done.check();
      const size_t at = static_cast<size_t>(run * path.points + k);
      interpolate(table, table_of_isa, range, path.lower[at], path.upper[at], path.fraction[at], b,
                  scratch[static_cast<size_t>(thread)], out + (k * samples + range.begin) * classes);
      done.add(range.count);
    }
  });
}

void trajectories(const Predictions& table, const Reindexed& path, const lightcone_trajectories_options& options,
                  const int32_t* labels, const int64_t* groups, int64_t group_count, lightcone_control* control,
                  const lightcone_trajectories_outputs& out) {
  if (out.to_geodesic != nullptr) check_labels(table, labels, table.samples());
  if (out.configurations != nullptr || out.tube_widths != nullptr) {
    std::vector<char> seen(static_cast<size_t>(group_count));
    for (int64_t r = 0; r < path.runs; ++r) {
      if (groups[r] < 0 || groups[r] >= group_count)
        throw Error(LIGHTCONE_INVALID_DATA,
                    format("run %lld is of group %lld; there are groups 0 to %lld", (long long)r,
                           (long long)groups[r], (long long)(group_count - 1)));
      seen[static_cast<size_t>(groups[r])] = 1;
    }
    const auto empty = std::find(seen.begin(), seen.end(), 0);
    if (empty != seen.end())
      throw Error(LIGHTCONE_INVALID_DATA,
                  format("group %lld has no run; number the groups without gaps", (long long)(empty - seen.begin())));
  }
  if (path.runs == 1) {
    if (out.pairs != nullptr) out.pairs[0] = 0;
    if (out.configurations != nullptr) out.configurations[0] = 0;
    if (out.point_pairs != nullptr) std::fill_n(out.point_pairs, path.points, 0.0);
  }
  Sweep(table, path, options, labels, groups, group_count, control, out).run();
}

}  // namespace lightcone
