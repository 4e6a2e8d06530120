// SPDX-License-Identifier: Apache-2.0
// What every kernel file begins with: CUDA, or its emulation on the CPU (GPU_EMULATE), which needs no GPU and no nvcc.
//
// How to add a kernel. One file per family of kernels and its launchers, cuda/<family>/<what>.cu; its header comment has
// the idea, the tile and the limit that binds. A kernel takes one struct of native/<family>/device_kernels.h by value,
// of plain data; its launcher checks nothing (the driver has planned), launches on the stream it is given and returns
// the code. Declare the launcher in cuda/<family>/launchers.h, put it into the table of cuda/base/operations.cu, add the
// file to cuda/sources.cmake, which builds it for the device and emulated.
//
// What the emulation asks of a kernel:
//   LIGHTCONE_SHARED(float, lines, [16][192])  an array in shared memory; contents undefined at the start
//   LIGHTCONE_DYNAMIC_SHARED(float, lines)     the same beyond 48 KiB, with LIGHTCONE_LAUNCH_SHARED
//   LIGHTCONE_LAUNCH(kernel, grid, block, stream, args)  launches and gives the code; (kernel<T>) in parentheses
//   LIGHTCONE_UNROLL, LIGHTCONE_ROLLED         before a loop
//   LIGHTCONE_NOINLINE                         before a function
//   const LIGHTCONE_ARGS Args a                a kernel's argument, of which a reference costs no copy
//   copy_async16, copy_async_commit, copy_async_wait  instead of cp.async
//   shuffles, ballots and __syncwarp with all 32 lanes; blocks of a multiple of 32 threads
// and nothing else of CUDA than what emulate.h and mma.h have (add there what is missing).
//
// Bits. A result may depend on the chunk of samples and on nothing else: not on the launch's range of tiles, the place
// of a pair in the grid, the band or the other blocks. So: no floating-point atomics, every sum in a fixed order.
#pragma once

#include <cstdint>

#ifdef GPU_EMULATE
#include "cuda/base/emulate.h"
#else
#include <cuda_runtime.h>

#define LIGHTCONE_SHARED(type, name, shape) __shared__ __align__(16) type name shape
#define LIGHTCONE_LAUNCH(kernel, grid, block, stream, ...)                                 \
  ((kernel)<<<(grid), (block), 0, static_cast<cudaStream_t>(stream)>>>(__VA_ARGS__),       \
   static_cast<int>(cudaGetLastError()))
// For kernels that need more shared memory than a static array may have: all of it, `bytes` at the launch.
#define LIGHTCONE_DYNAMIC_SHARED(type, name) \
  extern __shared__ __align__(16) unsigned char name##_bytes[]; \
  type* const name = reinterpret_cast<type*>(name##_bytes)
#define LIGHTCONE_LAUNCH_SHARED(kernel, grid, block, bytes, stream, ...)                                \
  (cudaFuncSetAttribute((kernel), cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes)), \
   (kernel)<<<(grid), (block), (bytes), static_cast<cudaStream_t>(stream)>>>(__VA_ARGS__),              \
   static_cast<int>(cudaGetLastError()))
#define LIGHTCONE_UNROLL _Pragma("unroll")
#define LIGHTCONE_ROLLED _Pragma("unroll 1")
#define LIGHTCONE_NOINLINE __noinline__
#define LIGHTCONE_ARGS __grid_constant__

// a b with subnormals as 0: such a product has lost bits, and must not come back by the factors that follow.
__device__ __forceinline__ float multiply_flushed(float a, float b) {
  float product;
  asm("mul.ftz.f32 %0, %1, %2;" : "=f"(product) : "f"(a), "f"(b));
  return product;
}
// Shared memory that a block may have, in bytes.
inline int most_shared_memory() {
  int device = 0, bytes = 0;
  if (cudaGetDevice(&device) != cudaSuccess ||
      cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device) != cudaSuccess)
    return 0;
  return bytes;
}

// 16 bytes from global to shared memory, without a register between; both aligned to 16.
__device__ __forceinline__ void copy_async16(void* shared, const void* global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(
                   static_cast<unsigned>(__cvta_generic_to_shared(shared))),
               "l"(global)
               : "memory");
}
// The same for 4 bytes; without `there` they become 0.
__device__ __forceinline__ void copy_async4(void* shared, const void* global, bool there) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;\n" ::"r"(
                   static_cast<unsigned>(__cvta_generic_to_shared(shared))),
               "l"(global), "r"(there ? 4 : 0)
               : "memory");
}
// Ends a group of copies of this thread.
__device__ __forceinline__ void copy_async_commit() { asm volatile("cp.async.commit_group;\n" ::: "memory"); }
// Waits until at most kPending groups of this thread are under way.
template <int kPending>
__device__ __forceinline__ void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(kPending) : "memory");
}
#endif

#include "distance/device_kernels.h"

namespace lightcone {

constexpr double kDeviceLn2 = 0x1.62e42fefa39efp-1;

inline int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The number of tile (i, j), as Grid::index counts.
__device__ __forceinline__ int64_t tile_index(const DeviceTileMap& map, int64_t i, int64_t j) {
  return map.triangle ? i * map.column_blocks - i * (i - 1) / 2 + j - i : i * map.column_blocks + j;
}

constexpr unsigned kAllLanes = 0xffffffffu;  // the mask of a whole warp

}  // namespace lightcone
