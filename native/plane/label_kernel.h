// SPDX-License-Identifier: Apache-2.0
// Where labels change along the rows of a map, as bits, and the first label that is too large. Included by the
// isa_*.cpp files alone.
#pragma once

#include "plane/label_lanes.h"

namespace {

template <int kLabelBytes>
inline void label_changes_of(const uint8_t* map, int64_t height, int64_t width, uint64_t* changes) {
  using L = LabelLanes<kLabelBytes>;
  constexpr int64_t kLabels = L::kBytes / kLabelBytes;
  const int64_t words = (width + 63) / 64;
  for (int64_t y = 0; y < height; ++y, changes += words) {
    const uint8_t* row = map + y * width * kLabelBytes;
    for (int64_t w = 0; w < words; ++w) changes[w] = 0;
    changes[0] = 1;
    int64_t x = 1;
    // Bits x .. x + kLabels - 1, which may straddle two words.
    for (; x + kLabels <= width; x += kLabels) {
      const uint8_t* at = row + x * kLabelBytes;
      const uint64_t bits = L::different(L::load(at), L::load(at - kLabelBytes));
      const int64_t word = x >> 6, shift = x & 63;
      changes[word] |= bits << shift;
      if (shift + kLabels > 64) changes[word + 1] |= bits >> (64 - shift);
    }
    for (; x < width; ++x) {
      const uint8_t* at = row + x * kLabelBytes;
      bool differs = at[0] != at[-kLabelBytes];
      if constexpr (kLabelBytes == 2) differs = differs || at[1] != at[-1];
      changes[x >> 6] |= uint64_t{differs} << (x & 63);
    }
  }
}

// changes: (height, ceil(width / 64)) words; bit x of a row is set where its label differs from that at x - 1,
// and at x = 0.
inline void label_changes(const void* map, int64_t height, int64_t width, int32_t label_bytes, uint64_t* changes) {
  const uint8_t* labels = static_cast<const uint8_t*>(map);
  if (label_bytes == 1) label_changes_of<1>(labels, height, width, changes);
  else label_changes_of<2>(labels, height, width, changes);
}

template <int kLabelBytes>
inline int64_t first_label_of(const uint8_t* labels, int64_t count, int64_t bound) {
  using L = LabelLanes<kLabelBytes>;
  constexpr int64_t kLabels = L::kBytes / kLabelBytes;
  if (bound > (kLabelBytes == 1 ? 255 : 65535)) return -1;
  const typename L::V limit = L::splat(bound);
  int64_t k = 0;
  for (; k + kLabels <= count; k += kLabels) {
    const uint64_t bits = L::at_least(L::load(labels + k * kLabelBytes), limit);
    if (bits != 0) return k + __builtin_ctzll(bits);
  }
  for (; k < count; ++k) {
    int64_t label = labels[k * kLabelBytes];
    if constexpr (kLabelBytes == 2) label |= int64_t{labels[k * 2 + 1]} << 8;
    if (label >= bound) return k;
  }
  return -1;
}

// The first of `count` labels that is `bound` or more, or -1.
inline int64_t first_label_from(const void* labels, int64_t count, int32_t label_bytes, int64_t bound) {
  const uint8_t* bytes = static_cast<const uint8_t*>(labels);
  return label_bytes == 1 ? first_label_of<1>(bytes, count, bound) : first_label_of<2>(bytes, count, bound);
}

}  // namespace
