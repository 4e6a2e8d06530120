// SPDX-License-Identifier: Apache-2.0
// CUDA as far as the kernels use it, on the CPU: each thread of a block is a fiber with a stack of its own, so that
// barriers, shuffles and shared memory work as written. Blocks run one after the other, the threads of a block in
// rising or falling order between barriers. It finds errors of indexing, of tails, of barriers (a divergent one aborts),
// and of the host's ordering: streams are lazy, an operation runs when the host waits for it or another stream does
// (or copies are eager), and device memory begins as NaNs. It does not find races between two barriers that neither order shows.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>

using std::asin, std::copysign, std::cos, std::exp, std::fabs, std::fma, std::isinf, std::isnan, std::log, std::log1p;
using std::sin, std::sqrt;

#define __global__ static
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define LIGHTCONE_NOINLINE __attribute__((noinline))
#define LIGHTCONE_ARGS
#define __launch_bounds__(...)
#define LIGHTCONE_SHARED(type, name, shape) alignas(16) static type name shape
#define LIGHTCONE_DYNAMIC_SHARED(type, name)            \
  alignas(16) static unsigned char name##_bytes[232448]; \
  type* const name = reinterpret_cast<type*>(name##_bytes)
#define LIGHTCONE_LAUNCH_SHARED(kernel, grid, block, bytes, stream, ...) \
  ((bytes) > most_shared_memory() ? static_cast<int>(cudaErrorInvalidValue) \
                                  : LIGHTCONE_LAUNCH(kernel, grid, block, stream, __VA_ARGS__))
#define LIGHTCONE_UNROLL
#define LIGHTCONE_ROLLED
#define LIGHTCONE_LAUNCH(kernel, grid, block, stream, ...) emulate::launch((kernel), (grid), (block), (stream), __VA_ARGS__)

struct dim3 {
  unsigned x, y, z;
  dim3(int64_t x_ = 1, int64_t y_ = 1, int64_t z_ = 1)
      : x(static_cast<unsigned>(x_)), y(static_cast<unsigned>(y_)), z(static_cast<unsigned>(z_)) {}
};
extern dim3 threadIdx, blockIdx, blockDim, gridDim;

struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) double2 { double x, y; };

namespace emulate {

// Waits for all live threads of the block, or of the warp.
void wait_block();
void wait_warp();
// 8 bytes for each lane of the running warp.
uint64_t* warp_slots();
unsigned lane();

// Queues body for each thread of each block; the code of a bad launch.
int queue(void* stream, dim3 grid, dim3 block, std::function<void()> body);

template <class Kernel, class... Args>
int launch(Kernel kernel, dim3 grid, dim3 block, void* stream, const Args&... args) {
  return queue(stream, grid, block, [=] { kernel(args...); });
}

// The value that lane `source` gave.
template <class T>
T exchange(T value, unsigned source) {
  static_assert(sizeof(T) <= 8, "shuffles move up to 8 bytes");
  std::memcpy(warp_slots() + lane(), &value, sizeof value);
  wait_warp();
  std::memcpy(&value, warp_slots() + source, sizeof value);
  wait_warp();
  return value;
}

}  // namespace emulate

inline void __syncthreads() { emulate::wait_block(); }
inline void __syncwarp(unsigned = 0xffffffffu) { emulate::wait_warp(); }
template <class T>
T __shfl_sync(unsigned, T value, int source) { return emulate::exchange(value, static_cast<unsigned>(source) % 32); }
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  return emulate::exchange(value, emulate::lane() ^ static_cast<unsigned>(mask));
}
inline unsigned __ballot_sync(unsigned, int predicate) {
  const uint64_t own = predicate != 0;
  std::memcpy(emulate::warp_slots() + emulate::lane(), &own, sizeof own);
  emulate::wait_warp();
  unsigned bits = 0;
  for (int l = 0; l < 32; ++l) bits |= static_cast<unsigned>(emulate::warp_slots()[l] & 1) << l;
  emulate::wait_warp();
  return bits;
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return __builtin_ffs(x); }

template <class T>
T atomicAdd(T* to, T value) { const T old = *to; *to = old + value; return old; }
template <class T>
T atomicMin(T* to, T value) {
  const T old = *to;
  if (value < old) *to = value;
  return old;
}
template <class T>
T atomicCAS(T* to, T compare, T value) {
  const T old = *to;
  if (old == compare) *to = value;
  return old;
}
inline unsigned atomicOr(unsigned* to, unsigned value) { const unsigned old = *to; *to = old | value; return old; }

// Not to be contracted to a multiply-add.
inline double __dmul_rn(double a, double b) { volatile double product = a * b; return product; }
inline double __dsub_rn(double a, double b) { return a - b; }

inline unsigned __float_as_uint(float x) { unsigned bits; std::memcpy(&bits, &x, 4); return bits; }
inline double __longlong_as_double(long long bits) { double x; std::memcpy(&x, &bits, 8); return x; }
inline float __uint_as_float(unsigned bits) { float x; std::memcpy(&x, &bits, 4); return x; }

inline float multiply_flushed(float a, float b) {
  const auto flushed = [](float x) { return std::fabs(x) < 0x1p-126f ? 0.0f : x; };
  return flushed(flushed(a) * flushed(b));
}
int most_shared_memory();

inline void copy_async16(void* shared, const void* global) { std::memcpy(shared, global, 16); }
inline void copy_async4(void* shared, const void* global, bool there) {
  if (there) {
    std::memcpy(shared, global, 4);
  } else {
    std::memset(shared, 0, 4);
  }
}
inline void copy_async_commit() {}
template <int kPending>
void copy_async_wait() {}

// ---- the runtime, as far as operations.cu uses it --------------------------------------------

using cudaError_t = int;
using cudaStream_t = void*;
using cudaEvent_t = void*;
constexpr cudaError_t cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorMemoryAllocation = 2,
                      cudaErrorInvalidConfiguration = 9, cudaErrorNotReady = 600, cudaErrorLaunchOutOfResources = 701;
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2 };
constexpr unsigned cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2;
struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor, multiProcessorCount;
};
enum cudaMemoryType { cudaMemoryTypeUnregistered = 0, cudaMemoryTypeHost = 1, cudaMemoryTypeDevice = 2 };
struct cudaPointerAttributes {
  cudaMemoryType type;
  int device;
};

const char* cudaGetErrorString(cudaError_t code);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* out, int device);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaMalloc(void** out, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMallocHost(void** out, size_t bytes);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* out, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* out, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* out, const void* address);
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream);
