// SPDX-License-Identifier: Apache-2.0
// Points of a geodesic (Eq 3), as native/geometry/geodesic_kernel.h makes them, in float64: per sample
//
//   ends     sqrt p, sqrt q of its two rows and the angle theta = 2 asin(|sqrt p - sqrt q| / 2), a thread a sample
//   points   ([sin((1 - t) theta) sqrt p + sin(t theta) sqrt q] / sin theta)^2, p itself below 1e-8
//
// A block of `points` has kSamples samples of one point: their two shares are made once, in shared memory, then
// neighbouring threads write neighbouring classes. What it writes binds: the roots stay in second-level cache from one
// point to the next.
#include "cuda/geometry/launchers.h"
#include "cuda/distance/source_row.h"

namespace lightcone {
namespace {

constexpr int kThreads = 256, kSamples = 128;
constexpr int64_t kMostRows = 32768;  // of a grid

template <class T>
__global__ void __launch_bounds__(kThreads) ends_kernel(const LIGHTCONE_ARGS DeviceGeodesicEndsArgs a) {
  const int64_t n = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (n >= a.source.samples) return;
  const SourceRow<T> from(a.source, 0, n), to(a.source, 1, n);
  double* const u = a.roots + n * a.source.classes;
  double* const v = u + a.source.samples * a.source.classes;
  double gap = 0;
  for (int64_t c = 0; c < a.source.classes; ++c) {
    const double s = from.s(c), t = to.s(c);
    u[c] = s;
    v[c] = t;
    gap += (s - t) * (s - t);
  }
  const double half = 0.5 * sqrt(gap), most = 0x1.6a09e667f3bcdp-1;  // sqrt(1/2): orthogonal rows
  a.angle[n] = 2.0 * asin(half < most ? half : most);
}

__global__ void __launch_bounds__(kThreads) points_kernel(const LIGHTCONE_ARGS DeviceGeodesicPointsArgs a) {
  LIGHTCONE_SHARED(double, shares, [2][kSamples]);
  const int64_t first = int64_t{blockIdx.x} * kSamples;
  const int count = static_cast<int>(a.samples - first < kSamples ? a.samples - first : kSamples);
  const int64_t length = count * a.classes;
  const double* const u = a.roots + first * a.classes;
  const double* const v = u + a.samples * a.classes;
  for (int64_t k = blockIdx.y; k < a.points; k += gridDim.y) {
    const double t = a.t[k];
    __syncthreads();
    if (static_cast<int>(threadIdx.x) < count) {
      const double angle = a.angle[first + threadIdx.x], sine = sin(angle);
      const bool still = angle < 1e-8;
      shares[0][threadIdx.x] = still ? 1.0 : sin((1 - t) * angle) / sine;
      shares[1][threadIdx.x] = still ? 0.0 : sin(t * angle) / sine;
    }
    __syncthreads();
    double* const out = a.out + (k * a.out_samples + first) * a.classes;
    for (int64_t e = threadIdx.x; e < length; e += kThreads) {
      const int64_t n = e / a.classes;
      const double s = shares[0][n] * u[e] + shares[1][n] * v[e];
      out[e] = s * s;
    }
  }
}

}  // namespace

int launch_geodesic_ends(const DeviceGeodesicEndsArgs* args, void* stream) {
  const dim3 grid(divide_up(args->source.samples, kThreads));
  return args->source.wide ? LIGHTCONE_LAUNCH(ends_kernel<double>, grid, kThreads, stream, *args)
                           : LIGHTCONE_LAUNCH(ends_kernel<float>, grid, kThreads, stream, *args);
}

int launch_geodesic_points(const DeviceGeodesicPointsArgs* args, void* stream) {
  const dim3 grid(divide_up(args->samples, kSamples), args->points < kMostRows ? args->points : kMostRows);
  return LIGHTCONE_LAUNCH(points_kernel, grid, kThreads, stream, *args);
}

}  // namespace lightcone
