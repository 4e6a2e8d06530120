// SPDX-License-Identifier: Apache-2.0
#include "backend/choice.h"

#include "base/error.h"
#include "lightcone.h"

namespace lightcone {
namespace {

// The model of `auto`, projected, not measured on a device: it only has to be right by a factor of a few, because the two
// sides differ by a hundred where it matters.
//   CPU: 100 G multiply-adds a second and thread, what the product trick reaches on a processor with AVX-512 (10 G
//   pair-samples of 10 classes).
constexpr double kThreadRate = 1e11;
//   Device: 128 lanes a multiprocessor at 1.5 GHz, of which the plain kernel is counted to reach two thirds.
constexpr double kMultiprocessorRate = 128 * 1.5e9 * 2 / 3;
//   The bus: half of PCIe 4.0 x16, reading included.
constexpr double kBusRate = 12e9;
//   What a process pays for its first use of a device: context, pinned memory.
constexpr double kStart = 0.5;

Choice device_of(const DeviceBackend& backend, int32_t ordinal) {
  Choice choice{LIGHTCONE_DEVICE_CUDA, ordinal, backend.operations, {}, backend.reason};
  if (backend.operations == nullptr) return choice;
  if (ordinal < 0 || ordinal >= static_cast<int32_t>(backend.devices.size())) {
    choice.operations = nullptr;
    choice.reason = format("there is no device %d: %d can be seen", ordinal, static_cast<int>(backend.devices.size()));
    return choice;
  }
  choice.facts = backend.devices[static_cast<size_t>(ordinal)];
  choice.reason = unusable(choice.facts);
  if (!choice.reason.empty()) choice.operations = nullptr;
  return choice;
}

}  // namespace

Choice choose_device(int32_t device, int32_t ordinal, const Work& work, int threads) {
  if (device == LIGHTCONE_DEVICE_CPU) return {LIGHTCONE_DEVICE_CPU, 0, nullptr, {}, "asked for"};
  if (device != LIGHTCONE_DEVICE_AUTO && device != LIGHTCONE_DEVICE_CUDA)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown device constant %d", device));
  const bool demanded = device == LIGHTCONE_DEVICE_CUDA;
  const auto cpu = [&](const std::string& why) -> Choice {
    if (demanded) throw Error(LIGHTCONE_UNSUPPORTED, format("device cuda: %s", why.c_str()));
    return {LIGHTCONE_DEVICE_CPU, 0, nullptr, {}, why};
  };
  if (!work.refusal.empty()) return cpu(work.refusal);
  const double cpu_seconds = work.multiply_adds / (kThreadRate * threads);
  // Before the library is asked, which takes a driver some tenths of a second.
  if (!demanded && cpu_seconds <= kStart)
    return cpu(format("%.2g s projected on %d threads are less than the start of a device", cpu_seconds, threads));
  Choice choice = device_of(device_backend(), ordinal);
  if (choice.operations == nullptr) return cpu(choice.reason);
  if (demanded) {
    choice.reason = "asked for";
    return choice;
  }
  const double rate = kMultiprocessorRate * choice.facts.multiprocessors;
  const double device_seconds = kStart + work.input_bytes / kBusRate + work.multiply_adds / rate;
  const std::string compared = format("%.2g s projected on %s, %.2g s on %d threads", device_seconds, choice.facts.name,
                                      cpu_seconds, threads);
  if (!(device_seconds < cpu_seconds)) return cpu(compared);
  choice.reason = compared;
  return choice;
}

}  // namespace lightcone
