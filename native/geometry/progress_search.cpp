// SPDX-License-Identifier: Apache-2.0
// The objective of progress is convex, so its slope is increasing: the minimum is where the slope changes sign. Every
// sample that the geodesic passes through adds a cusp, where the slope jumps by 2; at such a point the subgradient is
// an interval, and the point is a minimum when the interval holds 0. Three searches, each for what the one before
// leaves:
//
//   quick    a start from the first sixteenth of the samples, good to about the standard error of so many; the three
//            derivatives there of all samples, taken while the table is still being read; one third-order (Halley)
//            step; and the slope alone in float64, with the second derivative carried along, for the last digits.
//   careful  Halley steps inside a bracket on all samples in float64.
//   exact    bisection on the sign of the subgradient: flat minima (C = 2, half the labels wrong), of which the middle
//            is returned, and minima at cusps.
#include "geometry/progress_search.h"

#include <algorithm>
#include <cmath>

namespace lightcone {
namespace {

constexpr int64_t kBatch = 256;  // samples whose coordinates are still in a first-level cache
constexpr int64_t kLeastPrefix = 512;

int64_t prefix_of(int64_t samples) {
  const int64_t wanted = std::max(kLeastPrefix, samples / 16 / kBatch * kBatch);
  return std::min(wanted, ProgressPlanes::padded(samples));
}

// Halley's step towards the root of `first`; Newton's where the third derivative would turn it round.
double halley(const ProgressSlope& f) {
  const double newton = -f.first / f.second, bend = 1 + 0.5 * newton * f.third / f.second;
  return bend > 0.5 ? newton / bend : newton;
}

void add(ProgressSlope* sum, const ProgressSlope& f) {
  sum->first += f.first;
  sum->second += f.second;
  sum->third += f.third;
}

}  // namespace

ProgressPlanes::ProgressPlanes(bool wide, int64_t models, int64_t samples)
    : wide_(wide), padded_(padded(samples)), numbers_(static_cast<size_t>(bytes(wide, models, samples)) / 8) {
  for (int64_t m = 0; m < models; ++m)
    for (int64_t n = samples; n < padded_; ++n) {
      const ProgressPlane p = model(m).from(n);
      if (wide)
        *static_cast<double*>(p.q) = 1;
      else
        *static_cast<float*>(p.q) = 1;
    }
}

ProgressPlane ProgressPlanes::model(int64_t m) const {
  const int64_t array = padded_ * (wide_ ? 8 : 4);
  char* const first = reinterpret_cast<char*>(numbers_.data()) + m * 3 * array;
  return {wide_ ? LIGHTCONE_FLOAT64 : LIGHTCONE_FLOAT32, first, first + array, first + 2 * array};
}

ProgressSearch::ProgressSearch(const Kernels& kernels, int64_t samples, int64_t classes, const Progress& done)
    : kernels_(kernels),
      done_(done),
      samples_(samples),
      padded_(ProgressPlanes::padded(samples)),
      prefix_(prefix_of(samples)),
      theta_(std::acos(1.0 / std::sqrt(static_cast<double>(classes)))),
      count_(static_cast<double>(samples)),
      // Terms lie in [-1, 1]; each carries a few ulp.
      tolerance_(4e-16 * static_cast<double>(samples)) {}

void ProgressSearch::begin(ProgressPlane plane) {
  plane_ = plane;
  start_ = -1;
  sums_ = {};
  evaluated_ = 0;
}

void ProgressSearch::filled(int64_t n) {
  if (n == samples_) n = padded_;
  if (n < prefix_) return;
  if (start_ < 0) start_ = coarse(prefix_, coarse(std::min(prefix_, kBatch), 0.5 * theta_));
  while (evaluated_ < n) {
    const int64_t end = std::min(evaluated_ + kBatch, padded_);
    if (end > n) return;
    add(&sums_, kernels_.geometry.progress_quick(plane_, evaluated_, end, start_));
    evaluated_ = end;
  }
}

double ProgressSearch::finish() { return std::min(1.0, minimum() / theta_); }

// The angle of the minimum, in [0, theta].
double ProgressSearch::minimum() const {
  double at = start_;
  ProgressSlope f = sums_;
  for (int k = 0; k < 3 && curved(f); ++k) {
    const double next = std::clamp(at + halley(f), 0.0, theta_), step = next - at;
    if (std::fabs(step) > 0.05) {  // a prefix unlike the rest
      at = next;
      f = quick(0, padded_, at);
      continue;
    }
    done_.check();
    const ProgressSlope there = kernels_.geometry.progress_first(plane_, 0, padded_, next);
    at = next;
    if (there.cusps > 0) break;
    if (next == 0 && there.first >= 0) return 0;
    if (next == theta_ && there.first <= 0) return theta_;
    f.second += step * f.third;
    if (!curved(f)) break;
    const double last = -there.first / f.second;
    // The third-order step of length h left the error K h^3, so that the second derivative is off by its part
    // 3 K h^2 = 3 last / h.
    const double left = 3 * last * last / (std::fabs(step) + std::fabs(last));
    if (!(left <= (plane_.dtype == LIGHTCONE_FLOAT32 ? 2e-9 : 1e-11))) break;
    return std::clamp(next + last, 0.0, theta_);
  }
  return careful(at);
}

ProgressSlope ProgressSearch::slope(double alpha) const {
  done_.check();
  return kernels_.geometry.progress_slope(plane_, 0, padded_, alpha);
}

ProgressSlope ProgressSearch::quick(int64_t begin, int64_t end, double alpha) const {
  done_.check();
  return kernels_.geometry.progress_quick(plane_, begin, end, alpha);
}

// -1 where the subgradient is negative, 1 where it is positive, 0 where it holds 0.
int ProgressSearch::sign(const ProgressSlope& f) const {
  const double jump = static_cast<double>(f.cusps) + tolerance_;
  return f.first > jump ? 1 : f.first < -jump ? -1 : 0;
}

int ProgressSearch::sign_at(double alpha) const {
  done_.check();
  return sign(kernels_.geometry.progress_first(plane_, 0, padded_, alpha));
}

// The minimum of the samples before `end`, as exactly as so few can say.
double ProgressSearch::coarse(int64_t end, double at) const {
  const double enough = 0.1 / std::sqrt(static_cast<double>(end));
  double low = 0, high = theta_;
  for (int k = 0; k < 8; ++k) {
    const ProgressSlope f = quick(0, end, at);
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

double ProgressSearch::careful(double at) const {
  double low = 0, high = theta_;
  // Twelve evaluations halve the bracket at worst; what is not smooth by then goes to the exact search.
  for (int k = 0; k < 12; ++k) {
    const ProgressSlope f = slope(at);
    if (std::fabs(f.first) < static_cast<double>(f.cusps) - tolerance_) return at;
    const int side = sign(f);
    // Curvature of 1e-4 per sample: the slope's tolerance is then 4e-12 of an angle.
    if (side == 0 && curved(f) && f.cusps == 0) return std::clamp(at + halley(f), low, high);
    if (side == 0) break;
    if (side > 0 && at == 0) return 0;
    if (side < 0 && at == theta_) return theta_;
    (side > 0 ? high : low) = at;
    const double move = curved(f) ? halley(f) : std::copysign(theta_, -f.first);
    double next = std::clamp(at + move, low, high);
    if (curved(f) && std::fabs(next - at) <= 1e-11) return next;
    // The ends of the bracket have been seen, except 0 and theta at first.
    if ((next == low && low > 0) || (next == high && high < theta_)) next = 0.5 * (low + high);
    if (next == at) next = 0.5 * (low + high);
    at = next;
  }
  return exact(low, high);
}

// The middle of the angles whose subgradient holds 0; they lie in [low, high].
double ProgressSearch::exact(double low, double high) const {
  const int at_low = sign_at(low), at_high = sign_at(high);
  if (at_low > 0) return low;
  if (at_high < 0) return high;
  const double left = at_low == 0 ? low : boundary(low, high, -1);
  const double right = at_high == 0 ? high : boundary(left, high, 0);
  return 0.5 * (left + right);
}

// The boundary in [low, high] between angles with sign <= `below` and those above it; sign(low) <= below
// < sign(high). To 2^-50 of the interval.
double ProgressSearch::boundary(double low, double high, int below) const {
  const double resolution = theta_ * 0x1p-50;
  while (high - low > resolution) {
    const double middle = 0.5 * (low + high);
    (sign_at(middle) <= below ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace lightcone
