// SPDX-License-Identifier: Apache-2.0
// Rows of C numbers to the class of the largest: label[r] = min { c : x[r][c] = max x[r] }. The first pass over
// a row takes the maximum, the second finds the first lane equal to it, so ties go to the lowest class and -0
// equals 0. Included by the isa_*.cpp files alone.
#pragma once

#include "plane/kernels.h"
#include "plane/label_lanes.h"

namespace {

// NumberLanes<T>: V holds kWidth numbers; highest(v) has the largest lane in every lane.
template <class T>
struct NumberLanes;

#if defined(__AVX512F__)

template <>
struct NumberLanes<float> {
  using V = __m512;
  static constexpr int64_t kWidth = 16;
  static LIGHTCONE_INLINE V load(const float* p) { return _mm512_loadu_ps(p); }
  // The first n < kWidth numbers, then -inf.
  static LIGHTCONE_INLINE V load_first(const float* p, int64_t n) {
    return _mm512_mask_loadu_ps(_mm512_set1_ps(-__builtin_inff()), static_cast<__mmask16>((1u << n) - 1), p);
  }
  static LIGHTCONE_INLINE V larger(V a, V b) { return _mm512_max_ps(a, b); }
  static LIGHTCONE_INLINE uint32_t equal(V a, V b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
  static LIGHTCONE_INLINE uint32_t nan(V a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
  static LIGHTCONE_INLINE V highest(V v) {
    v = larger(v, _mm512_shuffle_f32x4(v, v, 0x4e));
    v = larger(v, _mm512_shuffle_f32x4(v, v, 0xb1));
    v = larger(v, _mm512_permute_ps(v, 0x4e));
    return larger(v, _mm512_permute_ps(v, 0xb1));
  }
};
template <>
struct NumberLanes<double> {
  using V = __m512d;
  static constexpr int64_t kWidth = 8;
  static LIGHTCONE_INLINE V load(const double* p) { return _mm512_loadu_pd(p); }
  static LIGHTCONE_INLINE V load_first(const double* p, int64_t n) {
    return _mm512_mask_loadu_pd(_mm512_set1_pd(-__builtin_inf()), static_cast<__mmask8>((1u << n) - 1), p);
  }
  static LIGHTCONE_INLINE V larger(V a, V b) { return _mm512_max_pd(a, b); }
  static LIGHTCONE_INLINE uint32_t equal(V a, V b) { return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ); }
  static LIGHTCONE_INLINE uint32_t nan(V a) { return _mm512_cmp_pd_mask(a, a, _CMP_UNORD_Q); }
  static LIGHTCONE_INLINE V highest(V v) {
    v = larger(v, _mm512_shuffle_f64x2(v, v, 0x4e));
    v = larger(v, _mm512_shuffle_f64x2(v, v, 0xb1));
    return larger(v, _mm512_permute_pd(v, 0x55));
  }
};
constexpr bool kMaskedLoads = true;

#elif defined(__AVX2__)

template <>
struct NumberLanes<float> {
  using V = __m256;
  static constexpr int64_t kWidth = 8;
  static LIGHTCONE_INLINE V load(const float* p) { return _mm256_loadu_ps(p); }
  static LIGHTCONE_INLINE V larger(V a, V b) { return _mm256_max_ps(a, b); }
  static LIGHTCONE_INLINE uint32_t equal(V a, V b) {
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ)));
  }
  static LIGHTCONE_INLINE uint32_t nan(V a) {
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, a, _CMP_UNORD_Q)));
  }
  static LIGHTCONE_INLINE V highest(V v) {
    v = larger(v, _mm256_permute2f128_ps(v, v, 1));
    v = larger(v, _mm256_permute_ps(v, 0x4e));
    return larger(v, _mm256_permute_ps(v, 0xb1));
  }
};
template <>
struct NumberLanes<double> {
  using V = __m256d;
  static constexpr int64_t kWidth = 4;
  static LIGHTCONE_INLINE V load(const double* p) { return _mm256_loadu_pd(p); }
  static LIGHTCONE_INLINE V larger(V a, V b) { return _mm256_max_pd(a, b); }
  static LIGHTCONE_INLINE uint32_t equal(V a, V b) {
    return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_EQ_OQ)));
  }
  static LIGHTCONE_INLINE uint32_t nan(V a) {
    return static_cast<uint32_t>(_mm256_movemask_pd(_mm256_cmp_pd(a, a, _CMP_UNORD_Q)));
  }
  static LIGHTCONE_INLINE V highest(V v) {
    v = larger(v, _mm256_permute2f128_pd(v, v, 1));
    return larger(v, _mm256_permute_pd(v, 0x5));
  }
};
constexpr bool kMaskedLoads = false;

#else

template <>
struct NumberLanes<float> {
  using V = __m128;
  static constexpr int64_t kWidth = 4;
  static LIGHTCONE_INLINE V load(const float* p) { return _mm_loadu_ps(p); }
  static LIGHTCONE_INLINE V larger(V a, V b) { return _mm_max_ps(a, b); }
  static LIGHTCONE_INLINE uint32_t equal(V a, V b) {
    return static_cast<uint32_t>(_mm_movemask_ps(_mm_cmpeq_ps(a, b)));
  }
  static LIGHTCONE_INLINE uint32_t nan(V a) {
    return static_cast<uint32_t>(_mm_movemask_ps(_mm_cmpunord_ps(a, a)));
  }
  static LIGHTCONE_INLINE V highest(V v) {
    v = larger(v, _mm_shuffle_ps(v, v, 0x4e));
    return larger(v, _mm_shuffle_ps(v, v, 0xb1));
  }
};
template <>
struct NumberLanes<double> {
  using V = __m128d;
  static constexpr int64_t kWidth = 2;
  static LIGHTCONE_INLINE V load(const double* p) { return _mm_loadu_pd(p); }
  static LIGHTCONE_INLINE V larger(V a, V b) { return _mm_max_pd(a, b); }
  static LIGHTCONE_INLINE uint32_t equal(V a, V b) {
    return static_cast<uint32_t>(_mm_movemask_pd(_mm_cmpeq_pd(a, b)));
  }
  static LIGHTCONE_INLINE uint32_t nan(V a) {
    return static_cast<uint32_t>(_mm_movemask_pd(_mm_cmpunord_pd(a, a)));
  }
  static LIGHTCONE_INLINE V highest(V v) { return larger(v, _mm_shuffle_pd(v, v, 1)); }
};
constexpr bool kMaskedLoads = false;

#endif

// Each returns the label; *bad is not 0 if a number was NaN, and the label then means nothing.
template <class T>
LIGHTCONE_INLINE int64_t argmax_narrow(const T* x, int64_t classes, uint32_t* bad) {
  if constexpr (kMaskedLoads) {
    using L = NumberLanes<T>;
    const typename L::V v = L::load_first(x, classes);
    *bad |= L::nan(v);
    // The bit beyond the lanes stands for "none" where a NaN hides the maximum.
    return __builtin_ctz(L::equal(v, L::highest(v)) | 1u << L::kWidth);
  } else {
    T best = x[0];
    int64_t label = 0;
    for (int64_t c = 0; c < classes; ++c) {
      *bad |= x[c] != x[c];
      label = x[c] > best ? c : label;
      best = x[c] > best ? x[c] : best;
    }
    return label;
  }
}

template <class T>
LIGHTCONE_INLINE int64_t argmax_wide(const T* x, int64_t classes, uint32_t* bad) {
  using L = NumberLanes<T>;
  const int64_t last = classes - L::kWidth;  // the last vector overlaps the one before
  typename L::V largest = L::load(x + last);
  *bad |= L::nan(largest);
  for (int64_t c = 0; c < last; c += L::kWidth) {
    const typename L::V v = L::load(x + c);
    *bad |= L::nan(v);
    largest = L::larger(largest, v);
  }
  largest = L::highest(largest);
  for (int64_t c = 0; c < last; c += L::kWidth) {
    const uint32_t equal = L::equal(L::load(x + c), largest);
    if (equal != 0) return c + __builtin_ctz(equal);
  }
  return last + __builtin_ctz(L::equal(L::load(x + last), largest) | 1u << L::kWidth);
}

// Rows of few classes next to each other: the compiler makes vectors over the rows. Returns whether there is a NaN.
template <class T, class Label, int kClasses>
LIGHTCONE_INLINE uint32_t argmax_few(const T* __restrict x, int64_t count, Label* __restrict labels) {
  uint32_t bad = 0;
  for (int64_t r = 0; r < count; ++r) {
    T best = x[r * kClasses];
    int32_t label = 0;
    uint32_t nan = best != best;
    for (int c = 1; c < kClasses; ++c) {
      const T v = x[r * kClasses + c];
      nan |= v != v;
      label = v > best ? c : label;
      best = v > best ? v : best;
    }
    bad |= nan;
    labels[r] = static_cast<Label>(label);
  }
  return bad;
}

// Group sizes for which gcc has interleaved loads; the others go row by row.
template <class T, class Label>
LIGHTCONE_INLINE uint32_t argmax_rows(const char* rows, int64_t count, int64_t classes, int64_t stride_bytes,
                                      Label* labels) {
  const T* first = reinterpret_cast<const T*>(rows);
  if (stride_bytes == classes * static_cast<int64_t>(sizeof(T))) switch (classes) {
      case 2: return argmax_few<T, Label, 2>(first, count, labels);
      case 3: return argmax_few<T, Label, 3>(first, count, labels);
      case 4: return argmax_few<T, Label, 4>(first, count, labels);
      case 8: return argmax_few<T, Label, 8>(first, count, labels);
      default: break;
    }
  uint32_t bad = 0;
  const bool narrow = classes < NumberLanes<T>::kWidth;
  for (int64_t r = 0; r < count; ++r) {
    const T* x = reinterpret_cast<const T*>(rows + r * stride_bytes);
    labels[r] = static_cast<Label>(narrow ? argmax_narrow(x, classes, &bad) : argmax_wide(x, classes, &bad));
  }
  return bad;
}

template <class T, class Label>
inline int64_t argmax_of(const char* rows, int64_t count, int64_t classes, int64_t stride_bytes, Label* labels) {
  // Rows between two looks at NaN: few enough that the row is found at once, many enough to cost nothing.
  constexpr int64_t kPiece = 1024;
  for (int64_t begin = 0; begin < count; begin += kPiece) {
    const int64_t end = begin + kPiece < count ? begin + kPiece : count;
    if (argmax_rows<T>(rows + begin * stride_bytes, end - begin, classes, stride_bytes, labels + begin) == 0) continue;
    for (int64_t r = begin; r < end; ++r) {
      const T* x = reinterpret_cast<const T*>(rows + r * stride_bytes);
      for (int64_t c = 0; c < classes; ++c)
        if (x[c] != x[c]) return r;
    }
  }
  return -1;
}

// rows (count, classes) of float32 or float64, stride_bytes apart; labels (count). Returns the first row with a
// NaN, or -1.
inline int64_t argmax(const void* rows, int32_t dtype, int64_t count, int64_t classes, int64_t stride_bytes,
                      int32_t label_bytes, void* labels) {
  const char* bytes = static_cast<const char*>(rows);
  uint8_t* narrow = static_cast<uint8_t*>(labels);
  uint16_t* wide = static_cast<uint16_t*>(labels);
  if (dtype == LIGHTCONE_FLOAT32)
    return label_bytes == 1 ? argmax_of<float>(bytes, count, classes, stride_bytes, narrow)
                            : argmax_of<float>(bytes, count, classes, stride_bytes, wide);
  return label_bytes == 1 ? argmax_of<double>(bytes, count, classes, stride_bytes, narrow)
                          : argmax_of<double>(bytes, count, classes, stride_bytes, wide);
}

}  // namespace
