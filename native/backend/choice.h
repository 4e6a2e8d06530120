// SPDX-License-Identifier: Apache-2.0
// Which backend a call runs on: what the caller asked for, or, with auto, what the cost model finds faster; and why.
#pragma once

#include <cstdint>
#include <string>

#include "backend/backend.h"

namespace lightcone {

struct Choice {
  int32_t device;   // LIGHTCONE_DEVICE_CPU or LIGHTCONE_DEVICE_CUDA
  int32_t ordinal = 0;
  const DeviceOperations* operations = nullptr;
  DeviceFacts facts{};
  std::string reason;  // one clause
};

// What a call would do, in units that do not depend on where it runs.
struct Work {
  double multiply_adds;  // float32, of the fast pass
  double input_bytes;    // that cross the bus
  // Why a device cannot do this, "" if it can.
  std::string refusal;
};

// Throws UNSUPPORTED where LIGHTCONE_DEVICE_CUDA was asked for and cannot be had, with the reason.
Choice choose_device(int32_t device, int32_t ordinal, const Work& work, int threads);

}  // namespace lightcone
