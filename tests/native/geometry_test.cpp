// SPDX-License-Identifier: Apache-2.0
// Progress (Eq 4) and geodesics (Eq 3): exact values, and a golden-section search as the oracle.
#include "support.h"

using namespace support;

namespace {

std::vector<double> progress(const Table& t, const std::vector<int32_t>& labels, int threads = 2) {
  const Predictions p = predictions(t);
  std::vector<double> out(static_cast<size_t>(t.models), NAN);
  const lightcone_status status = lightcone_progress(p.handle.get(), labels.data(), t.samples, threads,
                                                     nullptr, out.data());
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return out;
}

// (1/N) sum_n arccos <s_n, gamma_n(t)>, as 2 asin of half the chord: arccos itself is good to 1e-8 alone.
double objective(const Table& t, const std::vector<int32_t>& labels, int64_t m, double at) {
  const double classes = static_cast<double>(t.classes);
  const double theta = std::acos(1 / std::sqrt(classes));
  const double x = std::sin((1 - at) * theta) / std::sin(theta), y = std::sin(at * theta) / std::sin(theta);
  double sum = 0;
  for (int64_t n = 0; n < t.samples; ++n) {
    const std::vector<double> s = log_s(t, m, n);
    double chord = 0;
    for (int64_t c = 0; c < t.classes; ++c) {
      const double g = x / std::sqrt(classes) + (c == labels[static_cast<size_t>(n)] ? y : 0.0);
      const double d = std::exp(s[static_cast<size_t>(c)]) - g;
      chord += d * d;
    }
    sum += 2 * std::asin(std::min(1.0, 0.5 * std::sqrt(chord)));
  }
  return sum / static_cast<double>(t.samples);
}

std::vector<int32_t> cyclic_labels(int64_t samples, int64_t classes) {
  std::vector<int32_t> labels(static_cast<size_t>(samples));
  for (int64_t n = 0; n < samples; ++n) labels[static_cast<size_t>(n)] = static_cast<int32_t>(n % classes);
  return labels;
}

// Models gamma(t) for the given t.
Table on_geodesic(int64_t samples, int64_t classes, const std::vector<double>& at) {
  std::vector<double> p(static_cast<size_t>(samples * classes), 1.0 / static_cast<double>(classes));
  std::vector<double> q(p.size(), 0.0);
  for (int64_t n = 0; n < samples; ++n) q[static_cast<size_t>(n * classes + n % classes)] = 1;
  Table t = table(static_cast<int64_t>(at.size()), samples, classes, LIGHTCONE_PROBABILITIES);
  REQUIRE(lightcone_geodesic(p.data(), q.data(), samples, classes, at.data(), t.models, t.x.data()) ==
          LIGHTCONE_OK);
  return t;
}

}  // namespace

TEST_CASE("progress of gamma(t) is t") {
  std::vector<double> at;
  for (int k = 0; k <= 50; ++k) at.push_back(k / 50.0);
  for (const double t : {1e-6, 1e-3, 0.999, 1 - 1e-6}) at.push_back(t);
  for (const int64_t classes : {2, 3, 10, 100})
    for (const int64_t samples : {1, 7, 40}) {
      const std::vector<double> s =
          progress(on_geodesic(samples, classes, at), cyclic_labels(samples, classes));
      for (size_t k = 0; k < at.size(); ++k) {
        CAPTURE(classes);
        CAPTURE(at[k]);
        CHECK(std::fabs(s[k] - at[k]) <= 1e-8);
      }
    }
}

TEST_CASE("a confident model with error share e has progress 1 iff e <= sqrt(C-1) / (1 + sqrt(C-1))") {
  const int64_t samples = 100, classes = 10;
  const std::vector<int32_t> labels = cyclic_labels(samples, classes);
  const auto confident = [&](int64_t wrong) {
    Table t = table(1, samples, classes, LIGHTCONE_PROBABILITIES);
    for (int64_t n = 0; n < samples; ++n) t.row(0, n)[(n + (n < wrong ? 1 : 0)) % classes] = 1;
    return progress(t, labels)[0];
  };
  CHECK(confident(0) == doctest::Approx(1).epsilon(1e-9));
  CHECK(confident(74) == doctest::Approx(1).epsilon(1e-9));
  CHECK(confident(76) == doctest::Approx(0.72446).epsilon(1e-5));
}

TEST_CASE("never worse than a golden-section search") {
  const int64_t samples = 60;
  for (const int64_t classes : {2, 5, 10})
    for (const double size : {0.05, 1.0, 5.0, 80.0}) {
      const Table t = random_logits(8, samples, classes, size, 0.5 * size, 41);
      const std::vector<int32_t> labels = cyclic_labels(samples, classes);
      const std::vector<double> s = progress(t, labels);
      for (int64_t m = 0; m < t.models; ++m) {
        double low = 0, high = 1;
        for (int k = 0; k < 60; ++k) {
          const double ratio = 0.6180339887498949, a = high - ratio * (high - low),
                       b = low + ratio * (high - low);
          (objective(t, labels, m, a) < objective(t, labels, m, b) ? high : low) =
              objective(t, labels, m, a) < objective(t, labels, m, b) ? b : a;
        }
        const double best = std::min({objective(t, labels, m, 0.5 * (low + high)),
                                      objective(t, labels, m, 0), objective(t, labels, m, 1)});
        CAPTURE(classes);
        CAPTURE(size);
        CHECK(s[static_cast<size_t>(m)] >= 0);
        CHECK(s[static_cast<size_t>(m)] <= 1);
        // 60 terms of a few ulp each.
        CHECK(objective(t, labels, m, s[static_cast<size_t>(m)]) <= best + 1e-14);
      }
    }
}

TEST_CASE("a flat minimum gives its middle") {
  // C = 2, confident, half the labels wrong: every t costs the same.
  Table t = table(1, 64, 2, LIGHTCONE_PROBABILITIES);
  for (int64_t n = 0; n < 64; ++n) t.row(0, n)[(n % 2 + (n < 32 ? 1 : 0)) % 2] = 1;
  CHECK(progress(t, cyclic_labels(64, 2))[0] == doctest::Approx(0.5).epsilon(1e-9));
}

TEST_CASE("the bits of progress do not depend on the threads") {
  const Table t = random_logits(20, 50, 10, 1, 1, 43);
  CHECK(progress(t, cyclic_labels(50, 10), 1) == progress(t, cyclic_labels(50, 10), 3));
}

TEST_CASE("labels are checked") {
  const Table t = random_logits(2, 3, 2, 1, 1, 1);
  const Predictions p = predictions(t);
  double out[2];
  const int32_t high[] = {0, 1, 2}, low[] = {0, -1, 1};
  CHECK(lightcone_progress(p.handle.get(), high, 3, 1, nullptr, out) == LIGHTCONE_INVALID_DATA);
  CHECK(std::string(lightcone_last_error()) == "label 2 of sample 2 is out of range: there are classes 0 to 1");
  CHECK(lightcone_progress(p.handle.get(), low, 3, 1, nullptr, out) == LIGHTCONE_INVALID_DATA);
  CHECK(lightcone_progress(p.handle.get(), high, 2, 1, nullptr, out) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_progress(p.handle.get(), nullptr, 3, 1, nullptr, out) == LIGHTCONE_INVALID_ARGUMENT);
}

TEST_CASE("geodesics: ends, constant speed, near and wrong points") {
  const std::vector<double> p = {0.7, 0.2, 0.1}, q = {0.1, 0.1, 0.8}, at = {0, 0.25, 0.5, 1};
  std::vector<double> g(12);
  REQUIRE(lightcone_geodesic(p.data(), q.data(), 1, 3, at.data(), 4, g.data()) == LIGHTCONE_OK);
  const auto angle = [](const double* a, const double* b) {
    double dot = 0;
    for (int c = 0; c < 3; ++c) dot += std::sqrt(a[c] * b[c]);
    return std::acos(dot);
  };
  for (int c = 0; c < 3; ++c) {
    CHECK(g[static_cast<size_t>(c)] == doctest::Approx(p[static_cast<size_t>(c)]).epsilon(1e-14));
    CHECK(g[static_cast<size_t>(9 + c)] == doctest::Approx(q[static_cast<size_t>(c)]).epsilon(1e-14));
  }
  const double whole = angle(p.data(), q.data());
  for (size_t k = 1; k < 3; ++k) {
    const double sum = g[3 * k] + g[3 * k + 1] + g[3 * k + 2];
    CHECK(sum == doctest::Approx(1).epsilon(1e-14));
    CHECK(angle(p.data(), g.data() + 3 * k) == doctest::Approx(at[k] * whole).epsilon(1e-12));
  }
  const std::vector<double> near = {0.7 + 1e-10, 0.2 - 1e-10, 0.1};
  REQUIRE(lightcone_geodesic(p.data(), near.data(), 1, 3, at.data(), 4, g.data()) == LIGHTCONE_OK);
  CHECK(g[9] == doctest::Approx(0.7).epsilon(1e-14));
  const double outside = 1.5, nan = NAN;
  CHECK(lightcone_geodesic(p.data(), q.data(), 1, 3, &outside, 1, g.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_geodesic(p.data(), q.data(), 1, 3, &nan, 1, g.data()) == LIGHTCONE_INVALID_ARGUMENT);
  const std::vector<double> bad = {0.7, 0.7, 0.1};
  CHECK(lightcone_geodesic(bad.data(), q.data(), 1, 3, at.data(), 4, g.data()) == LIGHTCONE_INVALID_DATA);
}
