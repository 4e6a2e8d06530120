// SPDX-License-Identifier: Apache-2.0
// Progress, geodesics and re-indexed runs on the device against the CPU engine.
#include <thread>

#include "device_array.h"

using namespace support;

namespace {

std::vector<double> progress_at(const Predictions& p, const Table& t, const std::vector<int32_t>& labels,
                                lightcone_place place) {
  std::vector<double> out(static_cast<size_t>(t.models), NAN);
  const lightcone_status status = lightcone_progress_at_place(
      p.handle.get(), labels.data(), static_cast<int64_t>(labels.size()), &place, nullptr, out.data());
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  REQUIRE(place.ran == place.device);
  CHECK(std::string(place.reason) == "asked for");
  return out;
}

std::vector<int32_t> random_labels(int64_t samples, int64_t classes, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<int32_t> labels(static_cast<size_t>(samples));
  for (int32_t& l : labels) l = static_cast<int32_t>(random() % static_cast<uint64_t>(classes));
  return labels;
}

// The mean angle to gamma(part), in extended precision.
double objective(const Table& t, int64_t model, const std::vector<int32_t>& labels, double part) {
  const long double theta = std::acos(1 / std::sqrt(static_cast<long double>(t.classes))), alpha = part * theta;
  long double sum = 0;
  for (int64_t n = 0; n < t.samples; ++n) {
    const std::vector<double> u = log_s(t, model, n);
    long double a = 0, gap = 0;
    const long double from = std::sin(theta - alpha) / std::sin(theta), to = std::sin(alpha) / std::sin(theta);
    for (size_t c = 0; c < u.size(); ++c) {
      const long double s = std::exp(static_cast<long double>(u[c]));
      const long double g = from / std::sqrt(static_cast<long double>(t.classes)) +
                            (static_cast<int32_t>(c) == labels[static_cast<size_t>(n)] ? to : 0);
      a += s * g;
      gap += (s - g) * (s - g);
    }
    sum += a > 0.9L ? 2 * std::asin(std::sqrt(gap) / 2) : std::acos(a);
  }
  return static_cast<double>(sum / t.samples);
}

}  // namespace

TEST_CASE("progress is the CPU's minimum, for every tail, kind and type") {
  struct Size {
    int64_t models, samples, classes;
  };
  for (const Size s : {Size{3, 1, 2}, Size{5, 7, 3}, Size{2, 255, 10}, Size{4, 260, 10}, Size{3, 2600, 4}, Size{3, 31, 100}})
    for (const int32_t kind : {LIGHTCONE_PROBABILITIES, LIGHTCONE_LOG_PROBABILITIES, LIGHTCONE_LOGITS}) {
      Table t = hostile(s.models, s.samples, s.classes, kind, 7 * static_cast<uint64_t>(s.samples));
      const std::vector<int32_t> labels = random_labels(s.samples, s.classes, 3);
      for (const int32_t dtype : {LIGHTCONE_FLOAT64, LIGHTCONE_FLOAT32}) {
        if (dtype == LIGHTCONE_FLOAT32)
          for (double& x : t.x) x = static_cast<float>(x);
        const Predictions p = predictions(t, dtype);
        const std::vector<double> device = progress_at(p, t, labels, place_on(LIGHTCONE_DEVICE_CUDA));
        const std::vector<double> cpu = progress_at(p, t, labels, place_on(LIGHTCONE_DEVICE_CPU));
        for (int64_t m = 0; m < s.models; ++m) {
          INFO("model " << m << " of (" << s.models << ", " << s.samples << ", " << s.classes << "), kind " << kind);
          const double found = device[static_cast<size_t>(m)], wanted = cpu[static_cast<size_t>(m)];
          CHECK(found >= 0);
          CHECK(found <= 1);
          // Where the minimum is sharp they are one; everywhere neither is better than the other by more than the
          // rounding of a mean of angles.
          const double gain = objective(t, m, labels, wanted) - objective(t, m, labels, found);
          CHECK(std::fabs(gain) <= 1e-13);
          CHECK(std::fabs(found - wanted) <= 1e-7);
        }
      }
    }
}

TEST_CASE("progress on gamma is t, at cusps and on flat minima as the contract says") {
  const int64_t points = 9, samples = 40, classes = 5;
  const double theta = std::acos(1 / std::sqrt(5.0));
  Table t = table(points, samples, classes, LIGHTCONE_PROBABILITIES);
  const std::vector<int32_t> labels = random_labels(samples, classes, 9);
  for (int64_t k = 0; k < points; ++k)
    for (int64_t n = 0; n < samples; ++n)
      for (int64_t c = 0; c < classes; ++c) {
        const double part = static_cast<double>(k) / (points - 1);
        const double s = (std::sin((1 - part) * theta) / std::sqrt(5.0) +
                          (c == labels[static_cast<size_t>(n)] ? std::sin(part * theta) : 0)) / std::sin(theta);
        t.row(k, n)[c] = s * s;
      }
  const std::vector<double> found = progress_at(predictions(t), t, labels, place_on(LIGHTCONE_DEVICE_CUDA));
  for (int64_t k = 0; k < points; ++k)
    CHECK(std::fabs(found[static_cast<size_t>(k)] - static_cast<double>(k) / (points - 1)) <= 1e-8);

  // Two classes, certain, half of the labels wrong: every angle is a minimum.
  Table flat = table(1, 6, 2, LIGHTCONE_PROBABILITIES);
  for (int64_t n = 0; n < 6; ++n) flat.row(0, n)[0] = 1;
  const std::vector<double> middle =
      progress_at(predictions(flat), flat, {0, 1, 0, 1, 0, 1}, place_on(LIGHTCONE_DEVICE_CUDA));
  CHECK(std::fabs(middle[0] - 0.5) <= 1e-12);
}

TEST_CASE("the bits of progress depend on neither pieces, groups nor threads") {
  const Table t = hostile(23, 300, 6, LIGHTCONE_LOGITS, 31);
  const Predictions p = predictions(t);
  const std::vector<int32_t> labels = random_labels(300, 6, 4);
  const std::vector<double> first = progress_at(p, t, labels, place_on(LIGHTCONE_DEVICE_CUDA));
  for (const int64_t bytes : kBudgets) {
    lightcone_place place = place_on(LIGHTCONE_DEVICE_CUDA, bytes);
    CHECK(progress_at(p, t, labels, place) == first);
    place.threads = 1;
    CHECK(progress_at(p, t, labels, place) == first);
  }
  if (LightconeEmulation* e = emulation()) {
    const EmulationScope scope;
    e->eager_copies = 1;  // a piece must not arrive before the one whose buffer it takes was used
    CHECK(progress_at(p, t, labels, place_on(LIGHTCONE_DEVICE_CUDA, 600)) == first);
  }
}

TEST_CASE("geodesics and re-indexed runs are the CPU's, to host and device memory") {
  for (const int64_t classes : {2, 7, 33}) {
    const int64_t models = 6, samples = 150;
    Table t = hostile(models, samples, classes, LIGHTCONE_LOG_PROBABILITIES, 17);
    std::copy(t.row(0, 0), t.row(0, 0) + samples * classes, t.row(5, 0));  // an angle of 0 everywhere
    const Predictions p = predictions(t);
    const double at[] = {0, 0.1, 0.5, 0.9999, 1};
    const int64_t run_begin[] = {0, 4, 6};
    const double index[] = {0.1, 0.3, 0.3, 0.9, 0.2, 0.6};
    lightcone_trajectories_options options;
    lightcone_trajectories_options_init(&options);
    options.points = 7;
    const auto compare = [&](int64_t points, const auto& call) {
      const size_t count = static_cast<size_t>(points * samples * classes);
      std::vector<double> cpu(count, NAN);
      lightcone_place here = place_on(LIGHTCONE_DEVICE_CPU);
      REQUIRE(call(&here, cpu.data()) == LIGHTCONE_OK);
      std::vector<double> first;
      for (const int64_t bytes : kBudgets) {
        std::vector<double> out(count, NAN);
        lightcone_place there = place_on(LIGHTCONE_DEVICE_CUDA, bytes);
        const lightcone_status status = call(&there, out.data());
        INFO(lightcone_last_error());
        REQUIRE(status == LIGHTCONE_OK);
        // Both have a few ulp of each root: their squares differ by 2^-49 at most.
        double worst = 0;
        for (size_t k = 0; k < count; ++k) worst = std::max(worst, std::isnan(out[k]) ? kInf : std::fabs(out[k] - cpu[k]));
        CHECK(worst <= 0x1p-49);
        if (first.empty()) first = out;
        CHECK(out == first);
        const DeviceArray<double> memory(count);
        const CallerStream stream;
        there.output = LIGHTCONE_MEMORY_DEVICE;
        there.device = LIGHTCONE_DEVICE_AUTO;
        there.stream = stream.get();
        REQUIRE(call(&there, memory.get()) == LIGHTCONE_OK);
        CHECK(there.ran == LIGHTCONE_DEVICE_CUDA);
        CHECK(memory.read() == first);
      }
    };
    for (const int64_t to : {3, 5})
      compare(5, [&](lightcone_place* place, double* out) {
        return lightcone_geodesic_between_at_place(p.handle.get(), 0, to, at, 5, place, nullptr, out);
      });
    for (const int64_t run : {0, 1})
      compare(7, [&](lightcone_place* place, double* out) {
        return lightcone_trajectory_at_place(p.handle.get(), run_begin, 2, index, &options, run, place, nullptr, out);
      });
  }
}

TEST_CASE("what geometry cannot do on a device is refused, errors leave nothing, and a cancel is heard") {
  const Table t = hostile(40, 90, 3, LIGHTCONE_LOGITS, 3);
  const Predictions p = predictions(t);
  const std::vector<int32_t> labels = random_labels(90, 3, 1);
  std::vector<double> out(40, NAN);
  lightcone_place place = place_on(LIGHTCONE_DEVICE_CUDA, 600);
  const auto call = [&](lightcone_control* control = nullptr) {
    return lightcone_progress_at_place(p.handle.get(), labels.data(), 90, &place, control, out.data());
  };
  place.input = LIGHTCONE_MEMORY_DEVICE;
  CHECK(call() == LIGHTCONE_UNSUPPORTED);
  place.input = LIGHTCONE_MEMORY_HOST;
  place.output = LIGHTCONE_MEMORY_DEVICE;
  CHECK(call() == LIGHTCONE_UNSUPPORTED);
  place.output = 7;
  CHECK(call() == LIGHTCONE_INVALID_ARGUMENT);
  place.output = LIGHTCONE_MEMORY_HOST;
  place.ordinal = 99;
  CHECK(call() == LIGHTCONE_UNSUPPORTED);
  place.ordinal = 0;
  const double half = 0.5;
  std::vector<double> host(90 * 3);
  lightcone_place wrong = place_on(LIGHTCONE_DEVICE_CUDA);
  wrong.output = LIGHTCONE_MEMORY_DEVICE;  // an address of the host
  CHECK(lightcone_geodesic_between_at_place(p.handle.get(), 0, 1, &half, 1, &wrong, nullptr, host.data()) ==
        LIGHTCONE_INVALID_ARGUMENT);
  wrong.device = LIGHTCONE_DEVICE_CPU;
  CHECK(lightcone_geodesic_between_at_place(p.handle.get(), 0, 1, &half, 1, &wrong, nullptr, host.data()) ==
        LIGHTCONE_UNSUPPORTED);

  const ControlHandle stopped = [] {
    lightcone_control* c = nullptr;
    REQUIRE(lightcone_control_create(&c) == LIGHTCONE_OK);
    return ControlHandle(c);
  }();
  LightconeEmulation* e = emulation();
  const int64_t live = e != nullptr ? e->live : 0;
  std::thread other([&] {
    while (lightcone_control_done(stopped.get()) == 0) std::this_thread::yield();
    lightcone_control_cancel(stopped.get());
  });
  const lightcone_status status = call(stopped.get());
  other.join();
  // The last piece may have been done before the cancel.
  CHECK((status == LIGHTCONE_CANCELLED || status == LIGHTCONE_OK));
  CHECK(call(stopped.get()) == LIGHTCONE_CANCELLED);
  if (e == nullptr) return;
  const EmulationScope scope;
  CHECK(e->live == live);
  int failures = 0;
  for (int64_t LightconeEmulation::* what :
       {&LightconeEmulation::fail_allocation, &LightconeEmulation::fail_launch, &LightconeEmulation::fail_copy})
    for (int64_t nth = 1; nth < 40; ++nth) {
      e->*what = nth;
      const lightcone_status failed = call();
      if (e->*what != 0) break;  // fewer than that
      ++failures;
      CHECK(failed == (what == &LightconeEmulation::fail_allocation ? LIGHTCONE_OUT_OF_MEMORY : LIGHTCONE_INTERNAL));
      CHECK(e->live == live);
    }
  CHECK(failures > 30);
  e->fail_allocation = e->fail_launch = e->fail_copy = 0;
  e->memory_total = 3000;  // a model takes 2,160 bytes of planes, and the tables more
  CHECK(call() == LIGHTCONE_OUT_OF_MEMORY);
  CHECK(std::string(lightcone_last_error()).find("memory_bytes") != std::string::npos);
}
