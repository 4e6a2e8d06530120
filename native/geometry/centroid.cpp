// SPDX-License-Identifier: Apache-2.0
// Centroids of models (Table S.1), per sample, renormalised; w_m the weights, sum 1:
//   arithmetic       q ~ sum w p
//   sqrt-arithmetic  q ~ (sum w sqrt p)^2
//   geometric        q ~ exp sum w ln p                    0 where any p is 0
//   harmonic         q ~ 1 / sum w / p                     0 where any p is 0
//   bhattacharyya    argmin sum w -log BC(p, q): the fixed point of q <- sum w sqrt(p q) / BC(p, q)
//   jeffreys         argmin sum w sum_c (p - q)(ln p - ln q): q = a / omega(1 + lambda + ln a - ln g), a the
//                    arithmetic and g the geometric mean, omega Wright's, lambda such that q sums to 1; 0 where any
//                    p is 0
// A sample whose every class is 0 in some model has no geometric, harmonic or jeffreys centroid: an error. Everything
// float64; the means of logarithms and reciprocals are taken in the log domain, where nothing under- or overflows.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "geometry/geometry.h"
#include "geometry/wright_omega.h"

namespace lightcone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The fixed point of the Bhattacharyya centroid: every step lowers the objective, and near the end each is a constant
// part of the one before. Steps below 1e-15 are rounding; 2,000 steps end the slowest (zeros in many models).
constexpr double kFixedPointStep = 1e-15;
constexpr int kFixedPointSteps = 2000;

struct Member {
  int64_t model;
  double weight;
};

std::vector<Member> members(int64_t models, const double* weights) {
  std::vector<Member> list;
  double sum = 0;
  for (int64_t m = 0; m < models; ++m) {
    const double w = weights != nullptr ? weights[m] : 1.0;
    if (!(w >= 0 && w < kInfinity))
      throw Error(LIGHTCONE_INVALID_DATA, format("the weight of model %lld is %g; weights are finite and not "
                                                 "negative", (long long)m, w));
    if (w > 0) list.push_back({m, w});  // a model of weight 0 takes no part, its zeros neither
    sum += w;
  }
  if (!(sum > 0 && sum < kInfinity))
    throw Error(LIGHTCONE_INVALID_DATA, format("the weights of the models sum to %g; give one of them a positive "
                                               "weight", sum));
  for (Member& member : list) member.weight /= sum;
  // Nor does one whose weight vanishes next to the others': 0 log 0 would be NaN.
  list.erase(std::remove_if(list.begin(), list.end(), [](const Member& member) { return member.weight == 0; }),
             list.end());
  return list;
}

// ln sum e^x of a stream of x per entry, without overflow.
class LogSums {
 public:
  void reset(size_t entries) {
    largest_.assign(entries, -kInfinity);
    sum_.assign(entries, 0.0);
  }
  void add(size_t k, double x) {
    if (x == -kInfinity) return;
    if (x <= largest_[k]) {
      if (largest_[k] < kInfinity) sum_[k] += std::exp(x - largest_[k]);
    } else {
      sum_[k] = sum_[k] * std::exp(largest_[k] - x) + 1;
      largest_[k] = x;
    }
  }
  // +inf once a +inf was added, -inf if nothing was.
  double value(size_t k) const { return std::isinf(largest_[k]) ? largest_[k] : largest_[k] + std::log(sum_[k]); }

 private:
  std::vector<double> largest_, sum_;
};

// Logarithms of one sample to probabilities that sum to 1.
void exponentiate(const double* logs, int64_t classes, int64_t sample, double* q) {
  const double largest = *std::max_element(logs, logs + classes);
  if (largest == -kInfinity)
    throw Error(LIGHTCONE_INVALID_DATA,
                format("sample %lld has no such centroid: every class has probability 0 in some model; use the "
                       "arithmetic, sqrt-arithmetic or bhattacharyya mean", (long long)sample));
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += q[c] = std::exp(logs[c] - largest);
  for (int64_t c = 0; c < classes; ++c) q[c] /= sum;
}

void normalise(int64_t classes, double* q) {
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) sum += q[c];
  for (int64_t c = 0; c < classes; ++c) q[c] /= sum;
}

// q from the logarithms of the two means; g is -inf where q is 0. At lambda = 0 omega >= 1 (g <= a), so that q sums to
// at most 1; omega(z) <= e^z gives q >= g e^(-1 - lambda), so at lambda = ln(sum g) - 1 it sums to at least 1.
void jeffreys_row(const double* log_a, const double* log_g, int64_t classes, int64_t sample, double* logs,
                  double* q) {
  exponentiate(log_g, classes, sample, q);
  const double largest = *std::max_element(log_g, log_g + classes);
  double sum_g = 0;
  for (int64_t c = 0; c < classes; ++c) sum_g += std::exp(log_g[c] - largest);
  double low = largest + std::log(sum_g) - 1, high = 0;
  const auto sum_at = [&](double lambda) {
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) {
      logs[c] = log_g[c] == -kInfinity
                    ? -kInfinity
                    : log_a[c] - std::log(wright_omega(1 + lambda + (log_a[c] - log_g[c])));
      sum += std::exp(logs[c]);
    }
    return sum;
  };
  // q is then good to its last bit: 60 halvings, 200 for means of 1e-1e30.
  while (high - low > 0x1p-54) {
    const double middle = 0.5 * (low + high);
    if (!(middle > low && middle < high)) break;
    (sum_at(middle) > 1 ? low : high) = middle;
  }
  sum_at(0.5 * (low + high));
  exponentiate(logs, classes, sample, q);
}

class Centroid {
 public:
  Centroid(const Predictions& table, int32_t mean, const double* weights, lightcone_control* control)
      : table_(table),
        kernels_(kernels(LIGHTCONE_ISA_AUTO)),
        mean_(mean),
        members_(members(table.models(), weights)),
        done_(control, table.samples() * static_cast<int64_t>(members_.size())) {}

  void run(int threads, double* out) const {
    const int64_t samples = table_.samples(), step = piece_samples();
    Team team(threads);
    std::vector<Workspace> work(static_cast<size_t>(team.size()));
    team.run((samples + step - 1) / step, [&](int64_t task, int thread) {
      const SampleRange range{task * step, 1, std::min(step, samples - task * step)};
      double* q = out + range.begin * table_.classes();
      Workspace& w = work[static_cast<size_t>(thread)];
      if (mean_ == LIGHTCONE_MEAN_BHATTACHARYYA) {
        fixed_point(range, w, q);
      } else if (mean_ == LIGHTCONE_MEAN_ARITHMETIC || mean_ == LIGHTCONE_MEAN_SQRT_ARITHMETIC) {
        sums(range, w, q);
      } else {
        log_sums(range, w, q);
      }
    });
  }

 private:
  struct Workspace {
    Predictions::Scratch scratch;
    std::vector<double> rows, logs, row;
    LogSums sums;
  };

  // Rows of 64 KiB, or for the fixed point the rows of all models in 8 MiB.
  int64_t piece_samples() const {
    const int64_t rows = mean_ == LIGHTCONE_MEAN_BHATTACHARYYA
                             ? (int64_t{1} << 20) / static_cast<int64_t>(members_.size()) : 8192;
    return std::max<int64_t>(1, rows / table_.classes());
  }

  void sums(SampleRange range, Workspace& w, double* q) const {
    const int64_t length = range.count * table_.classes();
    w.rows.resize(static_cast<size_t>(length));
    std::fill_n(q, length, 0.0);
    const bool roots = mean_ == LIGHTCONE_MEAN_SQRT_ARITHMETIC;
    for (const Member& member : members_) {
      done_.check();
      read_roots(table_, kernels_, member.model, range, w.scratch, w.rows.data());
      for (int64_t k = 0; k < length; ++k) {
        const double s = w.rows[static_cast<size_t>(k)];
        q[k] += member.weight * (roots ? s : s * s);
      }
      done_.add(range.count);
    }
    for (int64_t k = 0; roots && k < length; ++k) q[k] *= q[k];
    for (int64_t n = 0; n < range.count; ++n) normalise(table_.classes(), q + n * table_.classes());
  }

  // geometric, harmonic, jeffreys
  void log_sums(SampleRange range, Workspace& w, double* q) const {
    const int64_t classes = table_.classes(), length = range.count * classes;
    const bool harmonic = mean_ == LIGHTCONE_MEAN_HARMONIC, jeffreys = mean_ == LIGHTCONE_MEAN_JEFFREYS;
    w.rows.resize(static_cast<size_t>(length));
    w.logs.assign(static_cast<size_t>(length), 0.0);
    w.row.resize(static_cast<size_t>(classes));
    if (harmonic || jeffreys) w.sums.reset(static_cast<size_t>(length));
    for (const Member& member : members_) {
      done_.check();
      table_.log_rows(member.model, range, w.scratch, w.rows.data());
      const double log_weight = std::log(member.weight);
      for (size_t k = 0; k < w.rows.size(); ++k) {
        if (harmonic || jeffreys) w.sums.add(k, log_weight + (harmonic ? -w.rows[k] : w.rows[k]));
        w.logs[k] += member.weight * w.rows[k];
      }
      done_.add(range.count);
    }
    for (int64_t n = 0; n < range.count; ++n) {
      done_.check();
      double* logs = w.logs.data() + n * classes;
      if (harmonic || jeffreys)
        for (int64_t c = 0; c < classes; ++c)
          w.row[static_cast<size_t>(c)] =
              (harmonic ? -1 : 1) * w.sums.value(static_cast<size_t>(n * classes + c));
      if (jeffreys) {
        double* scratch = w.rows.data() + n * classes;
        jeffreys_row(w.row.data(), logs, classes, range.begin + n, scratch, q + n * classes);
      } else {
        exponentiate(harmonic ? w.row.data() : logs, classes, range.begin + n, q + n * classes);
      }
    }
  }

  void fixed_point(SampleRange range, Workspace& w, double* out) const {
    const int64_t classes = table_.classes(), length = range.count * classes;
    w.rows.resize(members_.size() * static_cast<size_t>(length));
    for (size_t k = 0; k < members_.size(); ++k) {
      done_.check();
      read_roots(table_, kernels_, members_[k].model, range, w.scratch, w.rows.data() + k * length);
      done_.add(range.count);
    }
    w.row.resize(static_cast<size_t>(classes));
    w.logs.resize(static_cast<size_t>(classes));
    for (int64_t n = 0; n < range.count; ++n) {
      const double* s = w.rows.data() + n * classes;
      double* q = out + n * classes;
      std::fill_n(q, classes, 0.0);
      for (size_t k = 0; k < members_.size(); ++k)
        for (int64_t c = 0; c < classes; ++c) {
          const double root = s[static_cast<int64_t>(k) * length + c];
          q[c] += members_[k].weight * root * root;
        }
      normalise(classes, q);
      for (int step = 0; step < kFixedPointSteps && advance(s, length, w, q) > kFixedPointStep; ++step) done_.check();
    }
  }

  // One step of the fixed point on one sample, member k's row at s + k * stride; the largest change of q.
  double advance(const double* s, int64_t stride, Workspace& w, double* q) const {
    const size_t classes = w.row.size();
    for (size_t c = 0; c < classes; ++c) {
      w.row[c] = std::sqrt(q[c]);
      w.logs[c] = 0;
    }
    for (size_t k = 0; k < members_.size(); ++k) {
      const double* row = s + static_cast<int64_t>(k) * stride;
      double product = 0;  // positive: q covers the support of every member from the arithmetic mean on
      for (size_t c = 0; c < classes; ++c) product += row[c] * w.row[c];
      const double share = members_[k].weight / product;
      for (size_t c = 0; c < classes; ++c) w.logs[c] += share * row[c];
    }
    double sum = 0, change = 0;
    for (size_t c = 0; c < classes; ++c) sum += w.logs[c] *= w.row[c];
    for (size_t c = 0; c < classes; ++c) {
      const double next = w.logs[c] / sum;  // the sum is 1 but for rounding
      change = std::max(change, std::fabs(next - q[c]));
      q[c] = next;
    }
    return change;
  }

  const Predictions& table_;
  const Kernels& kernels_;
  int32_t mean_;
  std::vector<Member> members_;
  Progress done_;
};

}  // namespace

void centroid(const Predictions& table, int32_t mean, const double* weights, int threads,
              lightcone_control* control, double* out) {
  if (mean < LIGHTCONE_MEAN_ARITHMETIC || mean > LIGHTCONE_MEAN_JEFFREYS)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown mean constant %d", mean));
  Centroid(table, mean, weights, control).run(threads, out);
}

}  // namespace lightcone
