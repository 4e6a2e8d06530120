// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace lightcone {

// Seconds of a clock that only runs forward; differences count.
inline double seconds_now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

}  // namespace lightcone
