// SPDX-License-Identifier: Apache-2.0
// The contract of lightcone.h for every metric and precision, as stated there, against the definitions in extended
// precision.
#include <array>
#include <cstdio>
#include <cstdlib>

#include "metrics.h"

using namespace support;

namespace {

constexpr double kU = 0x1p-53;

struct Contract {
  int32_t metric;
  const char* name;
  double (*fast)(double d, double samples, double classes);  // largest |d' - d|
};

double near_below(double samples, double classes) { return 0.15 * std::sqrt(std::max(1.0, classes / 10) / samples); }

double many(double classes) { return std::max(1.0, classes / 50); }
double fast_bhattacharyya(double d, double n, double c) {
  const double below = near_below(n, c);
  return d < below ? 1e-5 * below : 2e-6 * d;
}
double fast_product(double d, double n, double c) {
  const double mean = d < 1 ? -std::log1p(-d) / n : kInf, below = near_below(n, c);
  return mean < below ? n * 1e-5 * below : 2e-6 * d;
}
double fast_hellinger(double, double, double c) { return 1e-6 * many(c); }
double fast_euclidean(double, double, double c) { return 2e-6 * many(c); }
double fast_jeffreys(double d, double, double c) { return 4e-6 * many(c) * (2 * std::log(c) + d); }
double fast_geodesic(double d, double, double c) { return 2e-7 + 2e-6 * many(c) * d; }
double fast_none(double d, double, double) { return 2e-6 * d; }

const std::array<Contract, 9> kContracts = {{
    {LIGHTCONE_METRIC_BHATTACHARYYA, "bhattacharyya", fast_bhattacharyya},
    {LIGHTCONE_METRIC_HELLINGER, "hellinger", fast_hellinger},
    {LIGHTCONE_METRIC_HELLINGER_PRODUCT, "hellinger-product", fast_product},
    {LIGHTCONE_METRIC_JEFFREYS, "jeffreys", fast_jeffreys},
    {LIGHTCONE_METRIC_GEODESIC, "geodesic", fast_geodesic},
    {LIGHTCONE_METRIC_GEODESIC_L2, "geodesic-l2", fast_geodesic},
    {LIGHTCONE_METRIC_EUCLIDEAN, "euclidean", fast_euclidean},
    {LIGHTCONE_METRIC_JENSEN_SHANNON, "jensen-shannon", fast_none},
    {LIGHTCONE_METRIC_DISAGREEMENT, "disagreement", fast_none},
}};

double exact_bound(double d) { return d >= 1e-12 ? 2e-6 * d : 2e-18 + 4 * kU * std::sqrt(d); }

lightcone_distances_options options_of(int32_t metric, int32_t precision) {
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.metric = metric;
  options.precision = precision;
  options.out_dtype = LIGHTCONE_FLOAT64;
  options.threads = 2;
  return options;
}

std::vector<double> measure(const Predictions& p, int64_t models, const lightcone_distances_options& options,
                            lightcone_distances_report* report = nullptr) {
  std::vector<double> d(static_cast<size_t>(models * models), NAN);
  if (report != nullptr) lightcone_distances_report_init(report);
  const lightcone_status status = lightcone_distances(p.handle.get(), &options, nullptr, d.data(), report);
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  for (int64_t i = 0; i < models; ++i) {
    if (d[static_cast<size_t>(i * models + i)] != 0) FAIL("diagonal ", i);
    for (int64_t j = 0; j < i; ++j) {
      const double a = d[static_cast<size_t>(i * models + j)], b = d[static_cast<size_t>(j * models + i)];
      if (!(a == b && a >= 0)) FAIL("entry ", i, ", ", j, ": ", a, " and ", b);
    }
  }
  return d;
}

// Largest error as a share of the bound, over about `limit` pairs. With LIGHTCONE_CONTRACT_TABLE set it is printed.
double worst_share(const Contract& contract, bool fast, const Rows& rows, int64_t models, int64_t classes,
                   const std::vector<double>& d, int64_t limit) {
  double worst = 0, relative = 0, absolute = 0;
  const int64_t pairs = models * (models - 1) / 2, stride = std::max<int64_t>(1, pairs / limit);
  int64_t k = 0;
  for (int64_t i = 0; i < models; ++i)
    for (int64_t j = i + 1; j < models; ++j, ++k) {
      if (k % stride != 0) continue;
      const double exact = static_cast<double>(metric_distance(contract.metric, rows, i, rows, j));
      const double got = d[static_cast<size_t>(i * models + j)];
      if (std::isinf(exact)) {
        if (!std::isinf(got)) return kInf;
        continue;
      }
      const double error = std::fabs(got - exact);
      const double bound = fast ? std::max(contract.fast(exact, static_cast<double>(rows.samples),
                                                         static_cast<double>(classes)),
                                           exact_bound(exact))
                                : exact_bound(exact);
      const double share = error / bound;
      if (!(share <= worst)) worst = share;
      absolute = std::max(absolute, error);
      if (exact >= 1e-12) relative = std::max(relative, error / exact);
    }
  if (std::getenv("LIGHTCONE_CONTRACT_TABLE") != nullptr)
    std::printf("%-18s %-5s C %4d N %5d: share of the bound %.3g, relative %.3g, absolute %.3g\n", contract.name,
                fast ? "fast" : "exact", static_cast<int>(classes), static_cast<int>(rows.samples), worst, relative,
                absolute);
  return worst;
}

}  // namespace

TEST_CASE("every metric holds its contract on hostile models, in exact and fast") {
  struct Size {
    int64_t models, samples, classes;
    int32_t kind;
  };
  for (const Size& s : {Size{109, 9, 2, LIGHTCONE_LOGITS}, Size{26, 70, 3, LIGHTCONE_PROBABILITIES},
                        Size{97, 20, 10, LIGHTCONE_LOGITS}, Size{25, 23, 100, LIGHTCONE_LOG_PROBABILITIES},
                        Size{13, 17, 257, LIGHTCONE_LOGITS}, Size{24, 5, 1000, LIGHTCONE_PROBABILITIES}}) {
    const Table t = hostile(s.models, s.samples, s.classes, s.kind, 41);
    const Predictions p = predictions(t);
    const Rows rows(t);
    for (const Contract& contract : kContracts)
      for (const bool fast : {false, true}) {
        const auto options =
            options_of(contract.metric, fast ? LIGHTCONE_PRECISION_FAST : LIGHTCONE_PRECISION_EXACT);
        INFO(contract.name);
        CAPTURE(fast);
        CAPTURE(s.classes);
        CHECK(worst_share(contract, fast, rows, s.models, s.classes, measure(p, s.models, options), 130) <= 1);
      }
  }
}

TEST_CASE("every metric holds its contract from far to d = 1e-12") {
  for (const double spread : {8.0, 0.5, 2e-2, 1e-3, 3e-5, 2e-6}) {
    Table t = random_logits(10, 300, 10, 2, 0, 5);
    std::mt19937_64 random(9);
    std::normal_distribution<double> normal;
    for (double& v : t.x) v += spread * normal(random);
    const Predictions p = predictions(t);
    const Rows rows(t);
    for (const Contract& contract : kContracts)
      for (const bool fast : {false, true}) {
        const auto options =
            options_of(contract.metric, fast ? LIGHTCONE_PRECISION_FAST : LIGHTCONE_PRECISION_EXACT);
        INFO(contract.name);
        CAPTURE(fast);
        CAPTURE(spread);
        CHECK(worst_share(contract, fast, rows, 10, 10, measure(p, 10, options), 45) <= 1);
      }
  }
}

TEST_CASE("identical models are exactly 0 apart by every metric, whatever they are") {
  Table t = hostile(24, 33, 10, LIGHTCONE_LOGITS, 8);
  for (int64_t m = 0; m < 12; ++m) std::copy_n(t.row(m, 0), 33 * 10, t.row(m + 12, 0));
  const Predictions p = predictions(t);
  for (const Contract& contract : kContracts) {
    const std::vector<double> d = measure(p, 24, options_of(contract.metric, LIGHTCONE_PRECISION_EXACT));
    INFO(contract.name);
    for (int64_t m = 0; m < 12; ++m) CHECK(d[static_cast<size_t>(m * 24 + m + 12)] == 0.0);
  }
}

TEST_CASE("jeffreys counts and caps its one-sided zeros, the bounded metrics have none") {
  const Table t = hostile(36, 21, 5, LIGHTCONE_LOGITS, 19);
  const Predictions p = predictions(t);
  const Rows rows(t);
  for (const int32_t metric : {LIGHTCONE_METRIC_BHATTACHARYYA, LIGHTCONE_METRIC_JEFFREYS}) {
    int64_t terms = 0, pairs = 0;
    for (int64_t i = 0; i < 36; ++i)
      for (int64_t j = i + 1; j < 36; ++j) {
        int64_t here = 0;
        for (int64_t n = 0; n < 21; ++n) here += std::isinf(metric_term(metric, rows.at(i, n), rows.at(j, n)));
        terms += here;
        pairs += here > 0;
      }
    REQUIRE(pairs > 10);
    for (const int32_t precision : {LIGHTCONE_PRECISION_EXACT, LIGHTCONE_PRECISION_FAST}) {
      auto options = options_of(metric, precision);
      options.infinity = LIGHTCONE_INFINITY_CAP;
      options.infinity_cap = 30;
      lightcone_distances_report report;
      const std::vector<double> d = measure(p, 36, options, &report);
      CHECK(report.infinite_terms == terms);
      CHECK(report.infinite_pairs == pairs);
      for (int64_t j = 0; j < 36; ++j)
        for (const int64_t i : {7, 8, 19})
          if (i != j) {
            const double exact = static_cast<double>(metric_distance(metric, rows, i, rows, j, 30));
            // In fast, to the fast bound at these sizes.
            CHECK(std::fabs(d[static_cast<size_t>(i * 36 + j)] - exact) <= 2e-6 * (1 + exact));
          }
    }
  }
  for (const Contract& contract : kContracts) {
    if (contract.metric == LIGHTCONE_METRIC_BHATTACHARYYA || contract.metric == LIGHTCONE_METRIC_JEFFREYS) continue;
    const std::vector<double> d = measure(p, 36, options_of(contract.metric, LIGHTCONE_PRECISION_EXACT));
    for (const double x : d) CHECK(x <= 2 * (1 + kU));
  }
}

TEST_CASE("disagreement: the lowest class wins a tie, labels beyond one byte, counts beyond a lane") {
  // 40,000 samples: more than 255 vectors of one-byte lanes hold.
  for (const int64_t classes : {2, 256, 300}) {
    const int64_t samples = classes == 2 ? 40000 : 70;
    Table t = table(3, samples, classes, LIGHTCONE_LOGITS);
    for (int64_t n = 0; n < samples; ++n) {
      // Model 0 is ignorant: label 0. Model 1: the last class. Model 2: a tie of classes 0 and the last, or the last.
      t.row(1, n)[classes - 1] = 1;
      t.row(2, n)[classes - 1] = 1;
      if (n % 3 == 0) t.row(2, n)[0] = 1;
    }
    const Predictions p = predictions(t);
    const auto options = options_of(LIGHTCONE_METRIC_DISAGREEMENT, LIGHTCONE_PRECISION_EXACT);
    const std::vector<double> d = measure(p, 3, options);
    const double ties = static_cast<double>((samples + 2) / 3), n = static_cast<double>(samples);
    CHECK(d[1] == 1.0);
    CHECK(d[2] == (n - ties) / n);
    CHECK(d[5] == ties / n);
  }
}

TEST_CASE("compat: the paper's rules, bhattacharyya alone") {
  Table t = hostile(24, 41, 10, LIGHTCONE_LOGITS, 3);
  const Predictions p = predictions(t);
  const Rows rows(t);
  auto options = options_of(LIGHTCONE_METRIC_BHATTACHARYYA, LIGHTCONE_PRECISION_COMPAT);
  lightcone_distances_report report;
  const std::vector<double> d = measure(p, 24, options, &report);
  CHECK(report.infinite_terms > 0);
  for (int64_t i = 0; i < 24; ++i)
    for (int64_t j = i + 1; j < 24; ++j) {
      const double exact =
          static_cast<double>(metric_distance(LIGHTCONE_METRIC_BHATTACHARYYA, rows, i, rows, j, 100));
      if (!(std::fabs(d[static_cast<size_t>(i * 24 + j)] - exact) <= 4 * 10 * kU + 2e-15 * exact))
        FAIL("pair ", i, ", ", j, ": ", d[static_cast<size_t>(i * 24 + j)], " for ", exact);
    }
  std::vector<double> out(24 * 24);
  for (const double cap : {std::nan(""), -1.0, kInf}) {
    options.infinity_cap = cap;
    CHECK(lightcone_distances(p.handle.get(), &options, nullptr, out.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  }
  options.infinity_cap = 100;
  options.metric = LIGHTCONE_METRIC_JEFFREYS;
  CHECK(lightcone_distances(p.handle.get(), &options, nullptr, out.data(), nullptr) == LIGHTCONE_UNSUPPORTED);
  CHECK(std::string(lightcone_last_error()).find("jeffreys") != std::string::npos);
}

TEST_CASE("threads do not change the bits of any metric, nor chunks its contract") {
  const Table t = hostile(110, 37, 4, LIGHTCONE_LOGITS, 77);
  const Predictions p = predictions(t);
  const Rows rows(t);
  for (const Contract& contract : kContracts) {
    auto options = options_of(contract.metric, LIGHTCONE_PRECISION_EXACT);
    options.threads = 1;
    const std::vector<double> one = measure(p, 110, options);
    options.threads = 3;
    CHECK(one == measure(p, 110, options));
    options.panel_bytes = 1;
    INFO(contract.name);
    CHECK(worst_share(contract, false, rows, 110, 4, measure(p, 110, options), 100) <= 1);
  }
}

TEST_CASE("distances of one table against another are those of both together") {
  const int64_t q = 99, m = 25, samples = 31, classes = 6;
  const Table t = hostile(q + m, samples, classes, LIGHTCONE_LOGITS, 55);
  Table rows = table(q, samples, classes, LIGHTCONE_LOGITS), columns = table(m, samples, classes, LIGHTCONE_LOGITS);
  rows.x.assign(t.x.begin(), t.x.begin() + q * samples * classes);
  columns.x.assign(t.x.begin() + q * samples * classes, t.x.end());
  const Predictions a = predictions(rows), b = predictions(columns), all = predictions(t);
  const Rows u(rows), v(columns);
  for (const Contract& contract : kContracts) {
    const auto options = options_of(contract.metric, LIGHTCONE_PRECISION_EXACT);
    std::vector<double> d(static_cast<size_t>(q * m), NAN);
    lightcone_distances_report report;
    lightcone_distances_report_init(&report);
    REQUIRE(lightcone_distances_against(a.handle.get(), b.handle.get(), &options, nullptr, d.data(), nullptr,
                                        &report) == LIGHTCONE_OK);
    CHECK(report.pairs == q * m);
    int64_t bytes = 0;
    REQUIRE(lightcone_distances_against_memory(q, m, samples, classes, &options, &bytes) == LIGHTCONE_OK);
    CHECK(bytes == report.working_bytes);
    INFO(contract.name);
    for (int64_t i = 0; i < q; i += 5)
      for (int64_t j = 0; j < m; ++j) {
        const double exact = static_cast<double>(metric_distance(contract.metric, u, i, v, j));
        const double got = d[static_cast<size_t>(i * m + j)];
        if (!(got == exact || std::fabs(got - exact) <= exact_bound(exact)))
          FAIL("entry ", i, ", ", j, ": ", got, " for ", exact);
      }
  }
  // A table against itself is a full square.
  std::vector<double> d(static_cast<size_t>(m * m), NAN);
  const auto options = options_of(LIGHTCONE_METRIC_BHATTACHARYYA, LIGHTCONE_PRECISION_EXACT);
  REQUIRE(lightcone_distances_against(b.handle.get(), b.handle.get(), &options, nullptr, d.data(), nullptr, nullptr) ==
          LIGHTCONE_OK);
  CHECK(worst_share(kContracts[0], false, v, m, classes, d, 400) <= 1);
  for (int64_t i = 0; i < m; ++i) CHECK(d[static_cast<size_t>(i * m + i)] == 0);
}

TEST_CASE("46,341 and 65,536 models: the indices of bands beyond 32 bits") {
  const int64_t T = LIGHTCONE_TILE, samples = 2, classes = 2;
  for (const int64_t models : {46341, 65536}) {
    // One row repeated with a step: model m at sample n leans by its own amount, so that entries tell indices apart.
    Table t = table(models, samples, classes, LIGHTCONE_LOGITS);
    for (int64_t m = 0; m < models; ++m)
      for (int64_t n = 0; n < samples; ++n) t.row(m, n)[0] = 4e-5 * static_cast<double>(m * (n + 1));
    const Predictions p = predictions(t);
    const int64_t blocks = (models + T - 1) / T;
    for (const int32_t metric : {LIGHTCONE_METRIC_BHATTACHARYYA, LIGHTCONE_METRIC_EUCLIDEAN})
      for (const int64_t block : {int64_t{0}, blocks / 2, blocks - 1}) {
        auto options = options_of(metric, LIGHTCONE_PRECISION_FAST);
        options.out_dtype = LIGHTCONE_FLOAT32;
        options.layout = LIGHTCONE_LAYOUT_TILES;
        options.row_begin = block * T;
        options.row_end = std::min(models, (block + 1) * T);
        std::vector<float> out(static_cast<size_t>((blocks - block) * T * T), NAN);
        REQUIRE(lightcone_distances(p.handle.get(), &options, nullptr, out.data(), nullptr) == LIGHTCONE_OK);
        for (int64_t k = 0; k < 40; ++k) {
          const int64_t i = options.row_begin + k * 7 % (options.row_end - options.row_begin);
          const int64_t j = std::min(models - 1, options.row_begin + k * (models - options.row_begin) / 39);
          const int64_t tile = j / T - block;
          const float got = out[static_cast<size_t>((tile * T + i % T) * T + j % T)];
          long double sum = 0;
          for (int64_t n = 0; n < samples; ++n) sum += metric_term(metric, log_row(t, i, n), log_row(t, j, n));
          const double exact = i == j ? 0 : static_cast<double>(sum / samples);
          // fast: 2e-6, and for bhattacharyya 1e-5 of its threshold, 0.11 here.
          if (!(std::fabs(got - exact) <= 2e-6 * (1 + exact))) FAIL("entry ", i, ", ", j, ": ", got, " for ", exact);
        }
      }
    auto whole = options_of(LIGHTCONE_METRIC_BHATTACHARYYA, LIGHTCONE_PRECISION_EXACT);
    int64_t bytes = 0;
    REQUIRE(lightcone_distances_memory(models, samples, classes, &whole, &bytes) == LIGHTCONE_OK);
    CHECK(bytes >= 4 * models * models);
    if (models == 65536) CHECK(bytes <= 5 * models * models);
  }
}

TEST_CASE("errors and distances against another table refuse what cannot be") {
  const Table t = random_logits(3, 8, 3, 1, 1, 2), fewer = random_logits(2, 7, 3, 1, 1, 2);
  const Predictions p = predictions(t), other = predictions(fewer);
  std::vector<double> d(9), e(9), r(9);
  const auto errors = [&](void (*spoil)(lightcone_distances_options&), void* std_errors, void* replicates) {
    auto options = options_of(LIGHTCONE_METRIC_HELLINGER, LIGHTCONE_PRECISION_EXACT);
    options.sample_blocks = 4;
    spoil(options);
    const auto status = lightcone_distances_errors(p.handle.get(), &options, nullptr, d.data(), std_errors, replicates,
                                                   nullptr);
    if (status != LIGHTCONE_OK) CHECK(std::string(lightcone_last_error()).size() > 10);
    return status;
  };
  CHECK(errors([](auto&) {}, e.data(), nullptr) == LIGHTCONE_OK);
  CHECK(errors([](auto&) {}, nullptr, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto&) {}, reinterpret_cast<char*>(e.data()) + 1, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.sample_blocks = 0; }, e.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.sample_blocks = 1; }, e.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.sample_blocks = 9; }, e.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.sample_blocks = INT64_MIN; }, e.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.replicates = 1; }, e.data(), r.data()) == LIGHTCONE_OK);
  CHECK(errors([](auto& o) { o.replicates = 1; }, e.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.replicates = -1; }, e.data(), r.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.replicates = INT64_MAX; }, e.data(), r.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.precision = 3; }, e.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(errors([](auto& o) { o.metric = 0; }, e.data(), nullptr) == LIGHTCONE_UNSUPPORTED);
  // Planned bytes beyond 63 bits are refused, and those of the draws are planned.
  auto large = options_of(LIGHTCONE_METRIC_HELLINGER, LIGHTCONE_PRECISION_EXACT);
  int64_t bytes = 0, more = 0;
  large.sample_blocks = 2;
  large.replicates = 1 << 20;
  CHECK(lightcone_distances_memory(4000000, 10, 10, &large, &bytes) == LIGHTCONE_INVALID_ARGUMENT);
  large.sample_blocks = int64_t{1} << 44;
  CHECK(lightcone_distances_memory(1, int64_t{1} << 50, 2, &large, &bytes) == LIGHTCONE_INVALID_ARGUMENT);
  large.replicates = 1000;
  large.sample_blocks = 1000;
  REQUIRE(lightcone_distances_memory(3, 5000, 10, &large, &bytes) == LIGHTCONE_OK);
  large.sample_blocks = 5000;
  REQUIRE(lightcone_distances_memory(3, 5000, 10, &large, &more) == LIGHTCONE_OK);
  CHECK(more - bytes > 12000000);
  // Labels have two bytes, which a plan says before anything is taken.
  large = options_of(LIGHTCONE_METRIC_DISAGREEMENT, LIGHTCONE_PRECISION_EXACT);
  CHECK(lightcone_distances_memory(3, 10, 65536, &large, &bytes) == LIGHTCONE_OK);
  CHECK(lightcone_distances_memory(3, 10, 65537, &large, &bytes) == LIGHTCONE_UNSUPPORTED);
  CHECK(errors([](auto& o) { o.size = 8; }, e.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);

  auto options = options_of(LIGHTCONE_METRIC_HELLINGER, LIGHTCONE_PRECISION_EXACT);
  const auto against = [&](const Predictions& rows, void* out, void* std_errors) {
    return lightcone_distances_against(rows.handle.get(), p.handle.get(), &options, nullptr, out, std_errors, nullptr);
  };
  CHECK(against(other, d.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(std::string(lightcone_last_error()).find("7 and 8 samples") != std::string::npos);
  CHECK(against(p, nullptr, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(against(p, d.data(), e.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_distances_against(nullptr, p.handle.get(), &options, nullptr, d.data(), nullptr, nullptr) ==
        LIGHTCONE_INVALID_ARGUMENT);
  options.layout = LIGHTCONE_LAYOUT_TILES;
  CHECK(against(p, d.data(), nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  options.layout = LIGHTCONE_LAYOUT_DENSE;
  options.sample_blocks = 2;
  CHECK(against(p, d.data(), e.data()) == LIGHTCONE_OK);
}
