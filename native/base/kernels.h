// SPDX-License-Identifier: Apache-2.0
// The table of hot operations, one instance per instruction set: the rows that all families read, and a table
// of each family. The three files isa_*.cpp compile the same sources with their own flags.
#pragma once

#include <cstdint>

#include "distance/kernels.h"
#include "embed/kernels.h"
#include "geometry/kernels.h"
#include "lightcone.h"
#include "plane/kernels.h"

namespace lightcone {

// Loops that do nothing but reach a ceiling of the machine; see ceilings.h.
struct CeilingKernels {
  int64_t (*fma32)(int64_t rounds);  // returns the multiply-adds done
  int64_t (*fma64)(int64_t rounds);
  void (*read)(const char* data, int64_t bytes);
};

struct Kernels {
  int32_t isa;

  // Rows of numbers to sqrt-probabilities s, each row renormalised to sum s^2 = 1; in place is
  // allowed. Returns the smallest s.
  double (*sqrt_rows)(const double* in, int32_t kind, int64_t rows, int64_t classes, double* out);

  DistanceKernels distance;
  EmbedKernels embed;
  GeometryKernels geometry;
  PlaneKernels plane;
  CeilingKernels ceilings;
};

// Null when this build or this processor cannot run it.
const Kernels* kernels_portable();
const Kernels* kernels_avx2();
const Kernels* kernels_avx512();

// The table for a constant of lightcone.h; throws UNSUPPORTED.
const Kernels& kernels(int32_t isa);
const char* isa_name(int32_t isa);

}  // namespace lightcone
