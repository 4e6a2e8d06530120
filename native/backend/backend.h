// SPDX-License-Identifier: Apache-2.0
// The backends of the process: the CPU always, and one device library, loaded by its path, or found: the one that
// LIGHTCONE_CUDA_LIBRARY names, or liblightcone_cuda.so beside the engine's own library. That there is none, or that it
// cannot be used, is a value with a reason.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "backend/device_operations.h"

namespace lightcone {

struct DeviceBackend {
  const DeviceOperations* operations = nullptr;  // null: `reason` says why
  std::string reason;
  std::vector<DeviceFacts> devices;
};

// Loads the library at that path, for all later calls; throws IO or UNSUPPORTED and keeps what was loaded before.
void load_backend(const char* path);

// The device library, looked for at the first call.
DeviceBackend device_backend();

// Why the device cannot be used, "" if it can.
std::string unusable(const DeviceFacts& facts);

}  // namespace lightcone
