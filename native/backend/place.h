// SPDX-License-Identifier: Apache-2.0
// Where a call of the geometry or of the planes runs and where its arrays lie: what lightcone_place asks for, checked,
// and the device chosen.
#pragma once

#include <algorithm>
#include <cstdint>

#include "backend/choice.h"
#include "backend/device.h"
#include "lightcone.h"

namespace lightcone {

struct Place {
  Choice choice;
  int threads;
  bool device_input, device_output;
  void* stream;  // the caller's
  int64_t memory_bytes;
  bool cpu() const { return choice.device == LIGHTCONE_DEVICE_CPU; }
};

// Which of its arrays a call can take from, or leave in, device memory.
struct PlaceRules {
  bool device_input, device_output;
};

// Throws for constants that are none, for memory that the call cannot take, and, with LIGHTCONE_DEVICE_CUDA or with
// arrays on the device, where no device can be had. `ran` and `reason` of the place are written when the call is done.
Place resolve(const lightcone_place& asked, const Work& work, const PlaceRules& rules);
void say_place(const Place& place, lightcone_place* out);

// Throws unless the bytes at that address are memory of the device.
void require_device_memory(const Device& device, const void* address, int64_t bytes, const char* name);

// Device memory for the buffers of a call: what the place says, or 2 GiB and at most an 8th of the device's.
inline int64_t buffer_bytes(const Place& place, const Device& device) {
  return place.memory_bytes > 0 ? place.memory_bytes
                                : std::min(int64_t{2} << 30, device.facts().memory_total / 8);
}

}  // namespace lightcone
