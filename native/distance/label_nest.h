// SPDX-License-Identifier: Apache-2.0
// The loop nest over labels: sum(i, j) += number of samples whose labels differ, exactly. Panels [model][n] of
// one-byte (C <= 256) or two-byte labels, n padded to a multiple of 64 with equal labels.
// Included by the isa_*.cpp files alone.
#pragma once

#include "base/lanes.h"
#include "distance/metric.h"

namespace {

template <class Label>
void label_tile(const lightcone::MetricTile& t) {
  typedef Label V __attribute__((vector_size(64)));
  constexpr int64_t kWidth = 64 / sizeof(Label);
  // A lane counts to its largest value before it must be emptied.
  constexpr int64_t kFull = 255 * kWidth;
  const int64_t samples = (t.samples + 63) / 64 * 64;
  const Label* rows = static_cast<const Label*>(t.rows);
  const Label* columns = static_cast<const Label*>(t.columns);
  for (int64_t i = t.row_begin; i < t.row_end; ++i)
    for (int64_t j = t.diagonal ? i + 1 : 0; j < t.column_count; ++j) {
      const Label* a = rows + i * samples;
      const Label* b = columns + j * samples;
      int64_t differ = 0;
      for (int64_t begin = 0; begin < samples; begin += kFull) {
        const int64_t end = samples - begin < kFull ? samples : begin + kFull;
        V count = {};
        for (int64_t n = begin; n < end; n += kWidth)
          count -= (V)(*reinterpret_cast<const V*>(a + n) != *reinterpret_cast<const V*>(b + n));
        uint32_t here = 0;
        alignas(64) Label lanes[kWidth];
        *reinterpret_cast<V*>(lanes) = count;
        for (int64_t l = 0; l < kWidth; ++l) here += lanes[l];
        differ += here;
      }
      t.sum[i * lightcone::kBlock + j] += static_cast<double>(differ);
    }
}

}  // namespace
