// SPDX-License-Identifier: Apache-2.0
// Centring of a block of vectors, before and after its product with D: weighted sums of its columns, and
// out[i][k] = alpha[i] in[i][k] + beta[i] sums[k]. Memory binds both: a block is 87 MB at 151,407 models and 72 columns,
// a five-hundredth of D. Sums in a fixed order: kDeviceSumRows rows by 8 threads of 64 each, then those.
#include "cuda/base/kernel.h"
#include "cuda/embed/launchers.h"

namespace lightcone {
namespace {

constexpr int kAcross = 32, kDown = 8, kRowsOfBlock = 64;

__device__ __forceinline__ double entry(const double* in, int64_t at, int64_t parts, int64_t part_stride) {
  double value = in[at];
  for (int64_t p = 1; p < parts; ++p) value += in[at + p * part_stride];
  return value;
}

__global__ void __launch_bounds__(kAcross * kDown) column_sums_kernel(const LIGHTCONE_ARGS DeviceColumnSumsArgs a) {
  LIGHTCONE_SHARED(double, pieces, [kDown][kAcross]);
  const int x = static_cast<int>(threadIdx.x) % kAcross, y = static_cast<int>(threadIdx.x) / kAcross;
  const int64_t column = static_cast<int64_t>(blockIdx.y) * kAcross + x, begin = blockIdx.x * kDeviceSumRows;
  const int64_t end = begin + kDeviceSumRows < a.rows ? begin + kDeviceSumRows : a.rows;
  double sum = 0;
  if (column < a.columns)
    for (int64_t row = begin + y; row < end; row += kDown) {
      const double value = entry(a.in, row * a.columns + column, a.parts, a.part_stride);
      sum += a.weights == nullptr ? value : a.weights[row] * value;
    }
  pieces[y][x] = sum;
  __syncthreads();
  if (y != 0 || column >= a.columns) return;
  for (int k = 1; k < kDown; ++k) sum += pieces[k][x];
  a.out[blockIdx.x * a.columns + column] = sum;
}

__global__ void __launch_bounds__(kAcross * kDown) centre_kernel(const LIGHTCONE_ARGS DeviceCentreArgs a) {
  const int x = static_cast<int>(threadIdx.x) % kAcross, y = static_cast<int>(threadIdx.x) / kAcross;
  const int64_t column = static_cast<int64_t>(blockIdx.y) * kAcross + x;
  if (column >= a.columns) return;
  const double sum = a.beta == nullptr ? 0.0 : a.sums[column];
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kRowsOfBlock + y; row < (blockIdx.x + 1) * int64_t{kRowsOfBlock};
       row += kDown) {
    if (row >= a.padded) return;
    double value = 0;
    if (row < a.rows) {
      value = entry(a.in, row * a.columns + column, a.parts, a.part_stride);
      if (a.alpha != nullptr) value *= a.alpha[row];
      if (a.beta != nullptr) value += a.beta[row] * sum;
    }
    a.out[row * a.columns + column] = value;
  }
}

}  // namespace

int launch_column_sums(const DeviceColumnSumsArgs* args, void* stream) {
  const dim3 grid(divide_up(args->rows, kDeviceSumRows), divide_up(args->columns, kAcross));
  return LIGHTCONE_LAUNCH(column_sums_kernel, grid, kAcross * kDown, stream, *args);
}

int launch_centre(const DeviceCentreArgs* args, void* stream) {
  const dim3 grid(divide_up(args->padded, kRowsOfBlock), divide_up(args->columns, kAcross));
  return LIGHTCONE_LAUNCH(centre_kernel, grid, kAcross * kDown, stream, *args);
}

}  // namespace lightcone
