// SPDX-License-Identifier: Apache-2.0
// The two loops behind the measured ceilings (ceilings.h): multiply-adds in registers, and reads.
// Included by the isa_*.cpp files alone.
#pragma once

#include <cstdint>

namespace {

// 24 independent accumulators (12 where there are 16 registers): more than the latency of 4 or 5 cycles times
// two units needs. The values neither grow nor vanish: x <- x a + b has a fixed point. The portable set counts a
// multiplication and an addition as one.
template <class Element>
int64_t fma_loop(int64_t rounds) {
  typedef Element V __attribute__((vector_size(sizeof(Tile::F))));
  constexpr int kAccumulators = sizeof(V) == 64 ? 24 : 12;
  V x[kAccumulators];
  for (int k = 0; k < kAccumulators; ++k) x[k] = V{} + Element(1) + Element(0.001) * static_cast<Element>(k);
  V a = V{} + Element(0.9999), b = V{} + Element(0.0001);
  asm volatile("" : "+x"(a), "+x"(b));
  for (int64_t r = 0; r < rounds; ++r)
#pragma GCC unroll 24
    for (int k = 0; k < kAccumulators; ++k) x[k] = x[k] * a + b;
  V sum = x[0];
  for (int k = 1; k < kAccumulators; ++k) sum += x[k];
  asm volatile("" : : "x"(sum));
  return rounds * kAccumulators * static_cast<int64_t>(sizeof(V) / sizeof(Element));
}

// bytes is a multiple of 512, data aligned to 64.
void read_loop(const char* data, int64_t bytes) {
  typedef uint64_t V __attribute__((vector_size(sizeof(Tile::F))));  // unsigned: the sums wrap around
  constexpr int64_t kStreams = 8;  // independent sums, so that loads alone are waited for
  V sum[kStreams] = {};
  for (int64_t k = 0; k < bytes; k += kStreams * static_cast<int64_t>(sizeof(V)))
#pragma GCC unroll 8
    for (int64_t l = 0; l < kStreams; ++l)
      sum[l] += *reinterpret_cast<const V*>(data + k + l * static_cast<int64_t>(sizeof(V)));
  for (int64_t l = 1; l < kStreams; ++l) sum[0] += sum[l];
  asm volatile("" : : "x"(sum[0]));
}

}  // namespace
