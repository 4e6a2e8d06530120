// SPDX-License-Identifier: Apache-2.0
// The knobs and counters of the emulated device, for tests: exported by liblightcone_cuda_emulated.so.
#pragma once

#include <cstdint>

struct LightconeEmulation {
  int64_t memory_total;     // of the device; LIGHTCONE_EMULATE_MEMORY bytes at first, 1 GiB without
  int64_t memory_used;
  int64_t most_memory_used; // since the test set it
  int64_t live;             // allocations, pinned ones, streams and events
  int64_t launches, copies; // so far
  // The n-th from now fails (1: the next); 0: none.
  int64_t fail_allocation, fail_launch, fail_copy;
  int32_t eager_copies;     // 1: a copy runs as soon as what it waits for allows, not as late as possible
  int32_t multiprocessors;  // 0: a device that is never chosen for its speed
  int32_t device_error;     // what asking for devices gives, for example 35 (no driver); 0: one device
  int32_t shared_memory;    // of a block, in bytes; 0: 227 KiB, as H100 has
};

extern "C" LightconeEmulation* lightcone_emulation(void);
