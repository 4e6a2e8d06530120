// SPDX-License-Identifier: Apache-2.0
// AVX2 and FMA: 6 x 2 vectors of 8 = 12 accumulators, 2 columns and a broadcast of the 16 registers.
#include <immintrin.h>

#include "base/tile_integer.h"

namespace {
typedef float F __attribute__((vector_size(32)));

struct Tile : IntegerSplit<F> {
  static constexpr int kRows = 6, kColumns = 2;

  static inline __attribute__((always_inline)) F broadcast(const float* p) { return (F)_mm256_broadcast_ss(p); }
  // By hand: the compiler would fold loads into it, and reorder a long run of them until it must spill.
  static inline __attribute__((always_inline)) void multiply_add(F& sum, F row, F column) {
    asm("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(row), "x"(column));
  }
};
}  // namespace

#include "base/isa_table.h"

namespace lightcone {

const Kernels* kernels_avx2() {
  static const Kernels table = kernel_table(LIGHTCONE_ISA_AVX2);
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &table : nullptr;
}

}  // namespace lightcone
