// SPDX-License-Identifier: Apache-2.0
// Distances on the device against the definition in extended precision, to the contract of lightcone.h, and against the
// CPU engine where both must agree exactly.
#include "device.h"

using namespace support;

namespace {

struct Size {
  int64_t models, samples, classes;
};

double near_threshold(const Size& s) {
  return 0.15 * std::sqrt(std::max(1.0, static_cast<double>(s.classes) / 10) / static_cast<double>(s.samples));
}

// The contract's bound on |d' - d| (float64 output), for `exact`; `rough` is that of the pairs that are not redone.
double bound(double d, const Size& s, bool rough) {
  const double u = 0x1p-53;
  const double exact = d >= 1e-12 ? 2e-6 * d : 2e-18 + 4 * u * std::sqrt(d);
  return rough && d < near_threshold(s) ? 1e-5 * near_threshold(s) : exact;
}

void check_contract(const Table& t, const Measured& m, int32_t metric = LIGHTCONE_METRIC_BHATTACHARYYA,
                    bool rough = false, double cap = kInf) {
  const Size size{t.models, t.samples, t.classes};
  const Rows rows(t);
  for (int64_t i = 0; i < t.models; ++i)
    for (int64_t j = i; j < t.models; ++j) {
      const double d = m.d[static_cast<size_t>(i * t.models + j)];
      INFO("pair " << i << ", " << j << " of (" << t.models << ", " << t.samples << ", " << t.classes << ")");
      CHECK(d == m.d[static_cast<size_t>(j * t.models + i)]);
      if (i == j) {
        CHECK(d == 0);
        continue;
      }
      const double e = static_cast<double>(metric_distance(metric, rows, i, rows, j, cap));
      if (std::isinf(e)) {
        CHECK(d == kInf);
      } else {
        CHECK(std::fabs(d - e) <= bound(e, size, rough));
      }
    }
}

lightcone_distances_options chunked(int32_t device, const Table& t, int64_t samples) {
  lightcone_distances_options options = options_for(device);
  options.panel_bytes = (t.models + LIGHTCONE_TILE - 1) / LIGHTCONE_TILE * LIGHTCONE_TILE * t.classes * 4 * samples;
  return options;
}

}  // namespace

TEST_CASE("every shape of tail keeps the contract") {
  // Models beside a tile's edge, samples beside a renormalisation's, classes beside a stage's; one chunk and several.
  for (const Size s : {Size{2, 1, 2}, Size{3, 7, 3}, Size{24, 8, 16}, Size{95, 9, 2}, Size{96, 3, 7}, Size{97, 17, 3},
                       Size{13, 40, 33}, Size{5, 19, 100}, Size{12, 6, 1000}})
    for (const int64_t chunk : {1, 8, 512}) {
      if (chunk == 1 && s.samples > 9) continue;
      const Table t = hostile(s.models, s.samples, s.classes, LIGHTCONE_LOGITS, 11 * static_cast<uint64_t>(s.models));
      check_contract(t, measure(predictions(t), s.models, chunked(LIGHTCONE_DEVICE_CUDA, t, chunk)));
    }
}

TEST_CASE("every kind of rows, in either type") {
  for (const int32_t kind : {LIGHTCONE_PROBABILITIES, LIGHTCONE_LOG_PROBABILITIES, LIGHTCONE_LOGITS}) {
    Table t = hostile(36, 21, 10, kind, 5);
    check_contract(t, measure(predictions(t), t.models, options_for(LIGHTCONE_DEVICE_CUDA)));
    for (double& x : t.x) x = static_cast<float>(x);
    check_contract(t, measure(predictions(t, LIGHTCONE_FLOAT32), t.models, options_for(LIGHTCONE_DEVICE_CUDA)));
  }
}

TEST_CASE("infinite terms are those of the CPU, kept or capped") {
  for (const int64_t classes : {5, 33}) {
    const Table t = hostile(50, 30, classes, LIGHTCONE_LOG_PROBABILITIES, 3);
    const Predictions p = predictions(t);
    for (const int32_t infinity : {LIGHTCONE_INFINITY_KEEP, LIGHTCONE_INFINITY_CAP}) {
      lightcone_distances_options options = chunked(LIGHTCONE_DEVICE_CUDA, t, 8);
      options.infinity = infinity;
      options.infinity_cap = 37;
      const Measured device = measure(p, t.models, options);
      options.device = LIGHTCONE_DEVICE_CPU;
      const Measured cpu = measure(p, t.models, options);
      CHECK(device.report.infinite_terms == cpu.report.infinite_terms);
      CHECK(device.report.infinite_pairs == cpu.report.infinite_pairs);
      CHECK(device.report.infinite_terms > 0);
      CHECK(device.report.flagged_pairs > 0);
      CHECK(device.report.near_pairs > 0);
      check_contract(t, device, LIGHTCONE_METRIC_BHATTACHARYYA, false,
                     infinity == LIGHTCONE_INFINITY_CAP ? 37 : kInf);
    }
  }
}

TEST_CASE("products that float64 cannot hold are taken in the log domain") {
  // Logits of size 2,000: BC down to e^-1000, with exact zeros among them.
  Table t = random_logits(9, 11, 4, 0, 700, 19);
  for (int64_t n = 0; n < t.samples; n += 3) t.row(4, n)[n % 4] = -kInf;
  const Measured m = measure(predictions(t), t.models, options_for(LIGHTCONE_DEVICE_CUDA));
  CHECK(m.report.infinite_terms == 0);
  CHECK(m.report.flagged_pairs > 0);
  check_contract(t, m);
  Table disjoint = t;
  for (int64_t n = 0; n < t.samples; ++n)
    for (int64_t c = 0; c < 4; ++c) disjoint.row(c < 2 ? 7 : 8, n)[c] = -kInf;
  const Measured infinite = measure(predictions(disjoint), t.models, options_for(LIGHTCONE_DEVICE_CUDA));
  CHECK(infinite.report.infinite_terms == t.samples);
  CHECK(infinite.report.infinite_pairs == 1);
  check_contract(disjoint, infinite);
}

TEST_CASE("a product that is subnormal on the way is flagged, although the samples after it bring it back") {
  // Eight samples of a group, scaled by 2^14 to 2^15 each: three small ones take the product below 2^-126, five equal ones
  // lift it above again, with what was left of its bits. None is small enough to be seen alone.
  Table t = random_logits(2, 8, 2, 0, 0, 37);
  const double small[] = {55.6, 65.8, 72.1};  // -log2 BC
  for (int64_t n = 0; n < 3; ++n)
    for (int64_t m = 0; m < 2; ++m) {
      // BC = 2 e^-x of rows (x, -x) and (-x, x).
      const double x = (small[n] + 1) * 0.6931471805599453;
      t.row(m, n)[0] = m == 0 ? x : -x;
      t.row(m, n)[1] = -t.row(m, n)[0];
    }
  const Measured m = measure(predictions(t), t.models, options_for(LIGHTCONE_DEVICE_CUDA));
  CHECK(m.report.flagged_pairs == 1);
  check_contract(t, m);
}

TEST_CASE("dot products of subnormal terms are flagged, not trusted") {
  // One sample in nine has BC of about 2^-145, from s that float32 holds with a few bits; the product of the rest brings
  // it back into range.
  Table t = random_logits(6, 9, 3, 0, 0.5, 29);
  for (int64_t m = 0; m < t.models; ++m)
    for (int64_t c = 0; c < 3; ++c)
      t.row(m, 4)[c] = c == m % 3 ? 0 : -200 - 1.7 * static_cast<double>(m) - 0.3 * static_cast<double>(c);
  const Measured m = measure(predictions(t), t.models, options_for(LIGHTCONE_DEVICE_CUDA));
  CHECK(m.report.flagged_pairs == 12);  // all but the three with the same large class
  check_contract(t, m);
}

TEST_CASE("refine off and the product of Hellinger") {
  const Table t = hostile(40, 70, 10, LIGHTCONE_PROBABILITIES, 23);
  const Predictions p = predictions(t);
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  options.refine = LIGHTCONE_REFINE_OFF;
  const Measured off = measure(p, t.models, options);
  CHECK(off.report.near_pairs == 0);
  check_contract(t, off, LIGHTCONE_METRIC_BHATTACHARYYA, true);
  options = options_for(LIGHTCONE_DEVICE_CUDA);
  options.metric = LIGHTCONE_METRIC_HELLINGER_PRODUCT;
  const Measured product = measure(p, t.models, options);
  CHECK(product.report.near_pairs > 0);
  check_contract(t, product, LIGHTCONE_METRIC_HELLINGER_PRODUCT);
}

TEST_CASE("subsets of samples and tables of many blocks are what the CPU makes of them") {
  const int64_t models = 20, samples = 44, classes = 5;
  const Table logits = hostile(models, samples, classes, LIGHTCONE_LOGITS, 31);
  const Table log_probs = hostile(models, samples, classes, LIGHTCONE_LOG_PROBABILITIES, 31);
  // The first models as logits in float32, of the rest the first samples as float64 log-probabilities.
  std::vector<float> single(logits.x.begin(), logits.x.end());
  lightcone_predictions* raw = nullptr;
  REQUIRE(lightcone_predictions_create(models, samples, classes, &raw) == LIGHTCONE_OK);
  Predictions p;
  p.handle.reset(raw);
  const int64_t row = samples * classes, split = 7, cut = 13;
  const auto add = [&](const void* at, int32_t kind, int32_t dtype, int64_t m, int64_t ms, int64_t n, int64_t ns) {
    REQUIRE(lightcone_predictions_add_memory(raw, at, nullptr, kind, dtype, m, ms, n, ns,
                                             row * (dtype == LIGHTCONE_FLOAT32 ? 4 : 8)) == LIGHTCONE_OK);
  };
  add(single.data(), LIGHTCONE_LOGITS, LIGHTCONE_FLOAT32, 0, split, 0, samples);
  add(log_probs.x.data() + split * row, LIGHTCONE_LOG_PROBABILITIES, LIGHTCONE_FLOAT64, split, models - split, 0, cut);
  add(logits.x.data() + split * row + cut * classes, LIGHTCONE_LOGITS, LIGHTCONE_FLOAT64, split, models - split, cut,
      samples - cut);
  REQUIRE(lightcone_predictions_validate(raw, 1, nullptr) == LIGHTCONE_OK);
  lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
  options.sample_begin = 2;
  options.sample_end = 43;
  options.sample_step = 3;
  options.panel_bytes = 96 * classes * 4 * 5;
  const Measured device = measure(p, models, options);
  options.device = LIGHTCONE_DEVICE_CPU;
  const Measured cpu = measure(p, models, options);
  CHECK(device.report.samples == 14);
  for (size_t k = 0; k < cpu.d.size(); ++k) {
    // Both keep the contract.
    if (std::isinf(cpu.d[k])) {
      CHECK(device.d[k] == kInf);
    } else {
      CHECK(std::fabs(device.d[k] - cpu.d[k]) <= 2 * bound(cpu.d[k], {models, 14, classes}, false));
    }
  }
}

TEST_CASE("two tables") {
  const Table a = hostile(101, 25, 6, LIGHTCONE_LOGITS, 41), b = hostile(50, 25, 6, LIGHTCONE_PROBABILITIES, 42);
  const Predictions p = predictions(a), q = predictions(b);
  for (const bool swapped : {false, true}) {
    const Predictions &rows = swapped ? q : p, &columns = swapped ? p : q;
    const size_t cells = 101 * 50;
    std::vector<double> device(cells, NAN), cpu(cells, NAN);
    lightcone_distances_options options = options_for(LIGHTCONE_DEVICE_CUDA);
    lightcone_distances_report at_device, at_cpu;
    lightcone_distances_report_init(&at_device);
    lightcone_distances_report_init(&at_cpu);
    REQUIRE(lightcone_distances_against(rows.handle.get(), columns.handle.get(), &options, nullptr, device.data(),
                                        nullptr, &at_device) == LIGHTCONE_OK);
    options.device = LIGHTCONE_DEVICE_CPU;
    REQUIRE(lightcone_distances_against(rows.handle.get(), columns.handle.get(), &options, nullptr, cpu.data(),
                                        nullptr, &at_cpu) == LIGHTCONE_OK);
    CHECK(at_device.device == LIGHTCONE_DEVICE_CUDA);
    CHECK(at_device.infinite_terms == at_cpu.infinite_terms);
    CHECK(at_device.infinite_pairs == at_cpu.infinite_pairs);
    for (size_t k = 0; k < cells; ++k) {
      if (std::isinf(cpu[k])) {
        CHECK(device[k] == kInf);
      } else {
        CHECK(std::fabs(device[k] - cpu[k]) <= 2 * bound(cpu[k], {101, 25, 6}, false));
      }
    }
  }
}

TEST_CASE("the bits depend neither on the bands nor on the layout, and are the same from run to run") {
  const Table t = hostile(320, 18, 3, LIGHTCONE_LOGITS, 51);
  const Predictions p = predictions(t);
  lightcone_distances_options options = chunked(LIGHTCONE_DEVICE_CUDA, t, 8);
  const Measured first = measure(p, t.models, options);
  CHECK(measure(p, t.models, options).d == first.d);
  options.threads = 1;
  CHECK(measure(p, t.models, options).d == first.d);

  if (LightconeEmulation* e = emulation()) {
    CHECK(first.report.bands == 1);
    const EmulationScope scope;
    e->eager_copies = 1;  // the other extreme of what a device may do
    CHECK(measure(p, t.models, options).d == first.d);
    e->eager_copies = 0;
    // Room for the buffers and eight of the ten tiles (4 + 3 + 2 + 1), then for four; of a tile there are the sums, two
    // sets of pairs and two pairs of numbers, and a 32nd of the memory is kept free.
    const int64_t bytes_of_tile = 96 * 96 * 8 + 2 * 96 * 96 / 8 + 16;
    for (const int64_t missing : {2, 6}) {
      e->memory_total = (first.report.device_bytes - missing * bytes_of_tile) * 32 / 31 + 64;
      const Measured banded = measure(p, t.models, options);
      CHECK(banded.report.bands == (missing == 2 ? 2 : 3));
      CHECK(banded.d == first.d);
    }
  }

  // Packed tiles, whole and as bands of the caller's.
  options.layout = LIGHTCONE_LAYOUT_TILES;
  options.out_dtype = LIGHTCONE_FLOAT32;
  const int64_t tile = LIGHTCONE_TILE * LIGHTCONE_TILE, tiles = 10;
  std::vector<float> whole(static_cast<size_t>(tiles * tile), NAN), banded(whole);
  REQUIRE(lightcone_distances(p.handle.get(), &options, nullptr, whole.data(), nullptr) == LIGHTCONE_OK);
  size_t at = 0;
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = i; j < 4; ++j)
      for (int64_t r = 0; r < LIGHTCONE_TILE; ++r)
        for (int64_t c = 0; c < LIGHTCONE_TILE; ++c, ++at) {
          const int64_t a = i * LIGHTCONE_TILE + r, b = j * LIGHTCONE_TILE + c;
          const bool there = a < t.models && b < t.models;
          REQUIRE(whole[at] == (there ? static_cast<float>(first.d[static_cast<size_t>(a * t.models + b)]) : 0.0f));
        }
  for (const int64_t begin : {0, 192}) {
    options.row_begin = begin;
    options.row_end = begin == 0 ? 192 : -1;
    float* out = banded.data() + (begin == 0 ? 0 : 7 * tile);
    REQUIRE(lightcone_distances(p.handle.get(), &options, nullptr, out, nullptr) == LIGHTCONE_OK);
  }
  CHECK(banded == whole);
}
