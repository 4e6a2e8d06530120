// SPDX-License-Identifier: Apache-2.0
#include "ceilings.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "lightcone.h"

namespace bench {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// 24 independent accumulators: more than latency (4 to 5 cycles) times two units needs, and they fit the
// registers (12 where there are 16). The values neither grow nor vanish: x <- x a + b has a fixed point.
template <class V, int kAccumulators>
__attribute__((always_inline)) inline float fma_loop(int64_t rounds) {
  V x[kAccumulators];
  for (int k = 0; k < kAccumulators; ++k) x[k] = V{} + 1.0f + 0.001f * static_cast<float>(k);
  V a = V{} + 0.9999f, b = V{} + 0.0001f;
  asm volatile("" : "+x"(a), "+x"(b));
  for (int64_t r = 0; r < rounds; ++r)
#pragma GCC unroll 24
    for (int k = 0; k < kAccumulators; ++k) x[k] = x[k] * a + b;
  V sum = x[0];
  for (int k = 1; k < kAccumulators; ++k) sum += x[k];
  return sum[0];
}

typedef float F16 __attribute__((vector_size(64)));
typedef float F8 __attribute__((vector_size(32)));
typedef float F4 __attribute__((vector_size(16)));

__attribute__((target("avx512f,avx512vl,fma,prefer-vector-width=512"))) float loop_avx512(int64_t rounds) {
  return fma_loop<F16, 24>(rounds);
}
__attribute__((target("avx2,fma"))) float loop_avx2(int64_t rounds) { return fma_loop<F8, 12>(rounds); }
float loop_portable(int64_t rounds) { return fma_loop<F4, 12>(rounds); }

// Runs body(thread) on all threads at once; the seconds from the common start to the last end.
template <class Body>
double together(int threads, Body&& body) {
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> team;
  for (int t = 0; t < threads; ++t)
    team.emplace_back([&, t] {
      ++ready;
      while (!go) {
      }
      body(t);
    });
  while (ready < threads) {
  }
  const double start = now();
  go = true;
  for (std::thread& t : team) t.join();
  return now() - start;
}

}  // namespace

double fma_rate(int isa, int threads) {
  const int64_t rounds = 4000000;
  const auto loop = isa == LIGHTCONE_ISA_AVX512 ? loop_avx512
                    : isa == LIGHTCONE_ISA_AVX2 ? loop_avx2
                                                : loop_portable;
  const double per_round = isa == LIGHTCONE_ISA_AVX512 ? 24.0 * 16
                           : isa == LIGHTCONE_ISA_AVX2 ? 12.0 * 8
                                                       : 12.0 * 4;
  std::vector<float> sink(static_cast<size_t>(threads) * 16);
  double best = 0;
  for (int k = 0; k < 5; ++k) {
    const double seconds =
        together(threads, [&](int t) { sink[static_cast<size_t>(t) * 16] = loop(rounds); });
    best = std::max(best, per_round * static_cast<double>(rounds) * threads / seconds);
  }
  return best;
}

double read_rate(int threads) {
  const size_t words = size_t{1} << 26;  // 512 MiB
  std::vector<uint64_t> data(words, 1);
  std::vector<uint64_t> sink(static_cast<size_t>(threads) * 8);
  double best = 0;
  for (int k = 0; k < 3; ++k) {
    const double seconds = together(threads, [&](int t) {
      const size_t part = words / static_cast<size_t>(threads), begin = part * static_cast<size_t>(t);
      uint64_t sum[8] = {};
      for (size_t w = begin; w + 8 <= begin + part; w += 8)
        for (size_t l = 0; l < 8; ++l) sum[l] += data[w + l];
      for (const uint64_t s : sum) sink[static_cast<size_t>(t) * 8] += s;
    });
    best = std::max(best, static_cast<double>(words * sizeof(uint64_t)) / seconds);
  }
  return best;
}

}  // namespace bench
