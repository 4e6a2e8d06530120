// SPDX-License-Identifier: Apache-2.0
// What the device tests share: a call on the device and on the CPU, and the knobs of the emulated device, if it is one.
#pragma once

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

#include "cuda/base/emulation.h"
#include "metrics.h"

namespace support {

// Null on a real device.
inline LightconeEmulation* emulation() {
  const char* path = std::getenv("LIGHTCONE_CUDA_LIBRARY");
  void* library = path != nullptr ? ::dlopen(path, RTLD_NOW | RTLD_NOLOAD) : nullptr;
  if (library == nullptr) return nullptr;
  using Entry = LightconeEmulation* (*)();
  const Entry entry = reinterpret_cast<Entry>(::dlsym(library, "lightcone_emulation"));
  ::dlclose(library);  // the engine keeps it
  return entry != nullptr ? entry() : nullptr;
}

// The knobs of the emulated device as they were, at the end of a test.
class EmulationScope {
 public:
  EmulationScope() : now_(emulation()), before_(now_ != nullptr ? *now_ : LightconeEmulation{}) {}
  ~EmulationScope() {
    if (now_ == nullptr) return;
    now_->memory_total = before_.memory_total;
    now_->multiprocessors = before_.multiprocessors;
    now_->eager_copies = before_.eager_copies;
    now_->shared_memory = before_.shared_memory;
    now_->device_error = before_.device_error;
    now_->fail_allocation = now_->fail_launch = now_->fail_copy = 0;
  }
  EmulationScope(const EmulationScope&) = delete;
  EmulationScope& operator=(const EmulationScope&) = delete;

 private:
  LightconeEmulation* now_;
  LightconeEmulation before_;
};

inline lightcone_distances_options options_for(int32_t device) {
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.device = device;
  options.out_dtype = LIGHTCONE_FLOAT64;
  options.threads = 2;
  return options;
}

struct Measured {
  std::vector<double> d;
  lightcone_distances_report report;
};

// All pairs, float64 and dense.
inline Measured measure(const Predictions& p, int64_t models, const lightcone_distances_options& options) {
  Measured m{std::vector<double>(static_cast<size_t>(models * models), NAN), {}};
  lightcone_distances_report_init(&m.report);
  const lightcone_status status =
      lightcone_distances(p.handle.get(), &options, nullptr, m.d.data(), &m.report);
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  REQUIRE(m.report.device == options.device);
  return m;
}

}  // namespace support
