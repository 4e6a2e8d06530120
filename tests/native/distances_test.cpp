// SPDX-License-Identifier: Apache-2.0
// Bhattacharyya distances against the plain float64 form, on hostile values and at sizes that straddle every
// vector, register tile and block. The bound is the contract of lightcone.h: 2e-6 relative.
#include <tuple>

#include "support.h"

using namespace support;

namespace {

constexpr double kBound = 2e-6;

struct Result {
  std::vector<double> d;
  lightcone_distances_report report;
};

Result distances(const Predictions& p, int64_t models,
                 const std::function<void(lightcone_distances_options&)>& change = {}) {
  Result r;
  r.d.assign(static_cast<size_t>(models * models), NAN);
  lightcone_distances_report_init(&r.report);
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.out_dtype = LIGHTCONE_FLOAT64;
  options.threads = 2;
  if (change) change(options);
  const lightcone_status status =
      lightcone_distances(p.handle.get(), &options, nullptr, r.d.data(), &r.report);
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return r;
}

void check_shape(const std::vector<double>& d, int64_t models) {
  for (int64_t i = 0; i < models; ++i) {
    CHECK(d[static_cast<size_t>(i * models + i)] == 0.0);
    for (int64_t j = 0; j < i; ++j) {
      const double a = d[static_cast<size_t>(i * models + j)], b = d[static_cast<size_t>(j * models + i)];
      if (!(a == b && a >= 0)) FAIL("entry ", i, ", ", j, ": ", a, " and ", b);
    }
  }
}

// The largest relative error over all pairs, or over `limit` of them spread evenly.
double worst(const Table& t, const std::vector<double>& d, int64_t limit = 3000, double* least = nullptr) {
  double worst = 0;
  const int64_t pairs = t.models * (t.models - 1) / 2;
  const int64_t stride = std::max<int64_t>(1, pairs / limit);
  int64_t k = 0;
  if (least != nullptr) *least = kInf;
  for (int64_t i = 0; i < t.models; ++i)
    for (int64_t j = i + 1; j < t.models; ++j, ++k) {
      if (k % stride != 0) continue;
      const double exact = distance(t, i, j), got = d[static_cast<size_t>(i * t.models + j)];
      if (least != nullptr) *least = std::min(*least, exact);
      const double error = exact == 0 ? got : std::isinf(exact) ? (std::isinf(got) ? 0 : 1)
                                                                : std::fabs(got - exact) / exact;
      if (!(error <= worst)) worst = error;
    }
  return worst;
}

}  // namespace

TEST_CASE("sizes that straddle vectors, register tiles and blocks") {
  for (const int64_t models : {1, 2, 3, 5, 8, 11, 12, 13, 16, 17, 31, 33, 95, 96, 97, 193})
    for (const int64_t samples : {1, 7, 8, 9, 65})
      for (const int64_t classes : {2, 3, 10}) {
        CAPTURE(models);
        CAPTURE(samples);
        CAPTURE(classes);
        const Table t = random_logits(models, samples, classes, 1, 1, 7);
        const Result r = distances(predictions(t, LIGHTCONE_FLOAT32), models);
        check_shape(r.d, models);
        CHECK(worst(t, r.d, 60) <= kBound);
        CHECK(r.report.pairs == models * (models - 1) / 2);
      }
}

TEST_CASE("many classes, many samples") {
  for (const int64_t classes : {17, 100, 1000}) {
    const Table t = random_logits(14, 50, classes, 2, 1, 3);
    CHECK(worst(t, distances(predictions(t), t.models).d) <= kBound);
  }
  const Table t = random_logits(20, 9001, 3, 2, 1, 3);
  CHECK(worst(t, distances(predictions(t), t.models).d, 40) <= kBound);
}

TEST_CASE("more samples than one product takes, far apart and close") {
  // 2^17 samples to a product. Logits of +-20 of two classes put BC at 2^-28, so that eight samples use up most of
  // float32's exponents and the sums of exponents are the largest there are.
  const int64_t samples = (int64_t{5} << 16) + 77;
  Table t = random_logits(5, samples, 2, 1, 1, 31);
  for (int64_t n = 0; n < samples; ++n)
    for (int64_t m = 0; m < 2; ++m) {
      t.row(m, n)[0] = m == 0 ? 20 : -20;
      t.row(m, n)[1] = -t.row(m, n)[0];
    }
  const Predictions p = predictions(t, LIGHTCONE_FLOAT32);
  const Result whole = distances(p, t.models);
  CHECK(worst(t, whole.d) <= kBound);
  CHECK(whole.d[1] > 19);
  CHECK(whole.report.near_pairs + whole.report.flagged_pairs == 0);  // the products are what is tested
  const Result halves = distances(p, t.models, [](auto& o) { o.sample_blocks = 2; });  // each too long for one product
  CHECK(worst(t, halves.d) <= kBound);
  int64_t bytes = 0;
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.threads = 2;
  REQUIRE(lightcone_distances_memory(t.models, samples, 2, &options, &bytes) == LIGHTCONE_OK);
  CHECK(whole.report.working_bytes == bytes);
}

TEST_CASE("near-identical models, from d = 1e-1 to 1e-13") {
  for (const double spread : {0.3, 3e-2, 3e-3, 3e-4, 3e-5, 3e-6}) {
    const Table base = random_logits(24, 500, 10, 2, 0, 5);
    Table t = base;
    std::mt19937_64 random(9);
    std::normal_distribution<double> normal;
    for (double& v : t.x) v += spread * normal(random);
    double least = 0;
    const Result r = distances(predictions(t), t.models);
    CAPTURE(spread);
    CHECK(worst(t, r.d, 300, &least) <= kBound);
    CAPTURE(least);
    if (spread < 1e-2) CHECK(r.report.near_pairs == r.report.pairs);
  }
}

TEST_CASE("just above the near threshold the float32 pass holds its bound") {
  // Constant rows are the worst case: their rounding is the same on every sample. Near uniform, logits of size
  // spread lie at d = spread^2 (1 - 1/C) / 4 of each other, and at half of that from ignorance.
  for (const int64_t samples : {100, 1000, 4000})
    for (const double factor : {1.1, 2.2, 4.0}) {  // the second puts ignorance's pairs just above
      const double target = factor * 0.15 / std::sqrt(static_cast<double>(samples));
      Table t = random_logits(30, samples, 10, 0, 1, 21);
      for (double& v : t.x) v *= std::sqrt(4 * target / 0.9);
      for (int64_t n = 0; n < samples; ++n)
        for (int64_t c = 0; c < 10; ++c) t.row(0, n)[c] = 0;  // ignorance
      const Result r = distances(predictions(t), t.models);
      CAPTURE(samples);
      CAPTURE(factor);
      CHECK(worst(t, r.d, 435) <= kBound);
      CHECK(r.report.near_pairs < r.report.pairs);  // the float32 pass is what is tested
    }
}

TEST_CASE("just above the near threshold, many classes") {
  struct Case {
    int64_t classes;
    double factor;  // of 0.15 / sqrt(N): just above it, and just above the threshold that grows with C
  };
  for (const Case c : {Case{100, 1.1}, Case{100, 3.5}, Case{1000, 1.1}, Case{1000, 11.0}}) {
    const int64_t samples = 200, classes = c.classes;
    const double target = c.factor * 0.15 / std::sqrt(static_cast<double>(samples));
    Table t = random_logits(12, samples, classes, 0, 1, 22);
    // For small spreads d is spread^2 / 4.
    for (double& v : t.x) v *= std::sqrt(4 * target);
    double least = 0;
    const Result r = distances(predictions(t), t.models);
    CAPTURE(classes);
    CAPTURE(c.factor);
    CHECK(worst(t, r.d, 66, &least) <= kBound);
    CHECK(least > 0.7 * target);
  }
}

TEST_CASE("one far sample among many identical ones") {
  Table t = table(3, 300, 4, LIGHTCONE_PROBABILITIES);
  for (double& v : t.x) v = 0.25;
  const double far[4] = {1e-30, 1 - 2e-30, 1e-30, 0};
  std::copy(far, far + 4, t.row(1, 150));
  const double disjoint[4] = {1, 0, 0, 0};
  std::copy(disjoint, disjoint + 4, t.row(2, 150));
  const Result r = distances(predictions(t), 3);
  CHECK(worst(t, r.d) <= kBound);
}

TEST_CASE("simplex corners: disjoint one-hots are infinite and counted, equal ones exactly 0") {
  const int64_t models = 40, samples = 70, classes = 5;
  for (const int32_t kind : {LIGHTCONE_PROBABILITIES, LIGHTCONE_LOG_PROBABILITIES, LIGHTCONE_LOGITS}) {
    Table t = table(models, samples, classes, kind);
    std::mt19937_64 random(3);
    for (double& v : t.x) v = kind == LIGHTCONE_PROBABILITIES ? 0.0 : -kInf;
    for (int64_t m = 0; m < models; ++m)
      for (int64_t n = 0; n < samples; ++n)
        // Models 0..3 are equal; the others differ in about one sample.
        t.row(m, n)[m >= 4 && random() % 70 == 0 ? (n + 1) % classes : n % classes] =
            kind == LIGHTCONE_PROBABILITIES ? 1.0 : 0.0;
    int64_t terms = 0, pairs = 0;
    for (int64_t i = 0; i < models; ++i)
      for (int64_t j = i + 1; j < models; ++j) {
        int64_t here = 0;
        for (int64_t n = 0; n < samples; ++n) here += std::isinf(term(log_s(t, i, n), log_s(t, j, n)));
        terms += here;
        pairs += here > 0;
      }
    REQUIRE(pairs > 100);
    const Predictions p = predictions(t);
    const Result keep = distances(p, models);
    check_shape(keep.d, models);
    CHECK(worst(t, keep.d) == 0.0);
    CHECK(keep.d[1] == 0.0);
    CHECK(keep.report.infinite_terms == terms);
    CHECK(keep.report.infinite_pairs == pairs);
    const Result cap = distances(p, models, [](auto& o) { o.infinity = LIGHTCONE_INFINITY_CAP; });
    for (int64_t j = 0; j < models; ++j)
      CHECK(cap.d[static_cast<size_t>(5 * models + j)] ==
            doctest::Approx(distance(t, 5, j, 0, 1, 100)).epsilon(kBound));
    CHECK(cap.report.infinite_terms == terms);
  }
}

TEST_CASE("logits of size 200, and far beyond float64") {
  for (const double size : {60.0, 200.0, 3000.0}) {
    const Table t = random_logits(33, 64, 10, 0, size, 17);
    const Result r = distances(predictions(t), t.models);
    CAPTURE(size);
    CHECK(worst(t, r.d) <= kBound);
    CHECK(r.report.infinite_terms == 0);
    if (size >= 200) CHECK(r.report.flagged_pairs > 0);
  }
}

TEST_CASE("a confident model against truth: finite although one side's float64 product underflows") {
  for (const double logit : {-700.0, -1200.0, -1400.0, -2000.0, -1e6}) {
    Table t = table(2, 1, 2, LIGHTCONE_LOGITS);
    t.x = {0, logit, -kInf, 0};
    const Result r = distances(predictions(t), 2);
    CAPTURE(logit);
    CHECK(std::fabs(r.d[1] / (-logit / 2) - 1) <= kBound);
    CHECK(r.report.infinite_terms == 0);
  }
}

TEST_CASE("mixed: confident, zero, uniform and near rows in one table") {
  Table t = random_logits(50, 131, 10, 3, 0.01, 29);
  for (int64_t m = 0; m < 50; m += 3)
    for (int64_t n = m; n < 131; n += 4)
      for (int64_t c = 0; c < 10; ++c) t.row(m, n)[c] *= m % 2 ? 100 : 0;
  const Result r = distances(predictions(t), t.models);
  CHECK(worst(t, r.d) <= kBound);
  Table p = t;
  p.kind = LIGHTCONE_PROBABILITIES;
  for (int64_t m = 0; m < 50; ++m)
    for (int64_t n = 0; n < 131; ++n) {
      const std::vector<double> l = log_s(t, m, n);
      // As float32 softmax stores them: much underflows to 0.
      for (int64_t c = 0; c < 10; ++c)
        p.row(m, n)[c] = static_cast<float>(std::exp(2 * l[static_cast<size_t>(c)]));
    }
  CHECK(worst(p, distances(predictions(p, LIGHTCONE_FLOAT32), p.models).d) <= kBound);
}

TEST_CASE("truth at the distance of half the cross-entropy") {
  Table t = table(2, 400, 10, LIGHTCONE_LOG_PROBABILITIES);
  const Table logits = random_logits(1, 400, 10, 2, 1, 2);
  double entropy = 0;
  for (int64_t n = 0; n < 400; ++n) {
    const std::vector<double> l = log_s(logits, 0, n);
    for (int64_t c = 0; c < 10; ++c) {
      t.row(0, n)[c] = 2 * l[static_cast<size_t>(c)];
      t.row(1, n)[c] = c == n % 10 ? 0.0 : -kInf;
    }
    entropy -= t.row(0, n)[n % 10] / 400;
  }
  const Result r = distances(predictions(t), 2);
  CHECK(std::fabs(r.d[1] / (entropy / 2) - 1) <= kBound);
}

TEST_CASE("the bits do not depend on the threads, and the bound not on the chunks") {
  const Table t = random_logits(150, 333, 7, 1, 0.1, 13);
  const Predictions p = predictions(t);
  const Result one = distances(p, t.models, [](auto& o) { o.threads = 1; });
  const Result three = distances(p, t.models, [](auto& o) { o.threads = 3; });
  CHECK(one.d == three.d);
  const Result small = distances(p, t.models, [](auto& o) { o.panel_bytes = 1; });
  CHECK(worst(t, small.d, 300) <= kBound);
  const Result middle = distances(p, t.models, [](auto& o) { o.panel_bytes = 100 * 192 * 7 * 4; });
  CHECK(worst(t, middle.d, 300) <= kBound);
}

TEST_CASE("packed tiles hold the dense matrix, and a band's bits are the whole's") {
  const int64_t models = 3 * LIGHTCONE_TILE + 5, blocks = 4, T = LIGHTCONE_TILE;
  const Table t = random_logits(models, 90, 5, 2, 0.02, 23);  // near pairs too
  const Predictions p = predictions(t);
  const auto tiles = [&](int64_t begin, int64_t end, int64_t count, lightcone_distances_report* report) {
    std::vector<float> out(static_cast<size_t>(count * T * T), NAN);
    lightcone_distances_options options;
    lightcone_distances_options_init(&options);
    options.layout = LIGHTCONE_LAYOUT_TILES;
    options.row_begin = begin;
    options.row_end = end;
    options.threads = 2;
    options.panel_bytes = 1 << 17;  // several chunks
    lightcone_distances_report_init(report);
    REQUIRE(lightcone_distances(p.handle.get(), &options, nullptr, out.data(), report) == LIGHTCONE_OK);
    int64_t bytes = 0;
    REQUIRE(lightcone_distances_memory(models, 90, 5, &options, &bytes) == LIGHTCONE_OK);
    CHECK(report->working_bytes == bytes);
    return out;
  };
  lightcone_distances_report report;
  const std::vector<float> whole = tiles(0, -1, 10, &report);
  CHECK(report.near_pairs > 0);
  const Result dense = distances(p, models, [](auto& o) { o.panel_bytes = 1 << 17; });
  for (int64_t i = 0, k = 0; i < blocks; ++i)
    for (int64_t j = i; j < blocks; ++j, ++k)
      for (int64_t r = 0; r < T; ++r)
        for (int64_t c = 0; c < T; ++c) {
          const int64_t u = i * T + r, v = j * T + c;
          const float wanted =
              u < models && v < models ? static_cast<float>(dense.d[static_cast<size_t>(u * models + v)]) : 0.0f;
          if (whole[static_cast<size_t>((k * T + r) * T + c)] != wanted) FAIL("tile ", k, ", ", r, ", ", c);
        }
  std::vector<float> bands = tiles(0, T, 4, &report);
  int64_t pairs = report.pairs;
  for (const auto& [begin, end, count] : {std::tuple<int64_t, int64_t, int64_t>{T, 3 * T, 5}, {3 * T, models, 1}}) {
    const std::vector<float> band = tiles(begin, end, count, &report);
    pairs += report.pairs;
    bands.insert(bands.end(), band.begin(), band.end());
  }
  CHECK(pairs == models * (models - 1) / 2);
  CHECK(bands == whole);
}

TEST_CASE("subsets of the samples") {
  const Table t = random_logits(9, 101, 4, 1, 1, 31);
  const Predictions p = predictions(t);
  const Result r = distances(p, t.models, [](auto& o) { o.sample_begin = 5, o.sample_step = 7; });
  CHECK(r.report.samples == 14);
  const Result single = distances(p, t.models, [](auto& o) { o.sample_step = INT64_MAX; });
  CHECK(single.report.samples == 1);
  CHECK(std::fabs(single.d[1] / term(log_s(t, 0, 0), log_s(t, 1, 0)) - 1) <= kBound);
  for (int64_t j = 1; j < 9; ++j)
    CHECK(std::fabs(r.d[static_cast<size_t>(j)] / distance(t, 0, j, 5, 7) - 1) <= kBound);
}

TEST_CASE("the float32 result is the float64 one, rounded") {
  const Table t = random_logits(20, 50, 4, 1, 1, 31);
  const Predictions p = predictions(t);
  const Result wide = distances(p, t.models);
  std::vector<float> d(400);
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  REQUIRE(lightcone_distances(p.handle.get(), &options, nullptr, d.data(), nullptr) == LIGHTCONE_OK);
  for (size_t k = 0; k < d.size(); ++k) CHECK(d[k] == static_cast<float>(wide.d[k]));
}
