// SPDX-License-Identifier: Apache-2.0
// AVX-512 (F, BW, DQ, VL): 4 x 3 vectors of 16 = 12 sums and 12 products, 3 columns and a broadcast of the 32
// registers; 12 sums are the latency of an FMA (4) times two units, and half as many again.
#include <immintrin.h>

#include <cstdint>

#include "base/kernels.h"

namespace {

struct Tile {
  typedef float F __attribute__((vector_size(64)));
  typedef F E;
  static constexpr int kRows = 4, kColumns = 3;
  static constexpr int64_t kWidth = 16, kStrip = 16;
  static constexpr bool kKeepProducts = true;

  static inline __attribute__((always_inline)) F broadcast(const float* p) { return (F)_mm512_set1_ps(*p); }

  // By hand: the compiler would fold loads into it, and reorder a long run of them until it must spill.
  static inline __attribute__((always_inline)) void multiply_add(F& sum, F row, F column) {
    asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(row), "v"(column));
  }

  // A BC below the bound becomes 0, and so does the product.
  static inline __attribute__((always_inline)) F multiply_guarded(F product, F bc) {
    const __mmask16 safe =
        _mm512_cmp_ps_mask((__m512)bc, _mm512_set1_ps(0x1p-66f /* 2^-80 scaled by at least 2^14 */), _CMP_GE_OQ);
    return (F)_mm512_maskz_mul_ps(safe, (__m512)product, (__m512)bc);
  }
  // getexp(0) is -inf: the flag needs no instruction of its own.
  static inline __attribute__((always_inline)) void renormalise(F& product, F& exponent) {
    exponent = (F)_mm512_add_ps((__m512)exponent, _mm512_getexp_ps((__m512)product));
    product = (F)_mm512_ternarylogic_epi32((__m512i)product, _mm512_set1_epi32(0x007fffff),
                                           _mm512_set1_epi32(0x3f800000), 0xea);  // (p & mantissa) | 1.0
  }
};

}  // namespace

#include "base/isa_table.h"

namespace lightcone {

const Kernels* kernels_avx512() {
  static const Kernels table = kernel_table(LIGHTCONE_ISA_AVX512);
  const bool able = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return able ? &table : nullptr;
}

}  // namespace lightcone
