// SPDX-License-Identifier: Apache-2.0
// AVX-512 (F, BW, DQ, VL): 8 x 3 vectors of 16 = 24 accumulators, 3 columns and a broadcast of the 32
// registers.
#include <immintrin.h>

#include <cstdint>

#include "base/kernels.h"

namespace {

struct Tile {
  typedef float F __attribute__((vector_size(64)));
  static constexpr int kRows = 8, kColumns = 3;
  static constexpr int64_t kWidth = 16;

  // A BC below the bound becomes 0, and so does the product.
  static inline __attribute__((always_inline)) F multiply_guarded(F product, F bc) {
    const __mmask16 safe =
        _mm512_cmp_ps_mask((__m512)bc, _mm512_set1_ps(0x1p-66f /* 2^-80 scaled by at least 2^14 */), _CMP_GE_OQ);
    return (F)_mm512_maskz_mul_ps(safe, (__m512)product, (__m512)bc);
  }
  // getexp(0) is -inf: the flag needs no instruction of its own.
  static inline __attribute__((always_inline)) void renormalise(F* product, F* exponent) {
    const __m512 p = (__m512)*product;
    *exponent = (F)_mm512_add_ps((__m512)*exponent, _mm512_getexp_ps(p));
    *product = (F)_mm512_getmant_ps(p, _MM_MANT_NORM_1_2, _MM_MANT_SIGN_zero);
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
