// SPDX-License-Identifier: Apache-2.0
// Mode `fast`, float16 on the tensor cores (emulated: their model in cuda/base/mma.h): the distances against the
// definition, to the bound of lightcone.h term by term.
#include "device.h"
#include "distance/device_plan.h"

using namespace support;

namespace {

// lightcone.h's bound on one sample's term x: two rows each rounded to a relative 2^-11 where float16 is normal, to steps
// of 2^-27 below. A term is off by 2^-10 times the tangent of the angle, never by more than 4 roundings; and by the steps
// of all classes against BC = e^-x, up to where so few steps are left that only their number can be told.
double term_bound(double x, int64_t classes) {
  const double steps = 0x1p-27 * std::sqrt(static_cast<double>(classes)) * std::exp(x);
  const double fine = 2e-3 * std::min(1.0, std::sqrt(2 * x) + 2e-3);
  return fine + (steps < 0.25 ? -std::log1p(-steps) : std::log(2.0 + static_cast<double>(classes)));
}

lightcone_distances_options fast_options() {
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  options.precision = LIGHTCONE_PRECISION_FAST;
  return options;
}

// The largest |d' - d| there was.
double check_fast(const Table& t, const Measured& m) {
  const Rows rows(t);
  double largest = 0;
  for (int64_t i = 0; i < t.models; ++i)
    for (int64_t j = i; j < t.models; ++j) {
      const double d = m.d[static_cast<size_t>(i * t.models + j)];
      INFO("pair " << i << ", " << j << " of (" << t.models << ", " << t.samples << ", " << t.classes << ")");
      CHECK(d == m.d[static_cast<size_t>(j * t.models + i)]);
      if (i == j) {
        CHECK(d == 0);
        continue;
      }
      double exact = 0, allowed = 0;
      for (int64_t n = 0; n < t.samples; ++n) {
        const double x = static_cast<double>(metric_mean(LIGHTCONE_METRIC_BHATTACHARYYA, rows, i, rows, j, n, n + 1));
        exact += x / static_cast<double>(t.samples);
        allowed += term_bound(x, t.classes) / static_cast<double>(t.samples);
      }
      if (std::isinf(exact)) {
        CHECK(d == kInf);
        continue;
      }
      CHECK(std::fabs(d - exact) <= allowed);
      largest = std::max(largest, std::fabs(d - exact));
    }
  return largest;
}

}  // namespace

TEST_CASE("fast keeps its bound on every shape of tail") {
  // Models beside a tile's and a block's edge, samples beside a stage's and a renormalisation's, classes beside the words,
  // groups and slices of a panel: one product for a sample and several.
  struct Size {
    int64_t models, samples, classes;
  };
  for (const Size s : {Size{2, 1, 2}, Size{5, 16, 3}, Size{96, 3, 8}, Size{97, 5, 9}, Size{193, 2, 10}, Size{7, 33, 10},
                       Size{9, 17, 15}, Size{12, 4, 16}, Size{97, 3, 17}, Size{11, 18, 33}, Size{6, 5, 100}}) {
    const Table t = random_logits(s.models, s.samples, s.classes, 1.5, 0.7, 3 * static_cast<uint64_t>(s.models));
    const Measured m = measure(predictions(t), s.models, fast_options());
    CHECK(m.report.near_pairs == 0);
    CHECK(m.report.flagged_pairs == 0);
    CHECK(check_fast(t, m) > 0);  // it is float16 that is tested
  }
}

TEST_CASE("fast on hostile rows: zeros, corners, equal and nearly equal models") {
  for (const int64_t classes : {2, 10, 17}) {
    const Table t = hostile(30, 35, classes, LIGHTCONE_PROBABILITIES, 41);
    const Measured m = measure(predictions(t), t.models, fast_options());
    CHECK(m.report.flagged_pairs > 0);
    check_fast(t, m);
  }
}

TEST_CASE("fast: equal models are at distance 0, and close ones keep their distance") {
  // Of rows that differ by 1 in 100, half the distance is 1e-5: the rounding of each row alone, 1e-4, would hide it.
  Table t = random_logits(8, 400, 10, 2, 0, 43);
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (int64_t m = 4; m < 8; ++m)
    for (int64_t n = 0; n < t.samples; ++n)
      for (int64_t c = 0; c < 10; ++c) t.row(m, n)[c] += 0.02 * normal(random);
  const Measured m = measure(predictions(t), t.models, fast_options());
  check_fast(t, m);
  const Rows rows(t);
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = i + 1; j < 4; ++j) CHECK(std::fabs(m.d[static_cast<size_t>(i * 8 + j)]) <= 4e-6);
  for (int64_t i = 4; i < 8; ++i)
    for (int64_t j = i + 1; j < 8; ++j) {
      const double d = static_cast<double>(metric_distance(LIGHTCONE_METRIC_BHATTACHARYYA, rows, i, rows, j, kInf));
      CHECK(d < 1e-4);
      CHECK(std::fabs(m.d[static_cast<size_t>(i * 8 + j)] / d - 1) < 0.2);
    }
}

TEST_CASE("fast has the same bits in every run and in bands; in chunks, the same bound") {
  const Table t = random_logits(200, 40, 10, 1, 0.5, 47);
  const Predictions p = predictions(t);
  lightcone_distances_options options = fast_options();
  options.panel_bytes = 288 * lightcone::half_words(10) * 4 * 40;
  const Measured once = measure(p, t.models, options);
  CHECK(measure(p, t.models, options).d == once.d);
  if (LightconeEmulation* e = emulation()) {
    const EmulationScope scope;
    // Two tiles of six do not fit.
    e->memory_total = (once.report.device_bytes - 2 * lightcone::DevicePlan::kTileBytes) * 32 / 31 + 64;
    const Measured bands = measure(p, t.models, options);
    CHECK(bands.report.bands > 1);
    CHECK(bands.d == once.d);
  }
  options.panel_bytes /= 2;  // one group of 16 samples at a time
  const Measured chunks = measure(p, t.models, options);
  CHECK(chunks.d != once.d);
  check_fast(t, chunks);
}

TEST_CASE("fast on a device with little shared memory takes the smaller block, with the same bits") {
  LightconeEmulation* e = emulation();
  if (e == nullptr) return;
  const Table t = random_logits(130, 20, 10, 1, 0.5, 59);
  const Predictions p = predictions(t);
  const Measured large = measure(p, t.models, fast_options());
  const EmulationScope scope;
  e->shared_memory = 99 << 10;  // GeForce
  CHECK(measure(p, t.models, fast_options()).d == large.d);
}

TEST_CASE("fast is refused where float16 is too coarse") {
  const Table t = random_logits(4, 10, 3, 1, 0.5, 53);
  const Predictions p = predictions(t);
  lightcone_distances_options options = fast_options();
  options.metric = LIGHTCONE_METRIC_HELLINGER_PRODUCT;
  std::vector<double> d(16, NAN);
  CHECK(lightcone_distances(p.handle.get(), &options, nullptr, d.data(), nullptr) == LIGHTCONE_UNSUPPORTED);
  CHECK(std::string(lightcone_last_error()).find("float16") != std::string::npos);
}
