// SPDX-License-Identifier: Apache-2.0
// A small team of threads for one call: tasks 0..count-1, handed out in order. No OpenMP: LibTorch
// brings its own pool into the same process, and two pools that spin fight over the cores. This one looks for the
// next run, or for the end of one, for a moment before it sleeps: to wake a thread costs up to 0.1 ms on a virtual
// processor, as long as a small task takes, and the rounds of one call follow each other within less.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lightcone {

// More than the processors of any machine there is; a slip of the pen must not start a billion threads.
constexpr int kMostThreads = 1024;

class Team {
 public:
  // threads <= 0: all processors; more than kMostThreads: that many. The caller is one of the team. Smaller than
  // asked where the system gives no more: no result depends on it.
  explicit Team(int threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  // The size that a team of so many threads has.
  static int count(int threads);
  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs body(task, thread) for every task and waits. The first exception stops the handing out and
  // is rethrown here. One run at a time: a run inside a task of the same team throws std::logic_error.
  void run(int64_t count, const std::function<void(int64_t task, int thread)>& body);

 private:
  void work(int thread);
  void take(int thread);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_, finish_;
  std::atomic<uint64_t> round_{0};  // changed under the mutex, as busy_ and stop_ are
  std::atomic<int> busy_{0};
  std::atomic<bool> stop_{false};
  bool running_ = false;
  std::exception_ptr failure_;

  const std::function<void(int64_t, int)>* body_ = nullptr;
  int64_t count_ = 0;
  std::atomic<int64_t> next_{0};
};

}  // namespace lightcone
