// SPDX-License-Identifier: Apache-2.0
// Counts of 16-bit keys below a bound. Four tables, so that equal keys in a row do not wait for each other's store.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace lightcone {

class Histogram {
 public:
  explicit Histogram(int64_t bound) : bound_(static_cast<size_t>(bound)), tables_(kTables * bound_) {}

  void clear() { std::fill(tables_.begin(), tables_.end(), 0); }

  // Counts key(k), 0 <= k < count, where mask is null or mask[k] != 0. At most 2^32 keys between two clears.
  template <class Key>
  void add(int64_t count, const uint8_t* mask, Key&& key) {
    for (int64_t begin = 0; begin < count; begin += kPiece) {
      const int64_t length = std::min(kPiece, count - begin);
      int64_t kept = 0;
      if (mask == nullptr)
        for (; kept < length; ++kept) keys_[kept] = key(begin + kept);
      else
        for (int64_t k = 0; k < length; ++k) {
          keys_[kept] = key(begin + k);
          kept += mask[begin + k] != 0;
        }
      count_keys(kept);
    }
  }

  int64_t count(int64_t key) const {
    int64_t sum = 0;
    for (size_t t = 0; t < kTables; ++t) sum += tables_[t * bound_ + static_cast<size_t>(key)];
    return sum;
  }

 private:
  static constexpr size_t kTables = 4;
  static constexpr int64_t kPiece = 4096;  // keys, in a first-level cache beside the tables

  void count_keys(int64_t count) {
    uint32_t *a = tables_.data(), *b = a + bound_, *c = b + bound_, *d = c + bound_;
    int64_t k = 0;
    for (; k + 4 <= count; k += 4) {
      uint64_t four;
      std::memcpy(&four, keys_ + k, sizeof four);
      ++a[four & 0xffff];
      ++b[four >> 16 & 0xffff];
      ++c[four >> 32 & 0xffff];
      ++d[four >> 48];
    }
    for (; k < count; ++k) ++a[keys_[k]];
  }

  size_t bound_;
  std::vector<uint32_t> tables_;
  uint16_t keys_[kPiece];
};

}  // namespace lightcone
