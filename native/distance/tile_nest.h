// SPDX-License-Identifier: Apache-2.0
// The loop nest over the pairs of a tile, once for all metrics whose samples meet in a sum over classes:
//
//   sum(i, j) += sum over groups of samples of term( sum over the group and classes of step(a, b) )
//
// With groups of one sample this is a Gram matrix per sample with a fused epilogue; with longer ones it is a
// matrix product over N C. A unit says kStreams, kGroup (samples per term, at most), step and term; a metric made
// of products with kSelf also gets half the products of each model with itself, so that
//
//   sum = kSelf ( 1/2 a.a + 1/2 b.b - a.b )
//
// which is 0 for equal rows up to rounding of the sums, whatever the rounding of the panels. Terms are float64.
//
// Panels [strip of models][n][stream][c][kNestStrip] of T. With two streams the first of a row meets the second of a
// column and the other way round. Included by the isa_*.cpp files alone, whose struct Tile has the vector type.
#pragma once

#include "base/lanes.h"
#include "distance/bhattacharyya_kernel.h"
#include "distance/metric.h"

namespace {

using lightcone::kBlock;

using lightcone::kNestStrip;

// Accumulators, a row of columns and a broadcast in 32, 16 and 16 registers.
constexpr int64_t kVectorBytes = sizeof(Tile::F);
constexpr int kNestRows = kVectorBytes == 64 ? 8 : kVectorBytes == 32 ? 6 : 4;
constexpr int kNestColumns = kVectorBytes == 64 ? 3 : 2;  // vectors
// The columns of one register tile, its hot operand, take at most so much: a first-level cache, or where that is smaller
// the second-level one feeds them at 8 bytes a cycle. Less of it meets the sums in memory more often. And bytes of one
// stream and class of them with 64-byte vectors.
constexpr int64_t kHotBytes = 40960, kLongestColumns = 192;

template <class Unit, class T, int kColumns>
LIGHTCONE_INLINE void nest_register_tile(const T* a, const T* b, int64_t samples, int64_t classes, double* sum) {
  typedef T V __attribute__((vector_size(kVectorBytes)));
  constexpr int kRows = kNestRows;
  constexpr int64_t kWidth = sizeof(V) / sizeof(T);
  const int64_t line = classes * kNestStrip;  // one stream of one sample
  for (int64_t begin = 0; begin < samples; begin += Unit::kGroup) {
    const int64_t group = samples - begin < Unit::kGroup ? samples - begin : Unit::kGroup;
    V acc[kRows][kColumns];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j) acc[i][j] = V{};
    for (int64_t n = 0; n < group; ++n) {
      for (int stream = 0; stream < Unit::kStreams; ++stream) {
        const T* x = a + stream * line;
        const T* y = b + (Unit::kStreams - 1 - stream) * line;
        for (int64_t c = 0; c < classes; ++c, x += kNestStrip, y += kNestStrip) {
          V column[kColumns];
#pragma GCC unroll 8
          for (int j = 0; j < kColumns; ++j) column[j] = *reinterpret_cast<const V*>(y + j * kWidth);
#pragma GCC unroll 16
          for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
            for (int j = 0; j < kColumns; ++j) Unit::step(acc[i][j], V{} + x[i], column[j]);
        }
      }
      a += Unit::kStreams * line;
      b += Unit::kStreams * line;
    }
    // Through memory, so that the term is a plain loop over a row.
    alignas(64) T done[kRows][kColumns * kWidth];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j) *reinterpret_cast<V*>(&done[i][j * kWidth]) = acc[i][j];
    for (int i = 0; i < kRows; ++i)
      for (int64_t k = 0; k < kColumns * kWidth; ++k)
        sum[i * kBlock + k] += Unit::term(static_cast<double>(done[i][k]));
  }
}

template <class Unit, class T>
void nest_tile(const lightcone::MetricTile& t) {
  const FlushSubnormals flush;  // below every bound, and slow
  constexpr int64_t kRows = kNestRows, kWidth = kVectorBytes / static_cast<int64_t>(sizeof(T));
  constexpr int64_t kColumns = kNestColumns * kWidth;
  static_assert(lightcone::kPartRows % kRows == 0, "the register tile divides a part");
  static_assert(kNestStrip % kRows == 0 && kNestStrip % kColumns == 0, "and the strip");
  const T* row_panel = static_cast<const T*>(t.rows);
  const T* column_panel = static_cast<const T*>(t.columns);
  const int64_t sample = Unit::kStreams * t.classes * kNestStrip, strip = t.samples * sample;
  const int64_t fit = kHotBytes / (Unit::kStreams * t.classes * kColumns * static_cast<int64_t>(sizeof(T)));
  const int64_t step = fit < 1 ? 1 : fit < Unit::kGroup ? fit : fit / Unit::kGroup * Unit::kGroup;
  for (int64_t n = 0; n < t.samples; n += step) {
    const int64_t samples = t.samples - n < step ? t.samples - n : step;
    for (int64_t j = 0; j < t.column_count; j += kColumns)
      for (int64_t i = t.row_begin; i < t.row_end; i += kRows) {
        if (t.diagonal && j + kColumns <= i) break;  // wholly below the diagonal, and so are the rest
        const T* a = row_panel + i / kNestStrip * strip + n * sample + i % kNestStrip;
        const T* b = column_panel + j / kNestStrip * strip + n * sample + j % kNestStrip;
        double* sum = t.sum + i * kBlock + j;
        // The last columns of the last tile in as few vectors as hold them.
        const int64_t vectors = (t.column_count - j + kWidth - 1) / kWidth;
        if (vectors >= kNestColumns) {
          nest_register_tile<Unit, T, kNestColumns>(a, b, samples, t.classes, sum);
        } else if (vectors == 2) {
          nest_register_tile<Unit, T, 2>(a, b, samples, t.classes, sum);
        } else {
          nest_register_tile<Unit, T, 1>(a, b, samples, t.classes, sum);
        }
      }
  }
  if constexpr (Unit::kSelf != 0)
    for (int64_t i = t.row_begin; i < t.row_end; ++i)
      for (int64_t j = 0; j < t.column_count; ++j)
        t.sum[i * kBlock + j] += Unit::kSelf * (0.5 * t.row_self[i] + 0.5 * t.column_self[j]);
}

// Groups of a matrix product: rounding grows with the group, the cost of a term shrinks with it.
constexpr int64_t kProductGroup = 16;

// Below this mean term a difference of products of size `magnitude` a sample is not good to 5e-7 (a quarter of the
// contract): at worst each of the kProductGroup streams C additions of a group, each of the N / group of a sum, and 8
// more loses 2^-53 of it. The group is nest_tile's for the longest columns there are, the shortest of them.
LIGHTCONE_INLINE double product_near_below(double samples, double classes, double streams, double magnitude) {
  const int64_t fit = kHotBytes / (static_cast<int64_t>(streams * classes) * kLongestColumns);
  const double group = static_cast<double>(fit < 1 ? 1 : fit < kProductGroup ? fit : kProductGroup);
  const double roundings = kProductGroup * streams * classes + samples / group + 8;
  return magnitude * roundings * 0x1p-53 / 5e-7;
}

}  // namespace
