// SPDX-License-Identifier: Apache-2.0
// Rows of numbers to the class of the largest, ties to the lowest; the first row with a NaN is reported. Up to
// kThreadClasses classes a thread has a row, and what it does not use of a line the next thread does; beyond, a warp has
// a row and neighbouring lanes neighbouring classes. Memory binds: every number is read once.
#include "cuda/plane/launchers.h"
#include "cuda/base/kernel.h"

namespace lightcone {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int64_t kThreadClasses = 32;

__device__ __forceinline__ void put(const DeviceArgmaxArgs& a, int64_t row, int64_t label, bool bad) {
  if (a.label_bytes == 1) {
    static_cast<uint8_t*>(a.labels)[row] = static_cast<uint8_t>(label);
  } else {
    static_cast<uint16_t*>(a.labels)[row] = static_cast<uint16_t>(label);
  }
  if (bad) atomicMin(a.bad, static_cast<unsigned long long>(a.first + row));
}

template <class T>
__global__ void __launch_bounds__(kThreads) narrow_kernel(const LIGHTCONE_ARGS DeviceArgmaxArgs a) {
  const int64_t row = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  if (row >= a.count) return;
  const T* x = static_cast<const T*>(a.rows) + row * a.row_stride;
  T largest = x[0];
  int64_t label = 0;
  bool bad = isnan(largest);
  for (int64_t c = 1; c < a.classes; ++c) {
    const T value = x[c];
    bad |= isnan(value);
    if (value > largest) {
      largest = value;
      label = c;
    }
  }
  put(a, row, label, bad);
}

template <class T>
__global__ void __launch_bounds__(kThreads) wide_kernel(const LIGHTCONE_ARGS DeviceArgmaxArgs a) {
  const int64_t row = int64_t{blockIdx.x} * kWarps + threadIdx.x / 32;
  if (row >= a.count) return;  // the whole warp
  const int lane = static_cast<int>(threadIdx.x % 32);
  const T* x = static_cast<const T*>(a.rows) + row * a.row_stride;
  T largest = x[lane];
  int label = lane;
  int bad = isnan(largest);
  for (int64_t c = lane + 32; c < a.classes; c += 32) {
    const T value = x[c];
    bad |= isnan(value);
    if (value > largest) {
      largest = value;
      label = static_cast<int>(c);
    }
  }
  for (int mask = 16; mask > 0; mask /= 2) {
    const T value = __shfl_xor_sync(kAllLanes, largest, mask);
    const int other = __shfl_xor_sync(kAllLanes, label, mask);
    bad |= __shfl_xor_sync(kAllLanes, bad, mask);
    if (value > largest || (value == largest && other < label)) {
      largest = value;
      label = other;
    }
  }
  if (lane == 0) put(a, row, label, bad != 0);
}

}  // namespace

int launch_argmax(const DeviceArgmaxArgs* args, void* stream) {
  if (args->classes <= kThreadClasses) {
    const dim3 grid(divide_up(args->count, kThreads));
    return args->wide ? LIGHTCONE_LAUNCH(narrow_kernel<double>, grid, kThreads, stream, *args)
                      : LIGHTCONE_LAUNCH(narrow_kernel<float>, grid, kThreads, stream, *args);
  }
  const dim3 grid(divide_up(args->count, kWarps));
  return args->wide ? LIGHTCONE_LAUNCH(wide_kernel<double>, grid, kThreads, stream, *args)
                    : LIGHTCONE_LAUNCH(wide_kernel<float>, grid, kThreads, stream, *args);
}

}  // namespace lightcone
