// SPDX-License-Identifier: Apache-2.0
// The compiler's baseline (SSE2 on x86-64): 4 x 2 vectors of 4, for any processor.
#include "base/tile_integer.h"

namespace {
typedef float F __attribute__((vector_size(16)));

struct Tile : IntegerSplit<F> {
  static constexpr int kRows = 4, kColumns = 2;

  static inline __attribute__((always_inline)) F broadcast(const float* p) { return F{*p, *p, *p, *p}; }
  static inline __attribute__((always_inline)) void multiply_add(F& sum, F row, F column) { sum += row * column; }
};
}  // namespace

#include "base/isa_table.h"

namespace lightcone {

const Kernels* kernels_portable() {
  static const Kernels table = kernel_table(LIGHTCONE_ISA_PORTABLE);
  return &table;
}

}  // namespace lightcone
