// SPDX-License-Identifier: Apache-2.0
#include "base/ceilings.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/kernels.h"
#include "base/team.h"

namespace lightcone {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Work done from begin to end.
struct Slice {
  double begin, end, work;
};

// Every thread of the team runs slice() again and again, from a common start until each has done `slices`; the
// slices of each thread, in order.
template <class Work>
std::vector<std::vector<Slice>> together(Team& team, int64_t slices, Work&& work) {
  const int threads = team.size();
  std::vector<std::vector<Slice>> done(static_cast<size_t>(threads));
  std::atomic<int> ready{0}, finished{0};
  team.run(threads, [&](int64_t task, int) {  // each waits for the others, so each is a thread of its own
    std::vector<Slice>& own = done[static_cast<size_t>(task)];
    own.reserve(static_cast<size_t>(2 * slices));
    ++ready;
    while (ready < threads) std::this_thread::yield();
    bool counted = false;
    while (finished < threads) {  // until the slowest is done, so that all slices ran beside all threads
      const double begin = now(), amount = work(task);
      own.push_back({begin, now(), amount});
      if (!counted && static_cast<int64_t>(own.size()) >= slices) {
        counted = true;
        ++finished;
      }
    }
  });
  return done;
}

// The best rate of all threads together during one slice of the first: a moment in which nothing else ran, while
// one thread's best slice beside another's pause would promise too much where two share a core.
double best_rate(const std::vector<std::vector<Slice>>& done) {
  double best = 0;
  std::vector<size_t> at(done.size(), 0);
  for (const Slice& window : done[0]) {
    double work = window.work;
    for (size_t t = 1; t < done.size(); ++t) {
      while (at[t] < done[t].size() && done[t][at[t]].end <= window.begin) ++at[t];
      for (size_t k = at[t]; k < done[t].size() && done[t][k].begin < window.end; ++k) {
        const Slice& s = done[t][k];
        work += s.work * (std::min(s.end, window.end) - std::max(s.begin, window.begin)) / (s.end - s.begin);
      }
    }
    best = std::max(best, work / (window.end - window.begin));
  }
  return best;
}

constexpr double kSliceSeconds = 5e-4;  // shorter than a turn of the scheduler, longer than its clock's noise
constexpr int64_t kSlices = 200;

}  // namespace

double ceiling_fma(int32_t isa, int32_t dtype, int32_t threads) {
  if (dtype != LIGHTCONE_FLOAT32 && dtype != LIGHTCONE_FLOAT64)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown element type %d", dtype));
  const CeilingKernels& loops = kernels(isa).ceilings;
  const auto loop = dtype == LIGHTCONE_FLOAT32 ? loops.fma32 : loops.fma64;
  int64_t rounds = 1024;
  for (double start = now(); loop(rounds), now() - start < kSliceSeconds; start = now()) rounds *= 2;
  Team team(threads);
  return best_rate(together(team, kSlices, [&](int64_t) { return static_cast<double>(loop(rounds)); }));
}

double ceiling_read(int64_t bytes, int32_t threads) {
  constexpr int64_t kUnit = 512;  // read_loop's
  Team team(threads);
  const int64_t part = bytes / team.size() / kUnit * kUnit;
  if (part < kUnit)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("a read ceiling over %lld bytes: at least %lld bytes for each of the %d threads",
                       (long long)bytes, (long long)kUnit, team.size()));
  const int64_t used = part * team.size();
  struct Free {
    void operator()(char* p) const { ::operator delete(p, std::align_val_t{4096}); }
  };
  const std::unique_ptr<char, Free> buffer(
      static_cast<char*>(::operator new(static_cast<size_t>(used), std::align_val_t{4096})));
  // Written by the threads that will read it: pages of zeros would all be one page, in cache.
  team.run(team.size(), [&](int64_t task, int) {
    std::memset(buffer.get() + task * part, 1, static_cast<size_t>(part));
  });
  const auto read = kernels(LIGHTCONE_ISA_AUTO).ceilings.read;
  // A slice is whole passes over the thread's part, so that every level of cache plays its true share.
  int64_t passes = 1;
  const auto pass = [&](int64_t task) {
    for (int64_t k = 0; k < passes; ++k) read(buffer.get() + task * part, part);
    return static_cast<double>(part * passes);
  };
  double start = now();
  while (pass(0), now() - start < kSliceSeconds) passes *= 2, start = now();
  // About a fifth of a second, but at least three passes.
  const int64_t slices = std::clamp<int64_t>(static_cast<int64_t>(0.2 / (now() - start)), 3, kSlices);
  return best_rate(together(team, slices, pass));
}

}  // namespace lightcone
