// SPDX-License-Identifier: Apache-2.0
// The C ABI's own promises: versions, statuses, messages, the forced instruction set, what a wrong call gives.
#include <cstdlib>
#include <cstring>

#include "support.h"

using namespace support;

TEST_CASE("the version of the header is the library's") {
  CHECK(lightcone_abi_version() == LIGHTCONE_ABI_VERSION);
  CHECK(std::strlen(lightcone_version()) > 0);
  CHECK(std::strlen(lightcone_compiler()) > 0);
}

TEST_CASE("the forced instruction set is the active one") {
  const char* forced = std::getenv("LIGHTCONE_ISA");
  int32_t active = 0;
  REQUIRE(lightcone_isa_resolve(LIGHTCONE_ISA_AUTO, &active) == LIGHTCONE_OK);
  if (forced != nullptr) CHECK(std::string(lightcone_isa_name(active)) == forced);
  CHECK(lightcone_isa_resolve(99, &active) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(std::string(lightcone_isa_name(99)).empty());
}

TEST_CASE("wrong calls are statuses with a sentence") {
  CHECK(lightcone_predictions_create(0, 1, 2, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  lightcone_predictions* p = nullptr;
  CHECK(lightcone_predictions_create(1, 1, 1, &p) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(std::string(lightcone_last_error()).find("2 classes") != std::string::npos);
  CHECK(lightcone_predictions_create(INT64_MAX, INT64_MAX, INT64_MAX, &p) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_predictions_create(INT64_MIN, 1, 2, &p) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_predictions_validate(nullptr, 1, nullptr) == LIGHTCONE_INVALID_ARGUMENT);

  REQUIRE(lightcone_predictions_create(2, 3, 2, &p) == LIGHTCONE_OK);
  CHECK(std::string(lightcone_last_error()).empty());
  const Handle owner(p);
  std::vector<double> x(12, 0.5);
  const auto add = [&](const void* address, int32_t kind, int32_t dtype, int64_t m0, int64_t m, int64_t n0,
                       int64_t n, int64_t stride) {
    return lightcone_predictions_add_memory(p, address, nullptr, kind, dtype, m0, m, n0, n, stride);
  };
  CHECK(add(nullptr, 1, 2, 0, 2, 0, 3, 48) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(add(x.data(), 0, 2, 0, 2, 0, 3, 48) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(add(x.data(), 1, 3, 0, 2, 0, 3, 48) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(add(x.data(), 1, 2, 1, 2, 0, 3, 48) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(add(x.data(), 1, 2, 0, 2, -1, 3, 48) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(add(x.data(), 1, 2, 0, 2, 0, 3, 40) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(add(x.data(), 1, 2, 0, 2, 0, 3, INT64_MAX) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(add(reinterpret_cast<char*>(x.data()) + 1, 1, 2, 0, 1, 0, 3, 48) == LIGHTCONE_INVALID_ARGUMENT);

  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  std::vector<float> d(4);
  CHECK(lightcone_distances(p, &options, nullptr, d.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(std::string(lightcone_last_error()).find("not validated") != std::string::npos);

  REQUIRE(add(x.data(), 1, 2, 0, 2, 0, 3, 48) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_validate(p, 1, nullptr) == LIGHTCONE_OK);
  CHECK(add(x.data(), 1, 2, 0, 2, 0, 3, 48) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_distances(p, nullptr, nullptr, d.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_distances(p, &options, nullptr, nullptr, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  options.size = 8;
  CHECK(lightcone_distances(p, &options, nullptr, d.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  const auto refused = [&](void (*spoil)(lightcone_distances_options&), lightcone_status status) {
    lightcone_distances_options_init(&options);
    spoil(options);
    CHECK(lightcone_distances(p, &options, nullptr, d.data(), nullptr) == status);
    CHECK(std::strlen(lightcone_last_error()) > 10);
  };
  refused([](auto& o) { o.metric = 77; }, LIGHTCONE_UNSUPPORTED);
  refused([](auto& o) { o.refine = 7; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.infinity = 7; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.out_dtype = 7; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.isa = 7; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.sample_step = 0; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.sample_end = 4; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.sample_begin = 3; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.layout = 7; }, LIGHTCONE_INVALID_ARGUMENT);
  refused([](auto& o) { o.row_end = 2; }, LIGHTCONE_INVALID_ARGUMENT);  // a band, dense
  const auto tiles_refused = [&](int64_t begin, int64_t end, int32_t dtype) {
    lightcone_distances_options_init(&options);
    options.layout = LIGHTCONE_LAYOUT_TILES;
    options.row_begin = begin;
    options.row_end = end;
    options.out_dtype = dtype;
    CHECK(lightcone_distances(p, &options, nullptr, d.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
    CHECK(std::strlen(lightcone_last_error()) > 10);
  };
  tiles_refused(0, -1, LIGHTCONE_FLOAT64);
  tiles_refused(1, 2, LIGHTCONE_FLOAT32);
  tiles_refused(0, 1, LIGHTCONE_FLOAT32);
  tiles_refused(0, 3, LIGHTCONE_FLOAT32);
  tiles_refused(INT64_MIN, -1, LIGHTCONE_FLOAT32);
  lightcone_distances_options_init(&options);
  int64_t bytes = 0;
  CHECK(lightcone_distances_memory(2, 3, 2, nullptr, &bytes) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_distances_memory(2, 3, 2, &options, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_distances_memory(0, 3, 2, &options, &bytes) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_distances_memory(INT64_MAX, INT64_MAX, 2, &options, &bytes) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_distances_memory(151407, 50000, 10, &options, &bytes) == LIGHTCONE_OK);
  CHECK(bytes > int64_t{8} * 151407 / 2 * 151407);
  options.panel_bytes = 64 << 20;
  int64_t less = 0;
  CHECK(lightcone_distances_memory(151407, 50000, 10, &options, &less) == LIGHTCONE_OK);
  CHECK(bytes - less > 400 << 20);  // of 512 MiB
  refused([](auto& o) { o.infinity = LIGHTCONE_INFINITY_CAP, o.infinity_cap = NAN; },
          LIGHTCONE_INVALID_ARGUMENT);
  lightcone_distances_options_init(&options);
  CHECK(lightcone_distances(p, &options, nullptr, d.data(), nullptr) == LIGHTCONE_OK);

  double log_p[4];
  CHECK(lightcone_predictions_read(p, 2, 0, 1, log_p) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_predictions_read(p, 0, 2, 2, log_p) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_predictions_read(p, 0, INT64_MAX, 2, log_p) == LIGHTCONE_INVALID_ARGUMENT);
}

TEST_CASE("a cancelled call says so, and the handle stays usable") {
  const Table t = random_logits(400, 400, 10, 1, 1, 5);
  const Predictions p = predictions(t);
  lightcone_control* raw = nullptr;
  REQUIRE(lightcone_control_create(&raw) == LIGHTCONE_OK);
  const ControlHandle control(raw);
  lightcone_control_cancel(raw);
  std::vector<float> d(static_cast<size_t>(t.models * t.models));
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  CHECK(lightcone_distances(p.handle.get(), &options, raw, d.data(), nullptr) == LIGHTCONE_CANCELLED);
  lightcone_control* fresh = nullptr;
  REQUIRE(lightcone_control_create(&fresh) == LIGHTCONE_OK);
  const ControlHandle owner(fresh);
  CHECK(lightcone_distances(p.handle.get(), &options, fresh, d.data(), nullptr) == LIGHTCONE_OK);
  CHECK(lightcone_control_done(fresh) == lightcone_control_total(fresh));
  CHECK(lightcone_control_total(fresh) >= 400 * 399 / 2 * 400);
}

TEST_CASE("ceilings: positive rates, and refusals") {
  double rate = -1;
  for (const int32_t dtype : {LIGHTCONE_FLOAT32, LIGHTCONE_FLOAT64})
    for (const int threads : {1, 3}) {
      CHECK(lightcone_ceiling_fma(LIGHTCONE_ISA_AUTO, dtype, threads, &rate) == LIGHTCONE_OK);
      CHECK(rate > 1e6);
    }
  CHECK(lightcone_ceiling_read(int64_t{1} << 20, 2, &rate) == LIGHTCONE_OK);
  CHECK(rate > 1e6);
  CHECK(lightcone_ceiling_fma(LIGHTCONE_ISA_AUTO, LIGHTCONE_FLOAT32, 1, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_ceiling_fma(LIGHTCONE_ISA_AUTO, 3, 1, &rate) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_ceiling_fma(77, LIGHTCONE_FLOAT32, 1, &rate) == LIGHTCONE_INVALID_ARGUMENT);
  for (const int64_t bytes : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1023}})
    CHECK(lightcone_ceiling_read(bytes, 2, &rate) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_ceiling_read(1024, 2, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
}
