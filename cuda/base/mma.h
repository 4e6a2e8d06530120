// SPDX-License-Identifier: Apache-2.0
// The tensor cores' m16n8k16 product of float16 with float32 sums, and the loads that feed it, as warp-wide functions:
// on the device the instructions themselves, emulated a model of how they spread a matrix over the lanes (PTX ISA,
// "Matrix fragments for mma.m16n8k16" and "ldmatrix"), so that the index arithmetic of a kernel is tested without a GPU.
// With group = lane / 4 and pair = 2 (lane % 4):
//
//   a[0..3]  rows group, group + 8, group, group + 8; columns pair, pair + 1 of 0..7 and of 8..15 (a[2], a[3])
//   b[0..1]  rows pair, pair + 1 of 0..7 and of 8..15; column group
//   d[0..3]  row group, columns pair, pair + 1; row group + 8, the same columns
//
// What the model leaves open: the order of the sum over k and the rounding of the device's adder, which truncates.
#pragma once

#include "cuda/base/kernel.h"

#ifndef GPU_EMULATE
#include <cuda_fp16.h>
#endif

namespace lightcone {

#ifdef GPU_EMULATE

inline uint16_t half_bits(float x) {
  const _Float16 rounded = static_cast<_Float16>(x);
  uint16_t bits;
  std::memcpy(&bits, &rounded, 2);
  return bits;
}
inline float half_value(uint16_t bits) {
  _Float16 x;
  std::memcpy(&x, &bits, 2);
  return static_cast<float>(x);
}

namespace emulated {
struct Fragment {
  uint32_t a[4], b[2];
};
// What the lanes of each warp of the running block hand each other.
inline Fragment fragments[32][32];
inline const void* addresses[32][32];
inline unsigned warp() { return threadIdx.x / 32; }
inline float element(uint32_t word, int k) { return half_value(static_cast<uint16_t>(word >> 16 * (k & 1))); }
inline float a_at(int row, int k) {
  const Fragment& from = fragments[warp()][row % 8 * 4 + k % 8 / 2];
  return element(from.a[row / 8 + 2 * (k / 8)], k);
}
inline float b_at(int k, int column) {
  const Fragment& from = fragments[warp()][column * 4 + k % 8 / 2];
  return element(from.b[k / 8], k);
}
}  // namespace emulated

inline void multiply_16x8x16(float (&d)[4], const uint32_t (&a)[4], const uint32_t* b) {
  emulated::Fragment& own = emulated::fragments[emulated::warp()][emulate::lane()];
  for (int k = 0; k < 4; ++k) own.a[k] = a[k];
  for (int k = 0; k < 2; ++k) own.b[k] = b[k];
  emulate::wait_warp();
  const int lane = static_cast<int>(emulate::lane());
  for (int out = 0; out < 4; ++out) {
    const int row = lane / 4 + out / 2 * 8, column = lane % 4 * 2 + out % 2;
    for (int k = 0; k < 16; ++k) d[out] += emulated::a_at(row, k) * emulated::b_at(k, column);
  }
  emulate::wait_warp();
}

// Lane l gives the address of row l % 8 of matrix l / 8, 8 float16 each; it gets elements 2 (l % 4) and the next of row
// l / 4 of each of the four.
inline void load_matrices(uint32_t* to, const void* row) {
  emulated::addresses[emulated::warp()][emulate::lane()] = row;
  emulate::wait_warp();
  const unsigned lane = emulate::lane();
  for (unsigned m = 0; m < 4; ++m)
    std::memcpy(&to[m], static_cast<const char*>(emulated::addresses[emulated::warp()][8 * m + lane / 4]) + lane % 4 * 4,
                4);
  emulate::wait_warp();
}

#else

__device__ __forceinline__ uint16_t half_bits(float x) { return __half_as_ushort(__float2half_rn(x)); }
__device__ __forceinline__ float half_value(uint16_t bits) { return __half2float(__ushort_as_half(bits)); }

// d += a b.
__device__ __forceinline__ void multiply_16x8x16(float (&d)[4], const uint32_t (&a)[4], const uint32_t* b) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Not volatile-free: the order against the barriers around shared memory counts.
__device__ __forceinline__ void load_matrices(uint32_t* to, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(static_cast<unsigned>(__cvta_generic_to_shared(row)))
               : "memory");
}

#endif

}  // namespace lightcone
