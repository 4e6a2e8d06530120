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

// The instruction set's own vectors of doubles: the compiler splits wider ones badly when a loop carries them.
#if defined(__AVX512F__)
#define LIGHTCONE_VECTOR_BYTES 64
#elif defined(__AVX2__)
#define LIGHTCONE_VECTOR_BYTES 32
#else
#define LIGHTCONE_VECTOR_BYTES 16
#endif
typedef double Double __attribute__((vector_size(LIGHTCONE_VECTOR_BYTES)));
typedef int64_t Mask __attribute__((vector_size(LIGHTCONE_VECTOR_BYTES)));
typedef double DoubleAt __attribute__((vector_size(LIGHTCONE_VECTOR_BYTES), aligned(8)));
constexpr int64_t kDoubles = sizeof(Double) / sizeof(double);

LIGHTCONE_INLINE Double load(const double* p) { return *reinterpret_cast<const DoubleAt*>(p); }
LIGHTCONE_INLINE void store(double* p, Double v) { *reinterpret_cast<DoubleAt*>(p) = v; }

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
template <class D, class I>
LIGHTCONE_INLINE D exp_lanes(D x) {
  const D low = D{} - 1500.0;
  x = x > low ? x : low;
  const double shift = 0x1.8p52;  // adding it rounds to an integer in the low mantissa bits
  const D biased = x * 0x1.71547652b82fep0 + shift;
  const D n = biased - shift;
  D r = x - n * 0x1.62e42fee00000p-1;
  r = r - n * 0x1.a39ef35793c76p-33;
  D p = D{} + 1.0 / 6227020800.0;
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
  const D halved = n * 0.5 + shift;
  const I k = (I)biased - (I)(D{} + shift);
  const I half = (I)halved - (I)(D{} + shift);
  const D scale1 = (D)((half + 1023) << 52);
  const D scale2 = (D)((k - half + 1023) << 52);
  // half >= -1083 leaves the field's range: such results are below 1e-640 and flush to 0.
  const I deep = half < -1022;
  const D value = p * scale1 * scale2;
  return deep ? D{} : value;
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
