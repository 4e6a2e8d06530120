// SPDX-License-Identifier: Apache-2.0
#include "backend/place.h"

#include <cstdio>

#include "base/error.h"
#include "base/team.h"

namespace lightcone {

Place resolve(const lightcone_place& asked, const Work& work, const PlaceRules& rules) {
  for (const int32_t memory : {asked.input, asked.output})
    if (memory != LIGHTCONE_MEMORY_HOST && memory != LIGHTCONE_MEMORY_DEVICE)
      throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown memory constant %d", memory));
  if (asked.memory_bytes < 0)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, "memory_bytes is negative: give 0 for the default, or a number of bytes");
  Place place{};
  place.device_input = asked.input == LIGHTCONE_MEMORY_DEVICE;
  place.device_output = asked.output == LIGHTCONE_MEMORY_DEVICE;
  if (place.device_input && !rules.device_input)
    throw Error(LIGHTCONE_UNSUPPORTED, "this call reads its input from host memory: set input to LIGHTCONE_MEMORY_HOST");
  if (place.device_output && !rules.device_output)
    throw Error(LIGHTCONE_UNSUPPORTED,
                "this call writes its output to host memory: set output to LIGHTCONE_MEMORY_HOST");
  const bool there = place.device_input || place.device_output;
  if (there && asked.device == LIGHTCONE_DEVICE_CPU)
    throw Error(LIGHTCONE_UNSUPPORTED, "device cpu cannot reach device memory: leave device to auto or cuda");
  place.threads = Team::count(asked.threads);
  const bool demanded = there && asked.device == LIGHTCONE_DEVICE_AUTO;
  place.choice = choose_device(demanded ? LIGHTCONE_DEVICE_CUDA : asked.device, asked.ordinal, work, place.threads);
  if (demanded) place.choice.reason = "its arrays are there";
  place.stream = asked.stream;
  place.memory_bytes = asked.memory_bytes;
  return place;
}

void say_place(const Place& place, lightcone_place* out) {
  out->ran = place.choice.device;
  std::snprintf(out->reason, sizeof out->reason, "%s", place.choice.reason.c_str());
}

void require_device_memory(const Device& device, const void* address, int64_t bytes, const char* name) {
  const char* const first = static_cast<const char*>(address);
  for (const char* at : {first, first + (bytes > 0 ? bytes - 1 : 0)}) {
    int32_t owner = -1;
    device.check(device.operations().owner(at, &owner), "say whose an address is");
    if (owner != device.ordinal())
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format(owner < 0 ? "%s is not memory of a device" : "%s is memory of device %d, not of device %d", name,
                         owner, device.ordinal()));
  }
}

}  // namespace lightcone
