// SPDX-License-Identifier: Apache-2.0
// Eight float64 lanes as a GCC vector type, with branch-free exp and log. Included by the isa_*.cpp
// files alone: everything is in an unnamed namespace and always inline, so that no code compiled for
// one instruction set can be linked into another.
#pragma once

#include <cstdint>

namespace {

#define LIGHTCONE_INLINE inline __attribute__((always_inline))

typedef double D8 __attribute__((vector_size(64)));
typedef int64_t I8 __attribute__((vector_size(64)));
typedef double D8u __attribute__((vector_size(64), aligned(8)));
typedef float F8u __attribute__((vector_size(32), aligned(4)));

constexpr int64_t kLanes = 8;
constexpr double kLn2 = 0x1.62e42fefa39efp-1;

LIGHTCONE_INLINE D8 load8(const double* p) { return *reinterpret_cast<const D8u*>(p); }
LIGHTCONE_INLINE D8 load8(const float* p) { return __builtin_convertvector(*reinterpret_cast<const F8u*>(p), D8); }
LIGHTCONE_INLINE void store8(double* p, D8 v) { *reinterpret_cast<D8u*>(p) = v; }
LIGHTCONE_INLINE D8 splat(double x) { return D8{} + x; }
LIGHTCONE_INLINE double sum8(D8 v) {
  return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
}

// exp(x) for x <= 1, to 2 ulp; x below -1500 and -inf give 0. Cody-Waite reduction to |r| <= ln2 / 2,
// where the Taylor remainder r^14 / 14! is 4e-18.
LIGHTCONE_INLINE D8 exp8(D8 x) {
  const D8 low = splat(-1500.0);
  x = x > low ? x : low;
  const double shift = 0x1.8p52;  // adding it rounds to an integer in the low mantissa bits
  const D8 biased = x * 0x1.71547652b82fep0 + shift;
  const D8 n = biased - shift;
  D8 r = x - n * 0x1.62e42fee00000p-1;
  r = r - n * 0x1.a39ef35793c76p-33;
  D8 p = splat(1.0 / 6227020800.0);
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  // 2^n in two halves, because n reaches -2165 and a single exponent field ends at -1022.
  const I8 k = (I8)biased - (I8)splat(shift);
  const I8 half = k >> 1;
  const D8 scale1 = (D8)((half + 1023) << 52);
  const D8 scale2 = (D8)((k - half + 1023) << 52);
  // half >= -1083 leaves the field's range: such results are below 1e-640 and flush to 0.
  const I8 deep = half < -1022;
  const D8 value = p * scale1 * scale2;
  return deep ? D8{} : value;
}

// log(x) for normal x > 0, to 2 ulp, relative also near x = 1. x = 2^e m, m in [sqrt(1/2), sqrt(2)),
// log m = 2 atanh(f), f = (m - 1) / (m + 1), |f| <= 0.1716: f^24 / 25 is 2e-20.
LIGHTCONE_INLINE D8 log8(D8 x) {
  const I8 bits = (I8)x;
  // Subtracting the bits of sqrt(1/2) puts the split of the exponent there.
  const I8 base = (bits - 0x3fe6a09e667f3bcdLL) >> 52;
  const D8 m = (D8)(bits - (base << 52));
  const D8 f = (m - 1.0) / (m + 1.0);
  const D8 g = f * f;
  D8 p = splat(2.0 / 23.0);
  p = p * g + 2.0 / 21.0;
  p = p * g + 2.0 / 19.0;
  p = p * g + 2.0 / 17.0;
  p = p * g + 2.0 / 15.0;
  p = p * g + 2.0 / 13.0;
  p = p * g + 2.0 / 11.0;
  p = p * g + 2.0 / 9.0;
  p = p * g + 2.0 / 7.0;
  p = p * g + 2.0 / 5.0;
  p = p * g + 2.0 / 3.0;
  const D8 e = __builtin_convertvector(base, D8);
  // ln2 in two parts keeps e ln2 exact to the last bits of the sum.
  return e * 0x1.62e42fee00000p-1 + (f * 2.0 + (f * g * p + e * 0x1.a39ef35793c76p-33));
}

// log(1 + x) for x in (-1, 1]: log(u) corrected for the rounding of u = 1 + x.
LIGHTCONE_INLINE D8 log1p8(D8 x) {
  const D8 u = 1.0 + x;
  return log8(u) + (x - (u - 1.0)) / u;
}

}  // namespace
