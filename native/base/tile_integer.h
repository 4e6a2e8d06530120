// SPDX-License-Identifier: Apache-2.0
// What struct Tile shares between instruction sets without getexp and getmant: the split of a product by integer
// operations.
#pragma once

#include <cstdint>

namespace {

template <class Float>
struct IntegerSplit {
  using F = Float;
  // Kept in memory that is otherwise float's.
  typedef int32_t E __attribute__((vector_size(sizeof(Float)), may_alias));
  static constexpr int64_t kWidth = sizeof(F) / sizeof(float), kStrip = 48;
  static constexpr bool kKeepProducts = false;  // 16 registers

  // A BC below the bound becomes 0, and so does the product.
  static inline __attribute__((always_inline)) F multiply_guarded(F product, F bc) {
    const E safe = bc >= 0x1p-66f;  // 2^-80 scaled by at least 2^14
    return (F)((E)(product * bc) & safe);
  }
  // The product is >= 0 and never subnormal, so an exponent field of 0 means 0: it stays 0 for ever.
  static inline __attribute__((always_inline)) void renormalise(F& product, E& exponent) {
    const E bits = (E)product;
    const E field = bits >> 23;
    exponent += field - 127;
    product = (F)((bits & 0x007fffff) | ((field != 0) & 0x3f800000));
  }
};

}  // namespace
