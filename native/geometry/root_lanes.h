// SPDX-License-Identifier: Apache-2.0
// Several rows at once, as many as a register of the instruction set holds elements of their type: one class of so
// many rows as lanes, and square roots without the slow root and division instructions. Rows of float32 stay float32.
// Included by the isa_*.cpp files alone.
#pragma once

#include <immintrin.h>

#include "base/lanes.h"
#include "lightcone.h"

namespace {

typedef float Float __attribute__((vector_size(LIGHTCONE_VECTOR_BYTES)));
typedef int32_t FloatMask __attribute__((vector_size(LIGHTCONE_VECTOR_BYTES)));
typedef float FloatAt __attribute__((vector_size(LIGHTCONE_VECTOR_BYTES), aligned(4)));
typedef float HalfAt __attribute__((vector_size(LIGHTCONE_VECTOR_BYTES / 2), aligned(4)));
constexpr int64_t kFloats = 2 * kDoubles;

// The vector of an element type, and one that holds a class number of each lane exactly.
template <class Element>
struct LanesOf;
template <>
struct LanesOf<float> {
  typedef Float Vector;
  typedef FloatMask Index;
  typedef FloatMask Compared;
  typedef int32_t Scalar;  // of Index
};
template <>
struct LanesOf<double> {
  typedef Double Vector;
  typedef Double Index;  // every instruction set compares float64, not all of them int64
  typedef Mask Compared;
  typedef double Scalar;
};
template <class Element>
constexpr int64_t kLanesOf = static_cast<int64_t>(LIGHTCONE_VECTOR_BYTES / sizeof(Element));

LIGHTCONE_INLINE Float load(const float* p) { return *reinterpret_cast<const FloatAt*>(p); }
LIGHTCONE_INLINE void store(float* p, Float v) { *reinterpret_cast<FloatAt*>(p) = v; }
// kDoubles numbers as float64.
LIGHTCONE_INLINE Double widened(const double* p) { return load(p); }
LIGHTCONE_INLINE Double widened(const float* p) {
  return __builtin_convertvector(*reinterpret_cast<const HalfAt*>(p), Double);
}

// Whether x > y in any lane.
LIGHTCONE_INLINE bool any_above(Float x, Float y) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)x, (__m512)y, _CMP_GT_OQ) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_ps((__m256)(x > y)) != 0;
#else
  return _mm_movemask_ps((__m128)(x > y)) != 0;
#endif
}
LIGHTCONE_INLINE bool any_above(Double x, Double y) {
#if defined(__AVX512F__)
  return _mm512_cmp_pd_mask((__m512d)x, (__m512d)y, _CMP_GT_OQ) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_pd((__m256d)(x > y)) != 0;
#else
  return _mm_movemask_pd((__m128d)(x > y)) != 0;
#endif
}

template <class Vector>
LIGHTCONE_INLINE double sum_lanes(Vector v) {
  double sum = 0;
  for (size_t l = 0; l < sizeof(v) / sizeof(v[0]); ++l) sum += v[l];
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

// The same in float32, where absolute errors count: s = exp(x) <= 1 is good to 2e-8 + 1e-7 s. One rounding of x / ln 2
// = t costs |t| 2^-|t| 2^-24 of it, so that no second part of ln 2 is needed; 2^r on |r| <= 1/2 by the polynomial of
// least relative error (2e-9 before its own rounding). x below -80 as -80 (2e-35).
LIGHTCONE_INLINE Float exp_short(Float x) {
  x = x > -80.0f ? x : Float{} - 80.0f;
  const float shift = 0x1.8p23f;
  const Float t = x * 0x1.715476p0f;
  const Float biased = t + shift;
  const Float r = t - (biased - shift);
  Float p = Float{} + 1.5353362e-4f;
  p = p * r + 1.3398875e-3f;
  p = p * r + 9.6184369e-3f;
  p = p * r + 5.5503324e-2f;
  p = p * r + 2.4022648e-1f;
  p = p * r + 6.9314718e-1f;
  p = p * r + 1.0f;
  return (Float)((FloatMask)p + (((FloatMask)biased - (FloatMask)(Float{} + shift)) << 23));
}

// Arguments of float32 roots below this count as it: a root of 1e-15 instead of 0, and no denormal squares.
constexpr float kLeastFloatArgument = 1e-30f;

// 1 / sqrt(x) for x in [kLeastFloatArgument, 1e30], to 2 ulp: one Newton step from the 14 bits of AVX-512 (1.5 2^-28 is
// left), a third-order one from the 11.4 bits of the others (2.5 2^-34).
LIGHTCONE_INLINE Float inverse_root(Float x) {
#if defined(__AVX512F__)
  const Float y = (Float)_mm512_maskz_rsqrt14_ps(0xffff, (__m512)x);
  return y + (y * 0.5f) * (1.0f - (x * y) * y);
#else
#if defined(__AVX2__)
  const Float y = (Float)_mm256_rsqrt_ps((__m256)x);
#else
  const Float y = (Float)_mm_rsqrt_ps((__m128)x);
#endif
  const Float e = 1.0f - (x * y) * y;
  return y + (y * e) * (0.375f * e + 0.5f);
#endif
}

// sqrt(x) for x in [0, 1e30], to 1 ulp. AVX-512 has half the root instructions a cycle that AVX2 has a lane.
LIGHTCONE_INLINE Float quick_root(Float x) {
#if defined(__AVX512F__)
  x += kLeastFloatArgument;
  const Float y = (Float)_mm512_maskz_rsqrt14_ps(0xffff, (__m512)x);
  const Float s = x * y;
  const Float half = (Float)((FloatMask)y - (1 << 23));  // y / 2, away from the multipliers
  return s + s * (0.5f - s * half);
#elif defined(__AVX2__)
  return (Float)_mm256_sqrt_ps((__m256)x);
#else
  return (Float)_mm_sqrt_ps((__m128)x);
#endif
}

// Rows of a vector's lanes: evenly spaced in memory (two registers hold their places), or listed.
template <class Element>
struct SpacedRows {
  typedef Element Type;
  const Element* first;
  int64_t stride;
  LIGHTCONE_INLINE const Element* operator()(int64_t l) const { return first + l * stride; }
};
template <class Element>
struct ListedRows {
  typedef Element Type;
  const Element* row[kLanesOf<Element>];
  LIGHTCONE_INLINE const Element* operator()(int64_t l) const { return row[l]; }
};

// Classes c to c + 3 of so many rows as a vector has lanes, one class a vector. For float32 a transposition in
// registers: gathering takes three times as long.
template <class Rows>
LIGHTCONE_INLINE void load_classes(const Rows& row, int64_t c, Float* x) {
#if defined(__AVX512F__)
  __m512 r[4];
  for (int l = 0; l < 4; ++l) {
    const __m256 low = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row(l) + c)),
                                            _mm_loadu_ps(row(l + 4) + c), 1);
    const __m256 high = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row(l + 8) + c)),
                                             _mm_loadu_ps(row(l + 12) + c), 1);
    r[l] = _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castpd256_pd512(_mm256_castps_pd(low)), _mm256_castps_pd(high), 1));
  }
  const __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(r[0], r[1]));
  const __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(r[2], r[3]));
  const __m512d high01 = _mm512_castps_pd(_mm512_unpackhi_ps(r[0], r[1]));
  const __m512d high23 = _mm512_castps_pd(_mm512_unpackhi_ps(r[2], r[3]));
  x[0] = (Float)_mm512_unpacklo_pd(low01, low23);
  x[1] = (Float)_mm512_unpackhi_pd(low01, low23);
  x[2] = (Float)_mm512_unpacklo_pd(high01, high23);
  x[3] = (Float)_mm512_unpackhi_pd(high01, high23);
#elif defined(__AVX2__)
  __m256 r[4];
  for (int l = 0; l < 4; ++l)
    r[l] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row(l) + c)), _mm_loadu_ps(row(l + 4) + c), 1);
  const __m256d low01 = _mm256_castps_pd(_mm256_unpacklo_ps(r[0], r[1]));
  const __m256d low23 = _mm256_castps_pd(_mm256_unpacklo_ps(r[2], r[3]));
  const __m256d high01 = _mm256_castps_pd(_mm256_unpackhi_ps(r[0], r[1]));
  const __m256d high23 = _mm256_castps_pd(_mm256_unpackhi_ps(r[2], r[3]));
  x[0] = (Float)_mm256_unpacklo_pd(low01, low23);
  x[1] = (Float)_mm256_unpackhi_pd(low01, low23);
  x[2] = (Float)_mm256_unpacklo_pd(high01, high23);
  x[3] = (Float)_mm256_unpackhi_pd(high01, high23);
#else
  __m128 r0 = _mm_loadu_ps(row(0) + c), r1 = _mm_loadu_ps(row(1) + c);
  __m128 r2 = _mm_loadu_ps(row(2) + c), r3 = _mm_loadu_ps(row(3) + c);
  _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
  x[0] = (Float)r0;
  x[1] = (Float)r1;
  x[2] = (Float)r2;
  x[3] = (Float)r3;
#endif
}
template <class Rows>
LIGHTCONE_INLINE void load_classes(const Rows& row, int64_t c, Double* x) {
  for (int k = 0; k < 4; ++k) {
    Double v = {};
    for (int l = 0; l < kDoubles; ++l) v[l] = row(l)[c + k];
    x[k] = v;
  }
}

// The class c of all rows.
template <class Rows>
LIGHTCONE_INLINE auto load_class(const Rows& row, int64_t c) {
  typedef typename Rows::Type Element;
  typename LanesOf<Element>::Vector x = {};
  for (int64_t l = 0; l < kLanesOf<Element>; ++l) x[l] = row(l)[c];
  return x;
}

}  // namespace
