// SPDX-License-Identifier: Apache-2.0
// The widest vector of the instruction set as label lanes (uint8 or uint16) and as number lanes (float32 or
// float64), with the few operations of the plane kernels. Included by the isa_*.cpp files alone.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "base/lanes.h"

namespace {

// LabelLanes<bytes>: V holds kBytes of labels.
//   different(a, b)         one bit per label, set where they differ
//   count(acc, a, b)        acc + 1 in each lane where they are equal
//   count(acc, a, b, m)     the same where the mask's lane is set
//   sum(acc)                the sum of the lanes, each below 256
#if defined(__AVX512BW__)

template <int kLabelBytes>
struct LabelLanes {
  using V = __m512i;
  using Mask = __mmask64;
  static constexpr int64_t kBytes = 64;
  static constexpr int kRows = 4, kColumns = 4;  // 16 counters, 4 rows and a column of the 32 registers

  static LIGHTCONE_INLINE V load(const uint8_t* p) { return _mm512_loadu_si512(p); }
  static LIGHTCONE_INLINE V zero() { return _mm512_setzero_si512(); }
  static LIGHTCONE_INLINE Mask load_mask(const uint8_t* p) {
    if constexpr (kLabelBytes == 1) return _mm512_movepi8_mask(load(p));
    else return _mm512_movepi16_mask(load(p));
  }
  static LIGHTCONE_INLINE uint64_t different(V a, V b) {
    if constexpr (kLabelBytes == 1) return _mm512_cmpneq_epu8_mask(a, b);
    else return _mm512_cmpneq_epu16_mask(a, b);
  }
  static LIGHTCONE_INLINE uint64_t at_least(V a, V bound) {
    if constexpr (kLabelBytes == 1) return _mm512_cmpge_epu8_mask(a, bound);
    else return _mm512_cmpge_epu16_mask(a, bound);
  }
  static LIGHTCONE_INLINE V splat(int64_t label) {
    if constexpr (kLabelBytes == 1) return _mm512_set1_epi8(static_cast<char>(label));
    else return _mm512_set1_epi16(static_cast<int16_t>(label));
  }
  // Written out because gcc 12 keeps two copies of each counter of the intrinsic and moves one to the other: 20%.
  static LIGHTCONE_INLINE V increment(V acc, __mmask64 lanes) {
    const V minus_one = _mm512_set1_epi32(-1);
    if constexpr (kLabelBytes == 1) asm("vpsubb %2, %0, %0%{%1%}" : "+v"(acc) : "Yk"(lanes), "v"(minus_one));
    else asm("vpsubw %2, %0, %0%{%1%}" : "+v"(acc) : "Yk"(static_cast<__mmask32>(lanes)), "v"(minus_one));
    return acc;
  }
  static LIGHTCONE_INLINE V count(V acc, V a, V b) {
    if constexpr (kLabelBytes == 1) return increment(acc, _mm512_cmpeq_epu8_mask(a, b));
    else return increment(acc, _mm512_cmpeq_epu16_mask(a, b));
  }
  static LIGHTCONE_INLINE V count(V acc, V a, V b, Mask m) {
    if constexpr (kLabelBytes == 1) return increment(acc, _mm512_mask_cmpeq_epu8_mask(m, a, b));
    else return increment(acc, _mm512_mask_cmpeq_epu16_mask(static_cast<__mmask32>(m), a, b));
  }
  static LIGHTCONE_INLINE int64_t sum(V acc) { return _mm512_reduce_add_epi64(_mm512_sad_epu8(acc, zero())); }
};

#elif defined(__AVX2__)

template <int kLabelBytes>
struct LabelLanes {
  using V = __m256i;
  using Mask = __m256i;
  static constexpr int64_t kBytes = 32;
  static constexpr int kRows = 2, kColumns = 4;  // 8 counters, 2 rows, a column and a comparison of 16 registers

  static LIGHTCONE_INLINE V load(const uint8_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static LIGHTCONE_INLINE V zero() { return _mm256_setzero_si256(); }
  static LIGHTCONE_INLINE Mask load_mask(const uint8_t* p) { return load(p); }
  static LIGHTCONE_INLINE V equal(V a, V b) {
    if constexpr (kLabelBytes == 1) return _mm256_cmpeq_epi8(a, b);
    else return _mm256_cmpeq_epi16(a, b);
  }
  // One bit per lane of a comparison.
  static LIGHTCONE_INLINE uint64_t bits(V lanes) {
    if constexpr (kLabelBytes == 1) return static_cast<uint32_t>(_mm256_movemask_epi8(lanes));
    const __m128i packed = _mm_packs_epi16(_mm256_castsi256_si128(lanes), _mm256_extracti128_si256(lanes, 1));
    return static_cast<uint32_t>(_mm_movemask_epi8(packed));
  }
  static constexpr uint64_t kAll = (uint64_t{1} << (kBytes / kLabelBytes)) - 1;
  static LIGHTCONE_INLINE uint64_t different(V a, V b) { return bits(equal(a, b)) ^ kAll; }
  static LIGHTCONE_INLINE uint64_t at_least(V a, V bound) {
    if constexpr (kLabelBytes == 1) return bits(equal(_mm256_max_epu8(a, bound), a));
    else return bits(equal(_mm256_max_epu16(a, bound), a));
  }
  static LIGHTCONE_INLINE V splat(int64_t label) {
    if constexpr (kLabelBytes == 1) return _mm256_set1_epi8(static_cast<char>(label));
    else return _mm256_set1_epi16(static_cast<int16_t>(label));
  }
  static LIGHTCONE_INLINE V count(V acc, V a, V b) {
    if constexpr (kLabelBytes == 1) return _mm256_sub_epi8(acc, equal(a, b));
    else return _mm256_sub_epi16(acc, equal(a, b));
  }
  static LIGHTCONE_INLINE V count(V acc, V a, V b, Mask m) {
    if constexpr (kLabelBytes == 1) return _mm256_sub_epi8(acc, _mm256_and_si256(equal(a, b), m));
    else return _mm256_sub_epi16(acc, _mm256_and_si256(equal(a, b), m));
  }
  static LIGHTCONE_INLINE int64_t sum(V acc) {
    const __m256i wide = _mm256_sad_epu8(acc, zero());
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    return _mm_cvtsi128_si64(half) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(half, half));
  }
};

#else

template <int kLabelBytes>
struct LabelLanes {
  using V = __m128i;
  using Mask = __m128i;
  static constexpr int64_t kBytes = 16;
  static constexpr int kRows = 2, kColumns = 4;

  static LIGHTCONE_INLINE V load(const uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static LIGHTCONE_INLINE V zero() { return _mm_setzero_si128(); }
  static LIGHTCONE_INLINE Mask load_mask(const uint8_t* p) { return load(p); }
  static LIGHTCONE_INLINE V equal(V a, V b) {
    if constexpr (kLabelBytes == 1) return _mm_cmpeq_epi8(a, b);
    else return _mm_cmpeq_epi16(a, b);
  }
  static LIGHTCONE_INLINE uint64_t bits(V lanes) {
    if constexpr (kLabelBytes == 2) lanes = _mm_packs_epi16(lanes, _mm_setzero_si128());
    return static_cast<uint32_t>(_mm_movemask_epi8(lanes));
  }
  static constexpr uint64_t kAll = (uint64_t{1} << (kBytes / kLabelBytes)) - 1;
  static LIGHTCONE_INLINE uint64_t different(V a, V b) { return bits(equal(a, b)) ^ kAll; }
  // a >= b is b - a saturated at 0.
  static LIGHTCONE_INLINE uint64_t at_least(V a, V bound) {
    if constexpr (kLabelBytes == 1) return bits(equal(_mm_subs_epu8(bound, a), zero()));
    else return bits(equal(_mm_subs_epu16(bound, a), zero()));
  }
  static LIGHTCONE_INLINE V splat(int64_t label) {
    if constexpr (kLabelBytes == 1) return _mm_set1_epi8(static_cast<char>(label));
    else return _mm_set1_epi16(static_cast<int16_t>(label));
  }
  static LIGHTCONE_INLINE V count(V acc, V a, V b) {
    if constexpr (kLabelBytes == 1) return _mm_sub_epi8(acc, equal(a, b));
    else return _mm_sub_epi16(acc, equal(a, b));
  }
  static LIGHTCONE_INLINE V count(V acc, V a, V b, Mask m) {
    if constexpr (kLabelBytes == 1) return _mm_sub_epi8(acc, _mm_and_si128(equal(a, b), m));
    else return _mm_sub_epi16(acc, _mm_and_si128(equal(a, b), m));
  }
  static LIGHTCONE_INLINE int64_t sum(V acc) {
    const __m128i wide = _mm_sad_epu8(acc, zero());
    return _mm_cvtsi128_si64(wide) + _mm_cvtsi128_si64(_mm_unpackhi_epi64(wide, wide));
  }
};

#endif

}  // namespace
