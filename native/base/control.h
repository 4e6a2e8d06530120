// SPDX-License-Identifier: Apache-2.0
// Progress and cancellation of one running call: two counters and a word, polled from outside.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/error.h"

struct lightcone_control {
  std::atomic<int64_t> done{0};
  std::atomic<int64_t> total{0};
  std::atomic<bool> cancelled{false};
};

namespace lightcone {

// A control that may be absent. Cheap enough to ask at every task.
class Progress {
 public:
  Progress(lightcone_control* control, int64_t total) : control_(control) {
    if (control_ == nullptr) return;
    control_->done = 0;
    control_->total = total;
  }
  void add(int64_t units) const {
    if (control_ != nullptr && counts_) control_->done.fetch_add(units, std::memory_order_relaxed);
  }
  // More work is needed (that of a plan; pairs to redo, known only after the fast pass).
  void expect(int64_t units) const {
    if (control_ != nullptr && counts_) control_->total.fetch_add(units, std::memory_order_relaxed);
  }
  // For a call inside this one: the same cancellation, none of the counting.
  Progress silent() const {
    Progress inner(*this);
    inner.counts_ = false;
    return inner;
  }
  void check() const {
    if (control_ != nullptr && control_->cancelled.load(std::memory_order_relaxed))
      throw Error(LIGHTCONE_CANCELLED, "stopped by request before it was done");
  }

 private:
  lightcone_control* control_;
  bool counts_ = true;
};

}  // namespace lightcone
