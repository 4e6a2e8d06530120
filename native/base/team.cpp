// SPDX-License-Identifier: Apache-2.0
#include "base/team.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace lightcone {

namespace {

// Whether `done` came true within a moment.
template <class Done>
bool soon(const Done& done) {
  constexpr auto kMoment = std::chrono::microseconds(100);
  const auto end = std::chrono::steady_clock::now() + kMoment;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();  // to whoever else wants this processor, if anyone does
  }
  return true;
}

}  // namespace

int Team::count(int threads) {
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(threads > 0 ? threads : all, 1, kMostThreads);
}

Team::Team(int threads) {
  const int wanted = count(threads);
  workers_.reserve(static_cast<size_t>(wanted - 1));
  try {
    for (int t = 1; t < wanted; ++t) workers_.emplace_back([this, t] { work(t); });
  } catch (const std::system_error&) {
    // The system gives no more threads: a smaller team computes the same bits.
  } catch (const std::bad_alloc&) {
    // Nor the memory for one; the threads that run must be joined, so this constructor may not fail.
  }
}

Team::~Team() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  start_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void Team::run(int64_t count, const std::function<void(int64_t, int)>& body) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (running_) throw std::logic_error("a team was asked to run inside its own run");
    if (count <= 0) return;
    running_ = true;
    body_ = &body;
    count_ = count;
    next_ = 0;
    failure_ = nullptr;
    busy_ = static_cast<int>(workers_.size());
    ++round_;
  }
  start_.notify_all();
  take(0);
  soon([this] { return busy_ == 0; });
  std::unique_lock<std::mutex> lock(mutex_);
  finish_.wait(lock, [this] { return busy_ == 0; });
  running_ = false;
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Team::work(int thread) {
  uint64_t seen = 0;
  for (;;) {
    soon([&] { return stop_ || round_ != seen; });
    {
      std::unique_lock<std::mutex> lock(mutex_);
      start_.wait(lock, [&] { return stop_ || round_ != seen; });
      if (stop_) return;
      seen = round_;
    }
    take(thread);
    std::lock_guard<std::mutex> lock(mutex_);
    if (--busy_ == 0) finish_.notify_one();
  }
}

void Team::take(int thread) {
  for (;;) {
    const int64_t task = next_.fetch_add(1);
    if (task >= count_) return;
    try {
      (*body_)(task, thread);
    } catch (...) {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_ = count_;
      return;
    }
  }
}

}  // namespace lightcone
