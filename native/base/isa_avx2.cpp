// SPDX-License-Identifier: Apache-2.0
// AVX2 and FMA: 6 x 2 vectors of 8 = 12 accumulators, 2 columns and a broadcast of the 16 registers.
#include "base/tile_integer.h"

namespace {
typedef float F __attribute__((vector_size(32)));
typedef int32_t I __attribute__((vector_size(32)));
using Tile = IntegerTile<F, I, 6, 2>;
}

#include "base/isa_table.h"

namespace lightcone {

const Kernels* kernels_avx2() {
  static const Kernels table = kernel_table(LIGHTCONE_ISA_AVX2);
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : nullptr;
}

}  // namespace lightcone
