// SPDX-License-Identifier: Apache-2.0
// The compiler's baseline (SSE2 on x86-64): 4 x 2 vectors of 4, for any processor.
#include "base/tile_integer.h"

namespace {
typedef float F __attribute__((vector_size(16)));
typedef int32_t I __attribute__((vector_size(16)));
using Tile = IntegerTile<F, I, 4, 2>;
}

#include "base/isa_table.h"

namespace lightcone {

const Kernels* kernels_portable() {
  static const Kernels table = kernel_table(LIGHTCONE_ISA_PORTABLE);
  return &table;
}

}  // namespace lightcone
