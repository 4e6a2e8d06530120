// SPDX-License-Identifier: Apache-2.0
// The product trick's parts that all kernels share: a running product as mantissa and exponent, two exponents of 16 bits
// to a register, and its logarithm at the end.
#pragma once

#include "cuda/base/kernel.h"
#include "distance/log_mantissa.h"

namespace lightcone {

// product to [1, 2), its exponent into the low or the high half of `exponents`; what is below 2^-126 becomes 0 for good.
__device__ __forceinline__ void renormalise(float& product, int& exponents, bool high) {
  const unsigned bits = __float_as_uint(product);
  const int exponent = static_cast<int>(bits >> 23) - 127;
  exponents += high ? exponent * 65536 : exponent;
  product = bits < 0x00800000u ? 0.0f : __uint_as_float((bits & 0x007fffffu) | 0x3f800000u);
}

// The exponent in one half of `exponents`.
__device__ __forceinline__ int exponent_of(int exponents, bool high) {
  const int low = static_cast<int>(static_cast<short>(exponents & 0xffff));
  return high ? (exponents - low) / 65536 : low;
}

__device__ __forceinline__ double log_mantissa(double x) {
  const double t = x - 1.5;
  double p = log_mantissa_coefficient(0);
  LIGHTCONE_UNROLL
  for (int k = 1; k < kLogMantissaTerms; ++k) p = p * t + log_mantissa_coefficient(k);
  return p;
}

// log(product 2^exponent), product in [1, 2).
__device__ __forceinline__ double log_of(float product, int exponent) {
  return log_mantissa(static_cast<double>(product)) + exponent * kDeviceLn2;
}

}  // namespace lightcone
