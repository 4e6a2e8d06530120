// SPDX-License-Identifier: Apache-2.0
// Progress (Eq 4): argmin over t in [0, 1] of (1/N) sum_n arccos <s_n, gamma_n(t)>. The angle theta between
// ignorance and truth is arccos(1 / sqrt C) for every sample, so gamma(t) is the point at alpha = t theta
// in one plane per sample, and two float64 numbers per (model, sample) hold all that matters.
//
// The objective is convex, so its slope is increasing: the minimum is where the slope changes sign. Every sample
// that the geodesic passes through adds a cusp, where the slope jumps by 2; at such a point the subgradient is an
// interval, and the point is a minimum when the interval holds 0. Two searches:
//
//   quick   third-order (Halley) steps inside a bracket, first on every 64th, 16th and 4th vector of samples, then
//           on all of them: 2 to 4 evaluations of the whole where the objective is strictly convex.
//   exact   bisection on the sign of the subgradient, for what the other one leaves: flat minima (C = 2, half the
//           labels wrong), of which the middle is returned, and minima at cusps.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "geometry/geometry.h"

namespace lightcone {
namespace {

constexpr int64_t kCoarsestStep = 64; // of the subsamples
constexpr int64_t kLeastVectors = 32; // 256 samples: fewer say little

class Minimiser {
 public:
  Minimiser(const Kernels& kernels, double theta, int64_t samples, const Progress& done)
      : kernels_(kernels),
        done_(done),
        theta_(theta),
        samples_(static_cast<double>(samples)),
        // Terms lie in [-1, 1]; each carries a few ulp.
        tolerance_(4e-16 * static_cast<double>(samples)) {
    const size_t padded = static_cast<size_t>((samples + kPlaneVector - 1) / kPlaneVector * kPlaneVector);
    // The padding adds nothing.
    a_.assign(padded, 0.0);
    y_.assign(padded, 0.0);
    q_.assign(padded, 1.0);
  }

  double* a() { return a_.data(); }
  double* y() { return y_.data(); }
  double* q() { return q_.data(); }

  // The angle of the minimum, in [0, theta].
  double run() const {
    double at = 0.5 * theta_;
    for (int64_t step = kCoarsestStep; step > 1; step /= 4)
      if (vectors() / step >= kLeastVectors) at = coarse(step, at);
    double low = 0, high = theta_;
    // Twelve evaluations halve the bracket at worst; what is not smooth by then goes to the exact search.
    for (int k = 0; k < 12; ++k) {
      const ProgressSlope f = slope(1, at);
      if (std::fabs(f.first) < static_cast<double>(f.cusps) - tolerance_) return at;
      const int side = sign(f);
      // Curvature of 1e-4 per sample: the slope's tolerance is then 4e-12 of an angle.
      const bool curved = f.second > 1e-4 * samples_;
      if (side == 0 && curved && f.cusps == 0) return std::clamp(at + halley(f), low, high);
      if (side == 0) break;
      if (side > 0 && at == 0) return 0;
      if (side < 0 && at == theta_) return theta_;
      (side > 0 ? high : low) = at;
      const double move = curved ? halley(f) : std::copysign(theta_, -f.first);
      double next = std::clamp(at + move, low, high);
      if (curved && std::fabs(next - at) <= 1e-11) return next;
      // The ends of the bracket have been seen, except 0 and theta at first.
      if ((next == low && low > 0) || (next == high && high < theta_)) next = 0.5 * (low + high);
      if (next == at) next = 0.5 * (low + high);
      at = next;
    }
    return exact(low, high);
  }

 private:
  int64_t vectors() const { return static_cast<int64_t>(a_.size()) / kPlaneVector; }
  ProgressSlope slope(int64_t step, double alpha) const {
    done_.check();
    return kernels_.geometry.progress_slope(a_.data(), y_.data(), q_.data(), vectors(), step, alpha);
  }
  // -1 where the subgradient is negative, 1 where it is positive, 0 where it holds 0.
  int sign(const ProgressSlope& f) const {
    const double jump = static_cast<double>(f.cusps) + tolerance_;
    return f.first > jump ? 1 : f.first < -jump ? -1 : 0;
  }
  // Halley's step towards the root of `first`; Newton's where the third derivative would turn it round.
  static double halley(const ProgressSlope& f) {
    const double newton = -f.first / f.second, bend = 1 + 0.5 * newton * f.third / f.second;
    return bend > 0.5 ? newton / bend : newton;
  }

  // The minimum of every step-th vector, as exactly as so few samples can say.
  double coarse(int64_t step, double at) const {
    const double enough = 0.1 / std::sqrt(static_cast<double>(vectors() / step * kPlaneVector));
    double low = 0, high = theta_;
    for (int k = 0; k < 8; ++k) {
      const ProgressSlope f = slope(step, at);
      if (!(f.second > 0)) return f.first < 0 ? theta_ : f.first > 0 ? 0.0 : at;
      (f.first > 0 ? high : low) = at;
      double next = at + halley(f);
      const bool inside = next > low && next < high;
      if (!inside) next = std::fabs(next - at) > theta_ || (low > 0 && high < theta_)
                              ? 0.5 * (low + high) : std::clamp(next, low, high);
      const double moved = std::fabs(next - at);
      at = next;
      if (moved <= enough) break;
    }
    return at;
  }

  // The boundary in [low, high] between angles with sign <= `below` and those above it; sign(low) <= below
  // < sign(high). To 2^-50 of the interval.
  double boundary(double low, double high, int below) const {
    const double resolution = theta_ * 0x1p-50;
    while (high - low > resolution) {
      const double middle = 0.5 * (low + high);
      (sign(slope(1, middle)) <= below ? low : high) = middle;
    }
    return 0.5 * (low + high);
  }

  // The middle of the angles whose subgradient holds 0; they lie in [low, high].
  double exact(double low, double high) const {
    const int at_low = sign(slope(1, low)), at_high = sign(slope(1, high));
    if (at_low > 0) return low;
    if (at_high < 0) return high;
    const double left = at_low == 0 ? low : boundary(low, high, -1);
    const double right = at_high == 0 ? high : boundary(left, high, 0);
    return 0.5 * (left + right);
  }

  const Kernels& kernels_;
  const Progress& done_;
  double theta_, samples_, tolerance_;
  std::vector<double> a_, y_, q_;
};

struct Workspace {
  Predictions::Scratch scratch;
  Minimiser minimiser;
};

void fill_plane(const Predictions& table, const Kernels& kernels, const int32_t* labels, int64_t model,
                const Progress& done, Workspace* w) {
  const int64_t classes = table.classes(), samples = table.samples();
  // Pieces of about 1 MiB: what is read from a file stays in cache, and a cancel is seen at once.
  const int64_t piece = std::max<int64_t>(kPlaneVector, (int64_t{1} << 18) / classes / kPlaneVector * kPlaneVector);
  for (int64_t begin = 0; begin < samples; begin += piece) {
    done.check();
    const SampleRange range{begin, 1, std::min(piece, samples - begin)};
    table.source_rows(model, range, w->scratch, [&](const SourceRows& rows, int64_t row) {
      const int64_t n = begin + row, element = rows.dtype == LIGHTCONE_FLOAT32 ? 4 : 8;
      kernels.geometry.progress_plane({rows.data, rows.stride_bytes / element, rows.count, classes, rows.kind,
                                       rows.dtype, labels + n, w->minimiser.a() + n, w->minimiser.y() + n,
                                       w->minimiser.q() + n});
    });
  }
}

}  // namespace

void check_labels(const Predictions& table, const int32_t* labels, int64_t label_count) {
  if (label_count != table.samples())
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%lld labels for %lld samples", (long long)label_count,
                                                   (long long)table.samples()));
  for (int64_t n = 0; n < label_count; ++n)
    if (labels[n] < 0 || labels[n] >= table.classes())
      throw Error(LIGHTCONE_INVALID_DATA,
                  format("label %d of sample %lld is out of range: there are classes 0 to %lld", labels[n],
                         (long long)n, (long long)(table.classes() - 1)));
}

void progress(const Predictions& table, const int32_t* labels, int64_t label_count, int threads,
              lightcone_control* control, double* out) {
  const int64_t samples = table.samples();
  check_labels(table, labels, label_count);
  const Kernels& table_of_isa = kernels(LIGHTCONE_ISA_AUTO);
  const double theta = std::acos(1.0 / std::sqrt(static_cast<double>(table.classes())));
  const Progress done(control, table.models() * samples);
  Team team(threads);
  std::vector<Workspace> work(static_cast<size_t>(team.size()),
                              Workspace{{}, Minimiser(table_of_isa, theta, samples, done)});
  team.run(table.models(), [&](int64_t model, int thread) {
    Workspace& w = work[static_cast<size_t>(thread)];
    fill_plane(table, table_of_isa, labels, model, done, &w);
    out[model] = std::min(1.0, w.minimiser.run() / theta);
    done.add(samples);
  });
}

}  // namespace lightcone
