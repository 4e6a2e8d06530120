// SPDX-License-Identifier: Apache-2.0
// Progress (Eq 4), the two steps of native/geometry/progress.cpp in float64:
//
//   plane   a row to its coordinates a, y, q in the plane of sqrt ignorance and sqrt truth (progress_kernel.h has the
//           formulas), a thread a row. Memory binds: a row is read once, neighbouring threads on neighbouring rows, so
//           that what one does not use of a line the next does, from first-level cache; 24 bytes a row are written.
//   solve   the search for the minimum of a model, a block a model: Halley's steps inside a bracket, on 64th, 16th and
//           4th parts of the samples first, then on all; flat minima and cusps by bisection on the sign of the
//           subgradient. Memory binds: 24 bytes a sample and evaluation, 2 to 4 evaluations of all samples as a rule
//           and 112 at most. All threads of the block take the same steps, from sums that are the same for each.
//
// For a table on the host the bus binds before either: a row of ten float32 classes is 40 bytes of it.
//
// Bits: a sum's order follows from the number of samples alone, so a model's progress does not depend on the group and
// the piece that it came in. They are not the CPU's, which adds in the lanes of its vectors.
#include "cuda/geometry/launchers.h"
#include "cuda/distance/source_row.h"

namespace lightcone {
namespace {

// The blocks of a multiprocessor in the launch bounds below only keep ptxas from taking fewer registers than it needs.
constexpr int kPlaneThreads = 256;
constexpr int kSolveThreads = 256, kSolveWarps = kSolveThreads / 32;
constexpr int64_t kVector = 8;         // samples: what the coarse searches skip in
constexpr int64_t kCoarsestStep = 64;
constexpr int64_t kLeastVectors = 32;  // 256 samples: fewer say little

template <class T>
__global__ void __launch_bounds__(kPlaneThreads, 4) plane_kernel(const LIGHTCONE_ARGS DeviceProgressPlaneArgs p) {
  const int64_t r = int64_t{blockIdx.x} * kPlaneThreads + threadIdx.x;
  if (r >= p.source.samples) return;
  const SourceRow<T> row(p.source, 0, r);
  const int64_t classes = p.source.classes, label = p.labels[(p.first + r) % p.samples];
  // q is the spread of the other entries around their mean, taken around one of them: near the geodesic they are equal,
  // and nothing cancels.
  const double pivot = row.s(label == 0 ? 1 : 0);
  double own = 0, shift = 0, square = 0;
  for (int64_t c = 0; c < classes; ++c) {
    const double s = row.s(c);
    if (c == label) {
      own = s;
      continue;
    }
    const double d = s - pivot;
    shift += d;
    square += d * d;
  }
  const double all = static_cast<double>(classes), count = all - 1;
  const double others = pivot * count + shift, spread = square - shift * shift / count;
  const double cosine = 1.0 / sqrt(all), sine = sqrt(1.0 - 1.0 / all);
  p.a[p.first + r] = (others + own) * cosine;
  // s_label - a cosine = ((C - 1) s_label - others) / C, the difference taken first.
  p.y[p.first + r] = (own * count - others) / (all * sine);
  // Below 1e-30 it is the rounding of the square roots: on the plane.
  p.q[p.first + r] = spread > 1e-30 ? spread : 0.0;
}

// Derivatives of the objective's sum over the samples, and the samples at a cusp.
struct Slope {
  double first, second, third;
  double cusps;
};

__device__ __forceinline__ double clamped(double x, double low, double high) {
  return x < low ? low : x > high ? high : x;
}

// One model's search. Every member is called by all threads of the block.
class Search {
 public:
  __device__ __forceinline__ Search(const DeviceProgressSolveArgs& args, int64_t model, double* sums)
      : a_(args.a + model * args.samples),
        y_(args.y + model * args.samples),
        q_(args.q + model * args.samples),
        count_(args.samples),
        samples_(static_cast<double>(args.samples)),
        theta_(args.theta),
        tolerance_(4e-16 * static_cast<double>(args.samples)),  // terms lie in [-1, 1]; each carries a few ulp
        sums_(sums) {}

  // The angle of the minimum, in [0, theta].
  __device__ double run() const {
    double at = 0.5 * theta_;
    for (int64_t step = kCoarsestStep; step > 1; step /= 4)
      if (vectors() / step >= kLeastVectors) at = coarse(step, at);
    double low = 0, high = theta_;
    // Twelve evaluations halve the bracket at worst; what is not smooth by then goes to the exact search.
    LIGHTCONE_ROLLED
    for (int k = 0; k < 12; ++k) {
      const Slope f = slope(1, at);
      if (fabs(f.first) < f.cusps - tolerance_) return at;
      const int side = sign(f);
      // Curvature of 1e-4 per sample: the slope's tolerance is then 4e-12 of an angle.
      const bool curved = f.second > 1e-4 * samples_;
      if (side == 0 && curved && f.cusps == 0) return clamped(at + halley(f), low, high);
      if (side == 0) break;
      if (side > 0 && at == 0) return 0;
      if (side < 0 && at == theta_) return theta_;
      (side > 0 ? high : low) = at;
      const double move = curved ? halley(f) : copysign(theta_, -f.first);
      double next = clamped(at + move, low, high);
      if (curved && fabs(next - at) <= 1e-11) return next;
      // The ends of the bracket have been seen, except 0 and theta at first.
      if ((next == low && low > 0) || (next == high && high < theta_)) next = 0.5 * (low + high);
      if (next == at) next = 0.5 * (low + high);
      at = next;
    }
    return exact(low, high);
  }

 private:
  __device__ __forceinline__ int64_t vectors() const { return (count_ + kVector - 1) / kVector; }

  // Of every step-th vector of samples.
  __device__ LIGHTCONE_NOINLINE Slope slope(int64_t step, double alpha) const {
    const double sine = sin(alpha), cosine = cos(alpha);
    Slope sum{0, 0, 0, 0};
    const int64_t length = (vectors() + step - 1) / step * kVector;
    for (int64_t k = threadIdx.x; k < length; k += kSolveThreads) {
      const int64_t n = k / kVector * step * kVector + k % kVector;
      if (n >= count_) continue;
      const double a = a_[n], y = y_[n], q = q_[n];
      const double w = a * sine - y * cosine, u = a * cosine + y * sine, r2 = q + w * w;
      // r < 4e-15, a few ulp of a and y: the geodesic passes through the sample, a cusp.
      if (!(r2 >= 1.6e-29)) {
        sum.cusps += 1;
        continue;
      }
      const double inverse = 1.0 / sqrt(r2), square = inverse * inverse, bend = q * inverse * square;
      sum.first += w * inverse;
      sum.second += bend * u;
      sum.third -= bend * w * (1.0 + 3.0 * u * u * square);
    }
    double part[4] = {sum.first, sum.second, sum.third, sum.cusps};
    LIGHTCONE_UNROLL
    for (int v = 0; v < 4; ++v)
      LIGHTCONE_UNROLL
      for (int mask = 16; mask > 0; mask /= 2) part[v] += __shfl_xor_sync(kAllLanes, part[v], mask);
    __syncthreads();  // the sums of the evaluation before are read
    if (threadIdx.x % 32 == 0)
      for (int v = 0; v < 4; ++v) sums_[threadIdx.x / 32 * 4 + v] = part[v];
    __syncthreads();
    double total[4] = {};
    for (int warp = 0; warp < kSolveWarps; ++warp)
      LIGHTCONE_UNROLL
      for (int v = 0; v < 4; ++v) total[v] += sums_[warp * 4 + v];
    return {total[0], total[1], total[2], total[3]};
  }

  // -1 where the subgradient is negative, 1 where it is positive, 0 where it holds 0.
  __device__ __forceinline__ int sign(const Slope& f) const {
    const double jump = f.cusps + tolerance_;
    return f.first > jump ? 1 : f.first < -jump ? -1 : 0;
  }
  // Halley's step towards the root of `first`; Newton's where the third derivative would turn it round.
  __device__ __forceinline__ static double halley(const Slope& f) {
    const double newton = -f.first / f.second, bend = 1 + 0.5 * newton * f.third / f.second;
    return bend > 0.5 ? newton / bend : newton;
  }

  // The minimum of every step-th vector, as exactly as so few samples can say.
  __device__ double coarse(int64_t step, double at) const {
    const double enough = 0.1 / sqrt(static_cast<double>(vectors() / step * kVector));
    double low = 0, high = theta_;
    LIGHTCONE_ROLLED
    for (int k = 0; k < 8; ++k) {
      const Slope f = slope(step, at);
      if (!(f.second > 0)) return f.first < 0 ? theta_ : f.first > 0 ? 0.0 : at;
      (f.first > 0 ? high : low) = at;
      double next = at + halley(f);
      if (!(next > low && next < high))
        next = fabs(next - at) > theta_ || (low > 0 && high < theta_) ? 0.5 * (low + high) : clamped(next, low, high);
      const double moved = fabs(next - at);
      at = next;
      if (moved <= enough) break;
    }
    return at;
  }

  // The boundary in [low, high] between angles with sign <= `below` and those above it; sign(low) <= below
  // < sign(high). To 2^-50 of the interval.
  __device__ LIGHTCONE_NOINLINE double boundary(double low, double high, int below) const {
    const double resolution = theta_ * 0x1p-50;
    LIGHTCONE_ROLLED
    while (high - low > resolution) {
      const double middle = 0.5 * (low + high);
      (sign(slope(1, middle)) <= below ? low : high) = middle;
    }
    return 0.5 * (low + high);
  }

  // The middle of the angles whose subgradient holds 0; they lie in [low, high].
  __device__ double exact(double low, double high) const {
    const int at_low = sign(slope(1, low)), at_high = sign(slope(1, high));
    if (at_low > 0) return low;
    if (at_high < 0) return high;
    const double left = at_low == 0 ? low : boundary(low, high, -1);
    const double right = at_high == 0 ? high : boundary(left, high, 0);
    return 0.5 * (left + right);
  }

  const double *a_, *y_, *q_;
  int64_t count_;
  double samples_, theta_, tolerance_;
  double* sums_;  // shared, (kSolveWarps, 4)
};

__global__ void __launch_bounds__(kSolveThreads, 2) solve_kernel(const LIGHTCONE_ARGS DeviceProgressSolveArgs args) {
  LIGHTCONE_SHARED(double, sums, [kSolveWarps * 4]);
  const double part = Search(args, blockIdx.x, sums).run() / args.theta;
  if (threadIdx.x == 0) args.out[blockIdx.x] = part < 1.0 ? part : 1.0;
}

}  // namespace

int launch_progress_plane(const DeviceProgressPlaneArgs* args, void* stream) {
  const dim3 grid(divide_up(args->source.samples, kPlaneThreads));
  return args->source.wide ? LIGHTCONE_LAUNCH(plane_kernel<double>, grid, kPlaneThreads, stream, *args)
                           : LIGHTCONE_LAUNCH(plane_kernel<float>, grid, kPlaneThreads, stream, *args);
}

int launch_progress_solve(const DeviceProgressSolveArgs* args, void* stream) {
  return LIGHTCONE_LAUNCH(solve_kernel, dim3(args->models), kSolveThreads, stream, *args);
}

}  // namespace lightcone
