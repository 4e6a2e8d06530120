// SPDX-License-Identifier: Apache-2.0
// The tensor cores' m8n8k4 product of float64 as a warp-wide function: on the device the instruction, emulated a model
// of how it spreads the matrices over the lanes (PTX ISA, "Matrix fragments for mma.m8n8k4 with .f64"):
//
//   a     row lane / 4, column lane % 4         b     row lane % 4, column lane / 4
//   d[0], d[1]  row lane / 4, columns 2 (lane % 4) and the next
//
// IEEE multiply-adds; the model takes them in order of k, which the device need not.
#pragma once

#include "cuda/base/kernel.h"

namespace lightcone {

#ifdef GPU_EMULATE

inline void multiply_8x8x4(double (&d)[2], double a, double b) {
  static double left[32][32], right[32][32];  // of each warp of the running block
  const unsigned warp = threadIdx.x / 32, lane = emulate::lane();
  left[warp][lane] = a;
  right[warp][lane] = b;
  __syncwarp();
  for (unsigned c = 0; c < 2; ++c)
    for (unsigned k = 0; k < 4; ++k)
      d[c] = std::fma(left[warp][lane / 4 * 4 + k], right[warp][(2 * (lane % 4) + c) * 4 + k], d[c]);
  __syncwarp();
}

#else

__device__ __forceinline__ void multiply_8x8x4(double (&d)[2], double a, double b) {
  asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};\n"
               : "+d"(d[0]), "+d"(d[1])
               : "d"(a), "d"(b));
}

#endif

}  // namespace lightcone
