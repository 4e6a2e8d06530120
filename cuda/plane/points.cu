// SPDX-License-Identifier: Apache-2.0
// Points of planes through triplets: x1 + a v1 + b v2 with b = t / |r|, a = (s - c b) / |v1|, in float64, rounded once to
// float32: the formula and the roundings of native/plane (points_kernel.h with FMA, barycentric() without), so that the
// bits are those of a CPU with FMA.
//
// A block has kPoints points. Its threads stand side by side along the row, 2^k of them, as many as it is wide and at
// most all, the rest on further points; each keeps its entry of the three rows in registers for all points of a plane.
// What it writes binds: 4 bytes a number, against three reads for every kPoints.
#include "cuda/plane/launchers.h"
#include "cuda/base/kernel.h"

namespace lightcone {
namespace {

constexpr int kThreads = 256, kPoints = 64;

template <class T>
__global__ void __launch_bounds__(kThreads) points_kernel(const LIGHTCONE_ARGS DevicePlanePointsArgs p, int lanes) {
  LIGHTCONE_SHARED(double, shares, [2][kPoints]);
  const int64_t per_plane = p.s_points * p.t_points;
  const int64_t first = p.begin + int64_t{blockIdx.x} * kPoints, end = p.begin + p.points;
  const int count = static_cast<int>(end - first < kPoints ? end - first : kPoints);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % lanes, group = thread / lanes;
  const int groups = kThreads / lanes;
  if (thread < count) {
    const int64_t plane = (first + thread) / per_plane, point = (first + thread) % per_plane;
    const double* corner = p.vertices + 3 * plane;
    const double b = p.t[plane * p.t_points + point % p.t_points] / corner[2];
    shares[1][thread] = b;
    shares[0][thread] = __dsub_rn(p.s[plane * p.s_points + point / p.t_points], __dmul_rn(corner[1], b)) / corner[0];
  }
  __syncthreads();
  for (int begin = 0; begin < count;) {
    const int64_t plane = (first + begin) / per_plane;
    const int64_t left = (plane + 1) * per_plane - first;
    const int stop = left < count ? static_cast<int>(left) : count;
    const int64_t* triplet = p.triplets + 3 * plane;
    const T* rows = static_cast<const T*>(p.rows);
    const T *x = rows + triplet[0] * p.row_stride, *y = rows + triplet[1] * p.row_stride;
    const T* z = rows + triplet[2] * p.row_stride;
    for (int64_t d = lane + int64_t{blockIdx.y} * lanes; d < p.width; d += int64_t{gridDim.y} * lanes) {
      const double origin = static_cast<double>(x[d]);
      const double v1 = static_cast<double>(y[d]) - origin, v2 = static_cast<double>(z[d]) - origin;
      float* out = p.out + (first - p.begin) * p.out_stride + d;
      for (int k = begin + group; k < stop; k += groups)
        out[k * p.out_stride] = static_cast<float>(fma(v2, shares[1][k], fma(v1, shares[0][k], origin)));
    }
    begin = stop;
  }
}

}  // namespace

int launch_plane_points(const DevicePlanePointsArgs* args, void* stream) {
  int lanes = 1;
  while (lanes < kThreads && lanes < args->width) lanes *= 2;
  const int64_t across = divide_up(args->width, lanes);
  const dim3 grid(divide_up(args->points, kPoints), across < 1024 ? across : 1024);
  return args->wide ? LIGHTCONE_LAUNCH(points_kernel<double>, grid, kThreads, stream, *args, lanes)
                    : LIGHTCONE_LAUNCH(points_kernel<float>, grid, kThreads, stream, *args, lanes);
}

}  // namespace lightcone
