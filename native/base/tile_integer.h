// SPDX-License-Identifier: Apache-2.0
// struct Tile for instruction sets without getexp and getmant: the split by integer operations.
// Float and Int are vector types of one size, rows and columns the register tile.
#pragma once

#include <cstdint>

namespace {

template <class Float, class Int, int kTileRows, int kTileColumns>
struct IntegerTile {
  using F = Float;
  using I = Int;
  static constexpr int kRows = kTileRows, kColumns = kTileColumns;
  static constexpr int64_t kWidth = sizeof(F) / sizeof(float);

  // A BC below the bound becomes 0, and so does the product.
  static inline __attribute__((always_inline)) F multiply_guarded(F product, F bc) {
    const I safe = bc >= 0x1p-66f;  // 2^-80 scaled by at least 2^14
    return (F)((I)(product * bc) & safe);
  }
  // The product is >= 0 and never subnormal, so an exponent field of 0 means 0: exponent -inf, for ever.
  static inline __attribute__((always_inline)) void renormalise(F* product, F* exponent) {
    const I bits = (I)*product;
    const I field = bits >> 23;
    const F minus_inf = F{} - __builtin_inff();
    const F value = __builtin_convertvector(field - 127, F);
    *exponent += field == 0 ? minus_inf : value;
    *product = (F)((bits & 0x007fffff) | 0x3f800000);
  }
};

}  // namespace
