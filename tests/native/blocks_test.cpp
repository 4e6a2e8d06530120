// SPDX-License-Identifier: Apache-2.0
// Standard errors over blocks of samples and bootstrap replicates, against the same computed block by block.
#include "metrics.h"

using namespace support;

namespace {

constexpr int32_t kAll[] = {LIGHTCONE_METRIC_BHATTACHARYYA, LIGHTCONE_METRIC_HELLINGER,
                            LIGHTCONE_METRIC_HELLINGER_PRODUCT, LIGHTCONE_METRIC_JEFFREYS,
                            LIGHTCONE_METRIC_GEODESIC, LIGHTCONE_METRIC_GEODESIC_L2,
                            LIGHTCONE_METRIC_EUCLIDEAN, LIGHTCONE_METRIC_JENSEN_SHANNON,
                            LIGHTCONE_METRIC_DISAGREEMENT};

uint64_t splitmix64(uint64_t x) {
  uint64_t z = (x + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace

TEST_CASE("standard errors and replicates are those of the block means, redone pairs included") {
  const int64_t models = 24, samples = 53, classes = 4, blocks = 7, replicates = 3, seed = 12345;
  const Table t = hostile(models, samples, classes, LIGHTCONE_LOGITS, 61);
  const Predictions p = predictions(t);
  const Rows rows(t);
  const size_t cells = static_cast<size_t>(models * models);
  for (const int32_t metric : kAll) {
    lightcone_distances_options options;
    lightcone_distances_options_init(&options);
    options.metric = metric;
    options.out_dtype = LIGHTCONE_FLOAT64;
    options.threads = 2;
    options.sample_blocks = blocks;
    options.replicates = replicates;
    options.seed = seed;
    options.panel_bytes = 1 << 14;  // several chunks in a block
    std::vector<double> d(cells, NAN), errors(cells, NAN), boot(cells * replicates, NAN);
    lightcone_distances_report report;
    lightcone_distances_report_init(&report);
    REQUIRE(lightcone_distances_errors(p.handle.get(), &options, nullptr, d.data(), errors.data(), boot.data(),
                                       &report) == LIGHTCONE_OK);
    int64_t bytes = 0;
    REQUIRE(lightcone_distances_memory(models, samples, classes, &options, &bytes) == LIGHTCONE_OK);
    CHECK(bytes == report.working_bytes);
    CAPTURE(metric);
    const auto begin = [&](int64_t b) { return b * samples / blocks; };
    for (int64_t i = 0; i < models; ++i) {
      CHECK(errors[static_cast<size_t>(i * models + i)] == 0);
      for (int64_t j = i + 1; j < models; ++j) {
        const size_t cell = static_cast<size_t>(i * models + j);
        const long double mean = metric_mean(metric, rows, i, rows, j, 0, samples);
        long double spread = 0;
        std::vector<long double> means;
        for (int64_t b = 0; b < blocks; ++b) {
          means.push_back(metric_mean(metric, rows, i, rows, j, begin(b), begin(b + 1)));
          const long double off = means.back() - mean;
          spread += static_cast<long double>(begin(b + 1) - begin(b)) * off * off;
        }
        const long double n = samples;
        long double slope = 1;
        if (metric == LIGHTCONE_METRIC_HELLINGER_PRODUCT) slope = n * std::exp(-n * mean);
        if (metric == LIGHTCONE_METRIC_GEODESIC_L2) slope = mean > 0 ? 0.5L / std::sqrt(mean) : 0;
        const double wanted = std::isinf(mean) ? (slope == 0 ? 0.0 : kInf)
                                               : static_cast<double>(slope * std::sqrt(spread / (n * (blocks - 1))));
        // Each block mean is good to the contract of a distance.
        const double scale = std::isinf(mean) ? 1 : static_cast<double>(slope * mean);
        if (!(errors[cell] == wanted || std::fabs(errors[cell] - wanted) <= 2e-5 * (scale + wanted) + 1e-15))
          FAIL("metric ", metric, ", error of ", i, ", ", j, ": ", errors[cell], " for ", wanted);
        CHECK(errors[static_cast<size_t>(j * models + i)] == errors[cell]);
        for (int64_t r = 0; r < replicates; ++r) {
          long double sum = 0, drawn = 0;
          for (int64_t k = 0; k < blocks; ++k) {
            const uint64_t word = splitmix64(static_cast<uint64_t>(seed + r * blocks + k));
            const int64_t b = static_cast<int64_t>(static_cast<unsigned __int128>(word) * blocks >> 64);
            sum += means[static_cast<size_t>(b)] * static_cast<long double>(begin(b + 1) - begin(b));
            drawn += static_cast<long double>(begin(b + 1) - begin(b));
          }
          const double replicate = static_cast<double>(metric_finish(metric, sum / drawn, samples));
          const double got = boot[static_cast<size_t>(r) * cells + cell];
          if (!(got == replicate || std::fabs(got - replicate) <= 2e-5 * replicate + 1e-15))
            FAIL("metric ", metric, ", replicate ", r, " of ", i, ", ", j, ": ", got, " for ", replicate);
        }
      }
    }
  }
}

TEST_CASE("equal blocks have no spread, and blocks do not change the distance beyond its bound") {
  // 4 blocks of the same 10 samples.
  Table t = random_logits(5, 40, 3, 1, 1, 4);
  for (int64_t m = 0; m < 5; ++m)
    for (int64_t n = 10; n < 40; ++n) std::copy_n(t.row(m, n % 10), 3, t.row(m, n));
  const Predictions p = predictions(t);
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.metric = LIGHTCONE_METRIC_JENSEN_SHANNON;  // without panels that differ from sample to sample
  options.sample_blocks = 4;
  std::vector<float> d(25), errors(25), plain(25);
  REQUIRE(lightcone_distances_errors(p.handle.get(), &options, nullptr, d.data(), errors.data(), nullptr, nullptr) ==
          LIGHTCONE_OK);
  for (const float e : errors) CHECK(e <= 1e-15f);
  options.sample_blocks = 0;
  REQUIRE(lightcone_distances(p.handle.get(), &options, nullptr, plain.data(), nullptr) == LIGHTCONE_OK);
  for (size_t k = 0; k < 25; ++k) CHECK(d[k] == doctest::Approx(plain[k]).epsilon(1e-6));
}
