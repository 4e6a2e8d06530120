// SPDX-License-Identifier: Apache-2.0
// Several samples at once, as many as a register of the instruction set holds float64: one class of so many rows as
// lanes, and square roots without the slow root and division instructions. Included by the isa_*.cpp files alone.
#pragma once

#include <immintrin.h>

#include "base/lanes.h"
#include "lightcone.h"

namespace {

LIGHTCONE_INLINE double sum_lanes(Double v) {
  double sum = 0;
  for (int l = 0; l < kDoubles; ++l) sum += v[l];
  return sum;
}

// Square roots and inverse roots count arguments below this as 0: the smallest normal float32 is 1.2e-38, and the
// instruction sets without a float64 estimate go through float32.
constexpr double kLeastRootArgument = 1e-36;

// 1 / sqrt(x) for x in [kLeastRootArgument, 1e36], to 2 ulp. From the hardware's estimate y, e = 1 - x y^2 and
// the series (1 - e)^(-1/2) = 1 + e/2 + 3/8 e^2 + ...: with |e| <= 2^-13 (AVX-512) e^4 35/128 is 4e-17; with
// |e| <= 2^-10.4 (float32 estimate) one term more leaves e^5 63/256 = 6e-17.
LIGHTCONE_INLINE Double inverse_root(Double x) {
#if defined(__AVX512F__)
  const Double y = (Double)_mm512_maskz_rsqrt14_pd(0xff, (__m512d)x);
  const Double e = 1.0 - (x * y) * y;
  const Double series = (e * 0.3125 + 0.375) * e + 0.5;
#else
#if defined(__AVX2__)
  const Double y = (Double)_mm256_cvtps_pd(_mm_rsqrt_ps(_mm256_cvtpd_ps((__m256d)x)));
#else
  const Double y = (Double)_mm_cvtps_pd(_mm_rsqrt_ps(_mm_cvtpd_ps((__m128d)x)));
#endif
  const Double e = 1.0 - (x * y) * y;
  const Double series = ((e * 0.2734375 + 0.3125) * e + 0.375) * e + 0.5;
#endif
  return y + (y * e) * series;
}

// sqrt(x) for x in [0, 1e36], to 3 ulp; below kLeastRootArgument 0.
LIGHTCONE_INLINE Double quick_root(Double x) {
  const Double r = x * inverse_root(x);
  return x >= kLeastRootArgument ? r : Double{};
}

// exp(x) for x <= 700, to 3 ulp, x below -700 as -700 (1e-304). Shorter than exp8, which goes to the end of the
// exponent: the remainder r^13 / 13! is 2e-16 for |r| <= ln2 / 2, and 2^n is one addition to the exponent.
LIGHTCONE_INLINE Double exp_short(Double x) {
  x = x > -700.0 ? x : Double{} - 700.0;
  const double shift = 0x1.8p52;
  const Double biased = x * 0x1.71547652b82fep0 + shift;
  const Double n = biased - shift;
  Double r = x - n * 0x1.62e42fee00000p-1;
  r = r - n * 0x1.a39ef35793c76p-33;
  Double p = Double{} + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  return (Double)((Mask)p + (((Mask)biased - (Mask)(Double{} + shift)) << 52));
}

// Classes c to c + 3 of kDoubles rows, one class a vector. For float32 a transposition in registers: gathering takes
// three times as long.
LIGHTCONE_INLINE void load_classes(const float* const* row, int64_t c, Double* x) {
#if defined(__AVX512F__)
  __m256 r[4];
  for (int l = 0; l < 4; ++l)
    r[l] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row[l] + c)), _mm_loadu_ps(row[l + 4] + c), 1);
  const __m256d low01 = _mm256_castps_pd(_mm256_unpacklo_ps(r[0], r[1]));
  const __m256d low23 = _mm256_castps_pd(_mm256_unpacklo_ps(r[2], r[3]));
  const __m256d high01 = _mm256_castps_pd(_mm256_unpackhi_ps(r[0], r[1]));
  const __m256d high23 = _mm256_castps_pd(_mm256_unpackhi_ps(r[2], r[3]));
  x[0] = (Double)_mm512_maskz_cvtps_pd(0xff, _mm256_castpd_ps(_mm256_unpacklo_pd(low01, low23)));
  x[1] = (Double)_mm512_maskz_cvtps_pd(0xff, _mm256_castpd_ps(_mm256_unpackhi_pd(low01, low23)));
  x[2] = (Double)_mm512_maskz_cvtps_pd(0xff, _mm256_castpd_ps(_mm256_unpacklo_pd(high01, high23)));
  x[3] = (Double)_mm512_maskz_cvtps_pd(0xff, _mm256_castpd_ps(_mm256_unpackhi_pd(high01, high23)));
#elif defined(__AVX2__)
  __m128 r0 = _mm_loadu_ps(row[0] + c), r1 = _mm_loadu_ps(row[1] + c);
  __m128 r2 = _mm_loadu_ps(row[2] + c), r3 = _mm_loadu_ps(row[3] + c);
  _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
  x[0] = (Double)_mm256_cvtps_pd(r0);
  x[1] = (Double)_mm256_cvtps_pd(r1);
  x[2] = (Double)_mm256_cvtps_pd(r2);
  x[3] = (Double)_mm256_cvtps_pd(r3);
#else
  const __m128 r0 = _mm_loadu_ps(row[0] + c), r1 = _mm_loadu_ps(row[1] + c);
  const __m128 low = _mm_unpacklo_ps(r0, r1), high = _mm_unpackhi_ps(r0, r1);
  x[0] = (Double)_mm_cvtps_pd(low);
  x[1] = (Double)_mm_cvtps_pd(_mm_movehl_ps(low, low));
  x[2] = (Double)_mm_cvtps_pd(high);
  x[3] = (Double)_mm_cvtps_pd(_mm_movehl_ps(high, high));
#endif
}
LIGHTCONE_INLINE void load_classes(const double* const* row, int64_t c, Double* x) {
  for (int k = 0; k < 4; ++k)
    for (int l = 0; l < kDoubles; ++l) x[k][l] = row[l][c + k];
}

// Calls use(c, x) for all classes in order, x the class's entry of kDoubles rows.
template <class Element, class Use>
LIGHTCONE_INLINE void each_class(const Element* const* row, int64_t classes, Use&& use) {
  Double x[4];
  int64_t c = 0;
  for (; c + 4 <= classes; c += 4) {
    load_classes(row, c, x);
    for (int k = 0; k < 4; ++k) use(c + k, x[k]);
  }
  if (c == classes) return;
  if (classes >= 4) {  // the last four again, for those that are left
    load_classes(row, classes - 4, x);
    for (int k = static_cast<int>(4 - classes + c); k < 4; ++k) use(classes - 4 + k, x[k]);
    return;
  }
  for (; c < classes; ++c) {
    for (int l = 0; l < kDoubles; ++l) x[0][l] = row[l][c];
    use(c, x[0]);
  }
}

}  // namespace
