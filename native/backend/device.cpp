// SPDX-License-Identifier: Apache-2.0
#include "backend/device.h"

#include <chrono>
#include <thread>

#include "base/error.h"

namespace lightcone {

Device::Device(const DeviceOperations& operations, int32_t ordinal)
    : operations_(operations), ordinal_(ordinal) {
  check(operations_.facts(ordinal, &facts_), "say what it is");
  use();
}

int64_t Device::memory_free() const {
  int64_t bytes = 0;
  check(operations_.memory_free(&bytes), "say how much memory is free");
  return bytes;
}

void Device::check(int code, const char* what) const {
  if (code == 0) return;
  throw Error(code == kDeviceOutOfMemory ? LIGHTCONE_OUT_OF_MEMORY : LIGHTCONE_INTERNAL,
              format("the device %s could not %s: %s%s", facts_.name[0] != '\0' ? facts_.name : "asked for", what,
                     operations_.text(code),
                     code == kDeviceOutOfMemory ? "; another process uses it, or panel_bytes must be smaller" : ""));
}

void DeviceEvent::wait(const Progress& progress) const {
  for (;;) {
    const int code = device_.operations().event_query(event_);
    if (code != kDeviceNotReady) {
      device_.check(code, "do its work");
      return;
    }
    progress.check();
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

}  // namespace lightcone
