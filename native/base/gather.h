// SPDX-License-Identifier: Apache-2.0
// Source rows of one model side by side, as a device reads them: rows (count, C) float32, or float64 where the table
// has float64 anywhere, and their kinds (count).
#pragma once

#include <cstdint>
#include <cstring>

#include "base/predictions.h"

namespace lightcone {

template <class From, class To>
void copy_rows(const SourceRows& source, int64_t classes, To* out) {
  for (int64_t r = 0; r < source.count; ++r) {
    const char* row = source.data + r * source.stride_bytes;
    if constexpr (sizeof(From) == sizeof(To)) {
      std::memcpy(out + r * classes, row, static_cast<size_t>(classes) * sizeof(To));
    } else {
      for (int64_t c = 0; c < classes; ++c) {
        From value;
        std::memcpy(&value, row + c * static_cast<int64_t>(sizeof value), sizeof value);
        out[r * classes + c] = static_cast<To>(value);
      }
    }
  }
}

inline void gather_rows(const Predictions& table, int64_t model, SampleRange range, int64_t element,
                        Predictions::Scratch& scratch, char* rows, uint8_t* kinds) {
  const int64_t classes = table.classes();
  table.source_rows(model, range, scratch, [&](const SourceRows& source, int64_t row) {
    char* out = rows + row * classes * element;
    if (element == 4) {
      copy_rows<float>(source, classes, reinterpret_cast<float*>(out));
    } else if (source.dtype == LIGHTCONE_FLOAT32) {
      copy_rows<float>(source, classes, reinterpret_cast<double*>(out));
    } else {
      copy_rows<double>(source, classes, reinterpret_cast<double*>(out));
    }
    std::memset(kinds + row, source.kind, static_cast<size_t>(source.count));
  });
}

}  // namespace lightcone
