// SPDX-License-Identifier: Apache-2.0
// Progress (Eq 4): argmin over t in [0, 1] of (1/N) sum_n arccos <s_n, gamma_n(t)>. The angle theta between
// ignorance and truth is arccos(1 / sqrt C) for every sample, so gamma(t) is the point at alpha = t theta
// in one plane per sample, and two float64 numbers per (model, sample) hold all that matters.
//
// The objective is convex, so its slope is increasing: the minimum is where the slope changes sign, found
// by Newton steps kept inside a bracket. Where the slope is 0 on an interval (C = 2, half the labels wrong)
// the middle of the interval is returned.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "geometry/geometry.h"

namespace lightcone {
namespace {

// One model's samples, padded to whole vectors.
struct Plane {
  std::vector<double> a, y, q;
  int64_t samples;
};

class Slope {
 public:
  Slope(const Kernels& kernels, const Plane& plane) : kernels_(kernels), plane_(plane) {
    // Terms lie in [-1, 1]; each carries a few ulp.
    tolerance_ = 4e-16 * static_cast<double>(plane.samples);
  }
  // -1, 0 or 1, and the Newton step.
  int sign(double alpha, double* step) const {
    double first, second;
    kernels_.geometry.progress_slope(plane_.a.data(), plane_.y.data(), plane_.q.data(),
                            static_cast<int64_t>(plane_.a.size()), alpha, &first, &second);
    *step = second > 0 ? -first / second : std::numeric_limits<double>::infinity();
    return first > tolerance_ ? 1 : first < -tolerance_ ? -1 : 0;
  }

 private:
  const Kernels& kernels_;
  const Plane& plane_;
  double tolerance_;
};

// The boundary in [low, high] between alpha with sign <= `below` and those above it; sign(low) <= below
// < sign(high). To 2^-46 of the interval.
double boundary(const Slope& slope, double low, double high, int below) {
  const double resolution = (high - low) * 0x1p-46;
  double at = 0.5 * (low + high), last_width = high - low;
  for (int k = 0; high - low > resolution && k < 200; ++k) {
    double step;
    const int sign = slope.sign(at, &step);
    (sign <= below ? low : high) = at;
    // Newton where it stays inside the bracket and, every other step, only if the bracket has halved;
    // otherwise bisection. A kink (a minimum at cusps) ends in pure bisection.
    double next = at + step;
    const bool stalled = k % 2 == 1 && high - low > 0.5 * last_width;
    if (k % 2 == 1) last_width = high - low;
    if (sign != 0 && std::fabs(step) < resolution) {
      // Converged: step over the root to close the bracket from the other side.
      next = at - std::copysign(resolution, static_cast<double>(sign));
      if (next <= low || next >= high) break;
    } else if (stalled || !(next > low && next < high)) {
      next = 0.5 * (low + high);
    }
    at = next;
  }
  return 0.5 * (low + high);
}

double minimise(const Slope& slope, double theta) {
  double step;
  const int at_zero = slope.sign(0.0, &step), at_theta = slope.sign(theta, &step);
  if (at_zero > 0) return 0.0;
  if (at_theta < 0) return theta;
  // Left end: first alpha with slope >= 0. Right end: last with slope <= 0.
  const double left = at_zero == 0 ? 0.0 : boundary(slope, 0.0, theta, -1);
  if (at_theta == 0) return 0.5 * (left + theta);
  const double right = boundary(slope, left, theta, 0);
  return 0.5 * (left + right);
}

void fill_plane(const Predictions& table, const Kernels& kernels, const int32_t* labels, int64_t model,
                const Progress& done, Predictions::Scratch& scratch, std::vector<double>& s, Plane* plane) {
  const int64_t classes = table.classes(), samples = table.samples();
  const double cosine = 1.0 / std::sqrt(static_cast<double>(classes));
  const double sine = std::sqrt(1.0 - 1.0 / static_cast<double>(classes));
  const int64_t padded = (samples + 7) / 8 * 8;
  plane->a.assign(static_cast<size_t>(padded), 1.0);
  plane->y.assign(static_cast<size_t>(padded), 0.0);
  plane->q.assign(static_cast<size_t>(padded), std::numeric_limits<double>::infinity());
  plane->samples = samples;
  // Pieces of about 64 KiB: the rows stay in cache between the two loops.
  const int64_t piece = std::max<int64_t>(1, 8192 / classes);
  s.resize(static_cast<size_t>(piece * classes));
  for (int64_t begin = 0; begin < samples; begin += piece) {
    done.check();
    const SampleRange range{begin, 1, std::min(piece, samples - begin)};
    table.rows(model, range, scratch, [&](int32_t kind, int64_t count, int64_t row, const double* raw) {
      kernels.sqrt_rows(raw, kind, count, classes, s.data());
      for (int64_t r = 0; r < count; ++r) {
        const int64_t n = begin + row + r;
        const double* x = s.data() + r * classes;
        // y is the component along (truth - cosine ignorance) / sine, and q what is left of x: the label's
        // entry and the mean lie in the plane, so q is the spread of the other C - 1 entries around
        // their own mean. Summed as squares it cannot be negative and does not cancel.
        const int32_t label = labels[n];
        double others = 0;
        for (int64_t c = 0; c < classes; ++c) others += c == label ? 0.0 : x[c];
        const double mean = others / static_cast<double>(classes - 1);
        double spread = 0;
        for (int64_t c = 0; c < classes; ++c)
          spread += c == label ? 0.0 : (x[c] - mean) * (x[c] - mean);
        const double a = (others + x[label]) * cosine;
        plane->a[static_cast<size_t>(n)] = a;
        plane->y[static_cast<size_t>(n)] = (x[label] - a * cosine) / sine;
        // Below 1e-30 it is the rounding of the square roots: on the plane.
        plane->q[static_cast<size_t>(n)] = spread > 1e-30 ? spread : 0.0;
      }
    });
  }
}

}  // namespace

void progress(const Predictions& table, const int32_t* labels, int64_t label_count, int threads,
              lightcone_control* control, double* out) {
  const int64_t classes = table.classes(), samples = table.samples();
  if (label_count != samples)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("%lld labels for %lld samples", (long long)label_count, (long long)samples));
  for (int64_t n = 0; n < samples; ++n)
    if (labels[n] < 0 || labels[n] >= classes)
      throw Error(LIGHTCONE_INVALID_DATA,
                  format("label %d of sample %lld is out of range: there are classes 0 to %lld", labels[n],
                         (long long)n, (long long)(classes - 1)));
  const Kernels& table_of_isa = kernels(LIGHTCONE_ISA_AUTO);
  const double theta = std::acos(1.0 / std::sqrt(static_cast<double>(classes)));
  struct Workspace {
    Predictions::Scratch scratch;
    std::vector<double> s;
    Plane plane;
  };
  const Progress done(control, table.models() * samples);
  Team team(threads);
  std::vector<Workspace> work(static_cast<size_t>(team.size()));
  team.run(table.models(), [&](int64_t model, int thread) {
    Workspace& w = work[static_cast<size_t>(thread)];
    fill_plane(table, table_of_isa, labels, model, done, w.scratch, w.s, &w.plane);
    out[model] = minimise(Slope(table_of_isa, w.plane), theta) / theta;
    done.add(samples);
  });
}

}  // namespace lightcone
