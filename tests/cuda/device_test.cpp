// SPDX-License-Identifier: Apache-2.0
// The list of devices, the choice of one, what is refused, and what an error leaves behind.
#include <thread>

#include "device.h"

using namespace support;

namespace {

lightcone_device_info first_device() {
  lightcone_device_info info;
  lightcone_device_info_init(&info);
  REQUIRE(lightcone_device_query(0, &info) == LIGHTCONE_OK);
  return info;
}

struct Where {
  int32_t device;
  std::string reason;
};
Where where(int64_t models, int64_t samples, int64_t classes, const lightcone_distances_options& options) {
  Where w{-1, std::string(256, '\0')};
  REQUIRE(lightcone_distances_device(models, samples, classes, &options, &w.device, w.reason.data(), 256) ==
          LIGHTCONE_OK);
  w.reason.resize(w.reason.find('\0'));
  return w;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the devices are listed, or the reason why there is none") {
  int32_t count = 0;
  REQUIRE(lightcone_device_count(&count) == LIGHTCONE_OK);
  REQUIRE(count >= 1);
  lightcone_device_info info = first_device();
  CHECK(info.available == 1);
  CHECK(info.device == LIGHTCONE_DEVICE_CUDA);
  CHECK(info.capability >= 80);
  CHECK(info.memory_bytes > 0);
  CHECK(std::string(info.reason).empty());
  CHECK(lightcone_device_query(count, &info) == LIGHTCONE_INVALID_ARGUMENT);

  LightconeEmulation* e = emulation();
  if (e == nullptr) return;
  const EmulationScope scope;
  e->device_error = 35;
  info = first_device();
  CHECK(info.available == 0);
  CHECK(contains(info.reason, "driver"));
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  int32_t device;
  char reason[64];
  CHECK(lightcone_distances_device(3, 4, 2, &options, &device, reason, 64) == LIGHTCONE_UNSUPPORTED);
  CHECK(contains(lightcone_last_error(), "driver"));
  e->device_error = 100;
  CHECK(contains(first_device().reason, "no CUDA-capable device"));
}

TEST_CASE("a library that is none, or none of ours, is refused, and the one before stays") {
  CHECK(lightcone_backend_load("/nowhere/liblightcone_cuda.so") == LIGHTCONE_IO);
  CHECK(contains(lightcone_last_error(), "/nowhere/liblightcone_cuda.so"));
  CHECK(lightcone_backend_load("libdl.so.2") == LIGHTCONE_UNSUPPORTED);
  CHECK(contains(lightcone_last_error(), "not a device library"));
  CHECK(first_device().available == 1);
  CHECK(lightcone_backend_load(std::getenv("LIGHTCONE_CUDA_LIBRARY")) == LIGHTCONE_OK);
}

TEST_CASE("auto takes the device when it pays, and says why") {
  LightconeEmulation* e = emulation();
  if (e == nullptr) return;  // the device's own size decides then
  const EmulationScope scope;
  const lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_AUTO);
  // 132 multiprocessors against two threads.
  e->multiprocessors = 132;
  CHECK(where(151407, 50000, 10, options).device == LIGHTCONE_DEVICE_CUDA);
  CHECK(contains(where(151407, 50000, 10, options).reason, "emulated device"));
  const Where small = where(100, 1000, 10, options);
  CHECK(small.device == LIGHTCONE_DEVICE_CPU);
  CHECK(contains(small.reason, "start of a device"));
  // A slow device does not pay.
  e->multiprocessors = 0;
  CHECK(where(151407, 50000, 10, options).device == LIGHTCONE_DEVICE_CPU);
  e->multiprocessors = 132;
  lightcone_distances_options other = options;
  other.metric = LIGHTCONE_METRIC_JEFFREYS;
  CHECK(where(151407, 50000, 10, other).device == LIGHTCONE_DEVICE_CPU);
  CHECK(contains(where(151407, 50000, 10, other).reason, "jeffreys"));
  e->device_error = 35;
  CHECK(contains(where(151407, 50000, 10, options).reason, "driver"));
}

TEST_CASE("what a device cannot honour is refused with the reason, and auto does it on the CPU") {
  const Table t = random_logits(4, 6, 3, 1, 1, 5);
  const Predictions p = predictions(t);
  std::vector<double> out(16), errors(16);
  const auto refused = [&](const char* why, void (*change)(lightcone_distances_options&)) {
    lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
    change(options);
    lightcone_distances_report report;
    lightcone_distances_report_init(&report);
    const auto call = [&] {
      return options.sample_blocks == 0
                 ? lightcone_distances(p.handle.get(), &options, nullptr, out.data(), &report)
                 : lightcone_distances_errors(p.handle.get(), &options, nullptr, out.data(), errors.data(), nullptr,
                                              &report);
    };
    CHECK(call() == LIGHTCONE_UNSUPPORTED);
    CHECK(contains(lightcone_last_error(), why));
    options.device = LIGHTCONE_DEVICE_AUTO;
    REQUIRE(call() == LIGHTCONE_OK);
    CHECK(report.device == LIGHTCONE_DEVICE_CPU);
    CHECK(contains(report.device_reason, why));
  };
  refused("compat", [](lightcone_distances_options& o) { o.precision = LIGHTCONE_PRECISION_COMPAT; });
  refused("hellinger", [](lightcone_distances_options& o) { o.metric = LIGHTCONE_METRIC_HELLINGER; });
  refused("disagreement", [](lightcone_distances_options& o) { o.metric = LIGHTCONE_METRIC_DISAGREEMENT; });
  refused("standard errors", [](lightcone_distances_options& o) { o.sample_blocks = 2; });
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  for (const int32_t ordinal : {-1, 1000}) {
    options.device_ordinal = ordinal;
    CHECK(lightcone_distances(p.handle.get(), &options, nullptr, out.data(), nullptr) == LIGHTCONE_UNSUPPORTED);
    CHECK(contains(lightcone_last_error(), std::to_string(ordinal)));
  }
}

TEST_CASE("memory is what was planned, and what does not fit says what would") {
  LightconeEmulation* e = emulation();
  if (e == nullptr) return;
  const Table t = hostile(110, 30, 4, LIGHTCONE_LOGITS, 61);
  const Predictions p = predictions(t), single = predictions(t, LIGHTCONE_FLOAT32);
  const EmulationScope scope;
  const int64_t live = e->live;
  e->most_memory_used = 0;
  const lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  const Measured m = measure(p, t.models, options);
  CHECK(m.report.device_bytes == e->most_memory_used);
  CHECK(e->memory_used == 0);
  CHECK(e->live == live);
  int64_t bytes = 0;
  REQUIRE(lightcone_distances_memory(t.models, t.samples, t.classes, &options, &bytes) == LIGHTCONE_OK);
  CHECK(bytes == m.report.working_bytes);
  CHECK(measure(single, t.models, options).report.working_bytes < bytes);

  e->memory_total = 1 << 18;
  std::vector<double> out(110 * 110);
  CHECK(lightcone_distances(p.handle.get(), &options, nullptr, out.data(), nullptr) == LIGHTCONE_OUT_OF_MEMORY);
  CHECK(contains(lightcone_last_error(), "panel_bytes"));
  CHECK(e->live == live);
}

TEST_CASE("auto does on the CPU what the device has no memory for") {
  LightconeEmulation* e = emulation();
  if (e == nullptr) return;
  const EmulationScope scope;
  e->multiprocessors = 1 << 20;  // the device would be chosen
  e->memory_total = 1 << 18;
  // Just beyond what the start of a device is worth.
  const Table t = random_logits(4000, 2200, 2, 1, 0.5, 83);
  const Predictions p = predictions(t, LIGHTCONE_FLOAT32);
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_AUTO);
  options.out_dtype = LIGHTCONE_FLOAT32;
  options.threads = 1;
  options.refine = LIGHTCONE_REFINE_OFF;
  REQUIRE(where(t.models, t.samples, t.classes, options).device == LIGHTCONE_DEVICE_CUDA);
  std::vector<float> out(static_cast<size_t>(t.models * t.models), NAN);
  lightcone_distances_report report;
  lightcone_distances_report_init(&report);
  REQUIRE(lightcone_distances(p.handle.get(), &options, nullptr, out.data(), &report) == LIGHTCONE_OK);
  CHECK(report.device == LIGHTCONE_DEVICE_CPU);
  CHECK(contains(report.device_reason, "MiB"));
  CHECK(out.back() == 0);
}

TEST_CASE("an error leaves the device usable and nothing behind") {
  LightconeEmulation* e = emulation();
  if (e == nullptr) return;
  const Table t = hostile(110, 30, 4, LIGHTCONE_LOGITS, 71);
  const Predictions p = predictions(t);
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  options.panel_bytes = 192 * 4 * 4 * 8;  // several chunks
  const Measured sound = measure(p, t.models, options);
  const EmulationScope scope;
  e->eager_copies = 1;
  CHECK(measure(p, t.models, options).d == sound.d);
  const int64_t live = e->live;
  std::vector<double> out(110 * 110);
  for (int64_t LightconeEmulation::*fault :
       {&LightconeEmulation::fail_allocation, &LightconeEmulation::fail_launch, &LightconeEmulation::fail_copy}) {
    int64_t n = 1;
    for (;; ++n) {
      e->*fault = n;
      const lightcone_status status = lightcone_distances(p.handle.get(), &options, nullptr, out.data(), nullptr);
      CHECK(e->live == live);
      CHECK(e->memory_used == 0);
      if (status == LIGHTCONE_OK) break;
      CHECK(status == (fault == &LightconeEmulation::fail_allocation ? LIGHTCONE_OUT_OF_MEMORY : LIGHTCONE_INTERNAL));
      CHECK(contains(lightcone_last_error(), "emulated device"));
    }
    e->*fault = 0;
    CHECK(n > 10);  // each kind of step was hit
    CHECK(out == sound.d);
    CHECK(measure(p, t.models, options).d == sound.d);
  }
}

TEST_CASE("progress reaches its total, and a cancel at any moment leaves nothing behind") {
  const Table t = hostile(110, 40, 5, LIGHTCONE_LOGITS, 81);
  const Predictions p = predictions(t);
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  options.panel_bytes = 192 * 5 * 4 * 8;
  std::vector<double> out(110 * 110);
  const auto control = [] {
    lightcone_control* raw = nullptr;
    REQUIRE(lightcone_control_create(&raw) == LIGHTCONE_OK);
    return ControlHandle(raw);
  };
  const ControlHandle whole = control();
  lightcone_distances_report report;
  lightcone_distances_report_init(&report);
  REQUIRE(lightcone_distances(p.handle.get(), &options, whole.get(), out.data(), &report) == LIGHTCONE_OK);
  const int64_t total = lightcone_control_total(whole.get());
  CHECK(lightcone_control_done(whole.get()) == total);
  CHECK(total == (report.pairs + report.near_pairs + report.flagged_pairs) * report.samples);

  LightconeEmulation* e = emulation();
  const int64_t live = e != nullptr ? e->live : 0;
  for (int part = 0; part < 4; ++part) {
    const ControlHandle stopped = control();
    std::thread other([&] {
      // lightcone_control_total is 0 until the call has begun.
      while (part > 0 && lightcone_control_done(stopped.get()) * 4 < total * part) std::this_thread::yield();
      lightcone_control_cancel(stopped.get());
    });
    const lightcone_status status =
        lightcone_distances(p.handle.get(), &options, stopped.get(), out.data(), nullptr);
    other.join();
    CHECK(status == LIGHTCONE_CANCELLED);
    if (e != nullptr) {
      CHECK(e->live == live);
      CHECK(e->memory_used == 0);
    }
  }
}
