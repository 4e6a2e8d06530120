// SPDX-License-Identifier: Apache-2.0
// Agreement of label maps: counts[i][j] += number of points with row i's label equal to column j's. A register
// tile of rows x columns counts in 8-bit (16-bit) lanes over one block and is then widened, so that a label read
// from cache is compared with several others; one comparison and one masked subtraction per 64 labels on AVX-512.
// Included by the isa_*.cpp files alone.
#pragma once

#include "plane/kernels.h"
#include "plane/label_lanes.h"

namespace {

// A window at kWindow - k has its last k bytes set: the points of the last, overlapping vector that are new.
constexpr int64_t kWindow = 64;
struct TailWindow {
  uint8_t bytes[2 * kWindow];
  constexpr TailWindow() : bytes() {
    for (int64_t k = kWindow; k < 2 * kWindow; ++k) bytes[k] = 0xff;
  }
};
constexpr TailWindow kTail;

template <int kLabelBytes, int kRows, int kColumns, bool kMasked>
LIGHTCONE_INLINE void agreement_tile(const lightcone::AgreementBlock& block, int64_t row, int64_t column) {
  using L = LabelLanes<kLabelBytes>;
  using V = typename L::V;
  const uint8_t* rows[kRows];
  const uint8_t* columns[kColumns];
  for (int i = 0; i < kRows; ++i) rows[i] = block.rows[row + i];
  for (int j = 0; j < kColumns; ++j) columns[j] = block.columns[column + j];
  V acc[kRows][kColumns];
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kColumns; ++j) acc[i][j] = L::zero();
  int64_t at = 0;
  for (; at + L::kBytes <= block.bytes; at += L::kBytes) {
    V a[kRows];
    for (int i = 0; i < kRows; ++i) a[i] = L::load(rows[i] + at);
    [[maybe_unused]] typename L::Mask mask = {};
    if constexpr (kMasked) mask = L::load_mask(block.mask + at);
    for (int j = 0; j < kColumns; ++j) {
      const V b = L::load(columns[j] + at);
      for (int i = 0; i < kRows; ++i) {
        if constexpr (kMasked) acc[i][j] = L::count(acc[i][j], a[i], b, mask);
        else acc[i][j] = L::count(acc[i][j], a[i], b);
      }
    }
  }
  if (at < block.bytes && block.bytes >= L::kBytes) {
    const int64_t begin = block.bytes - L::kBytes;
    alignas(64) uint8_t window[64];
    for (int64_t k = 0; k < L::kBytes; ++k) {
      window[k] = kTail.bytes[kWindow - (at - begin) + k];
      if constexpr (kMasked) window[k] &= block.mask[begin + k];
    }
    const typename L::Mask mask = L::load_mask(window);
    for (int j = 0; j < kColumns; ++j) {
      const V b = L::load(columns[j] + begin);
      for (int i = 0; i < kRows; ++i) acc[i][j] = L::count(acc[i][j], L::load(rows[i] + begin), b, mask);
    }
    at = block.bytes;
  }
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kColumns; ++j) {
      int64_t count = L::sum(acc[i][j]);
      for (int64_t k = at; k < block.bytes; k += kLabelBytes) {  // fewer labels than a vector
        bool equal = rows[i][k] == columns[j][k];
        if constexpr (kLabelBytes == 2) equal = equal && rows[i][k + 1] == columns[j][k + 1];
        if constexpr (kMasked) equal = equal && block.mask[k] != 0;
        count += equal;
      }
      block.counts[(row + i) * block.counts_stride + column + j] += count;
    }
}

template <int kLabelBytes, int kRows, bool kMasked>
LIGHTCONE_INLINE void agreement_strip(const lightcone::AgreementBlock& block, int64_t row) {
  constexpr int kColumns = LabelLanes<kLabelBytes>::kColumns;
  int64_t column = block.diagonal ? (kRows == 1 ? row + 1 : row) : 0;
  for (; column + kColumns <= block.column_count; column += kColumns)
    agreement_tile<kLabelBytes, kRows, kColumns, kMasked>(block, row, column);
  for (; column < block.column_count; ++column)
    agreement_tile<kLabelBytes, kRows, 1, kMasked>(block, row, column);
}

template <int kLabelBytes, bool kMasked>
inline void agreement_block(const lightcone::AgreementBlock& block) {
  constexpr int kRows = LabelLanes<kLabelBytes>::kRows;
  int64_t row = 0;
  for (; row + kRows <= block.row_count; row += kRows) agreement_strip<kLabelBytes, kRows, kMasked>(block, row);
  for (; row < block.row_count; ++row) agreement_strip<kLabelBytes, 1, kMasked>(block, row);
}

inline void agreement(const lightcone::AgreementBlock& block) {
  const bool masked = block.mask != nullptr;
  if (block.label_bytes == 1) {
    if (masked) agreement_block<1, true>(block);
    else agreement_block<1, false>(block);
  } else {
    if (masked) agreement_block<2, true>(block);
    else agreement_block<2, false>(block);
  }
}

}  // namespace
