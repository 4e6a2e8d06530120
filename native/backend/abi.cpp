// SPDX-License-Identifier: Apache-2.0
// The devices of the C ABI: checks what crosses it.
#include <cstdio>
#include <string>

#include "backend/backend.h"
#include "base/abi.h"

using lightcone::DeviceBackend;
using lightcone::DeviceFacts;
using lightcone::Error;
using lightcone::format;
using lightcone::guard;
using lightcone::require;
using lightcone::require_array;
using lightcone::require_struct;

extern "C" {

void lightcone_device_info_init(lightcone_device_info* info) {
  if (info == nullptr) return;
  *info = {};
  info->size = sizeof *info;
}

lightcone_status lightcone_backend_load(const char* path) {
  return guard([&] {
    require(path != nullptr, "path is null");
    lightcone::load_backend(path);
  });
}

lightcone_status lightcone_device_count(int32_t* count) {
  return guard([&] {
    require_array(count, {1}, "count");
    const DeviceBackend backend = lightcone::device_backend();
    *count = backend.operations == nullptr ? 1 : static_cast<int32_t>(backend.devices.size());
  });
}

lightcone_status lightcone_device_query(int32_t index, lightcone_device_info* out) {
  return guard([&] {
    require_struct(out, "out", "lightcone_device_info_init");
    const DeviceBackend backend = lightcone::device_backend();
    const int32_t count = backend.operations == nullptr ? 1 : static_cast<int32_t>(backend.devices.size());
    if (index < 0 || index >= count)
      throw Error(LIGHTCONE_INVALID_ARGUMENT, format("there is no device %d: %d are listed", index, count));
    lightcone_device_info info;
    lightcone_device_info_init(&info);
    info.device = LIGHTCONE_DEVICE_CUDA;
    info.ordinal = index;
    std::string reason = backend.reason;
    if (backend.operations != nullptr) {
      const DeviceFacts& facts = backend.devices[static_cast<size_t>(index)];
      std::snprintf(info.name, sizeof info.name, "%s", facts.name);
      info.capability = 10 * facts.major + facts.minor;
      info.multiprocessors = facts.multiprocessors;
      info.memory_bytes = facts.memory_total;
      reason = lightcone::unusable(facts);
      info.available = reason.empty();
    }
    std::snprintf(info.reason, sizeof info.reason, "%s", reason.c_str());
    *out = info;
  });
}

}  // extern "C"
