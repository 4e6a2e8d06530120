// SPDX-License-Identifier: Apache-2.0
// Centroids: closed forms on tiny tables, stationarity and optimality of the two that minimise, zeros, weights.
#include "support.h"

using namespace support;

namespace {

std::vector<double> centroid(const Table& t, int32_t mean, const std::vector<double>& weights = {}, int threads = 2) {
  const Predictions p = predictions(t);
  std::vector<double> q(static_cast<size_t>(t.samples * t.classes), NAN);
  const lightcone_status status = lightcone_centroid(p.handle.get(), mean, weights.empty() ? nullptr : weights.data(),
                                                     threads, nullptr, q.data());
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return q;
}

Table probabilities(int64_t models, int64_t samples, int64_t classes, std::vector<double> x) {
  Table t = table(models, samples, classes, LIGHTCONE_PROBABILITIES);
  t.x = std::move(x);
  return t;
}

std::vector<double> normalised(std::vector<double> q) {
  double sum = 0;
  for (const double v : q) sum += v;
  for (double& v : q) v /= sum;
  return q;
}

void check_near(const std::vector<double>& got, const std::vector<double>& wanted, double tolerance) {
  REQUIRE(got.size() == wanted.size());
  for (size_t k = 0; k < got.size(); ++k)
    if (!(std::fabs(got[k] - wanted[k]) <= tolerance)) FAIL("entry ", k, ": ", got[k], " and not ", wanted[k]);
}

// sum_m w_m d(p_m, q) of one sample.
double objective(const Table& t, int64_t n, const std::vector<double>& w, const std::vector<double>& q, bool jeffreys) {
  double sum = 0;
  for (int64_t m = 0; m < t.models; ++m) {
    const std::vector<double> s = log_s(t, m, n);
    double d = 0, product = 0;
    for (size_t c = 0; c < q.size(); ++c) {
      const double p = std::exp(2 * s[c]);
      if (jeffreys) d += (p - q[c]) * (2 * s[c] - std::log(q[c]));
      product += std::sqrt(p * q[c]);
    }
    sum += w[static_cast<size_t>(m)] * (jeffreys ? d : -std::log(product));
  }
  return sum;
}

}  // namespace

TEST_CASE("centroids of two rows, by hand") {
  const Table t = probabilities(2, 1, 3, {0.7, 0.2, 0.1, 0.1, 0.1, 0.8});
  const auto roots = [](double a, double b) { return std::pow((std::sqrt(a) + std::sqrt(b)) / 2, 2); };
  check_near(centroid(t, LIGHTCONE_MEAN_ARITHMETIC), {0.4, 0.15, 0.45}, 1e-15);
  check_near(centroid(t, LIGHTCONE_MEAN_SQRT_ARITHMETIC),
             normalised({roots(0.7, 0.1), roots(0.2, 0.1), roots(0.1, 0.8)}), 1e-15);
  check_near(centroid(t, LIGHTCONE_MEAN_GEOMETRIC),
             normalised({std::sqrt(0.07), std::sqrt(0.02), std::sqrt(0.08)}), 1e-15);
  check_near(centroid(t, LIGHTCONE_MEAN_HARMONIC),
             normalised({2 / (1 / 0.7 + 1 / 0.1), 2 / (1 / 0.2 + 1 / 0.1), 2 / (1 / 0.1 + 1 / 0.8)}), 1e-15);
}

TEST_CASE("one model, or equal ones, are their own centroid") {
  for (const int64_t models : {1, 3}) {
    Table t = random_logits(1, 5, 4, 3, 0, 3);
    std::vector<double> row;
    for (int64_t n = 0; n < 5; ++n)
      for (const double s : log_s(t, 0, n)) row.push_back(std::exp(2 * s));
    Table many = table(models, 5, 4, LIGHTCONE_LOGITS);
    for (int64_t m = 0; m < models; ++m) std::copy(t.x.begin(), t.x.end(), many.row(m, 0));
    for (int32_t mean = LIGHTCONE_MEAN_ARITHMETIC; mean <= LIGHTCONE_MEAN_JEFFREYS; ++mean) {
      CAPTURE(mean);
      check_near(centroid(many, mean), row, 4e-15);
    }
  }
}

TEST_CASE("bhattacharyya and jeffreys centroids minimise their objectives") {
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (const int64_t classes : {2, 7})
    for (const double spread : {0.1, 1.0, 4.0}) {
      const Table t = random_logits(6, 4, classes, 2, spread, 9);
      const std::vector<double> weights = normalised({1, 2, 0.5, 1, 3, 1});
      for (const bool jeffreys : {false, true}) {
        const std::vector<double> q =
            centroid(t, jeffreys ? LIGHTCONE_MEAN_JEFFREYS : LIGHTCONE_MEAN_BHATTACHARYYA, weights);
        for (int64_t n = 0; n < t.samples; ++n) {
          const std::vector<double> row(q.begin() + n * classes, q.begin() + (n + 1) * classes);
          double sum = 0;
          for (const double v : row) sum += v;
          CHECK(sum == doctest::Approx(1).epsilon(1e-14));
          const double least = objective(t, n, weights, row, jeffreys);
          for (int k = 0; k < 20; ++k) {
            std::vector<double> other = row;
            for (double& v : other) v *= std::exp(1e-3 * normal(random));
            // A step of 1e-3 raises it by 1e-6 times the curvature; rounding is 1e-15.
            CHECK(objective(t, n, weights, normalised(other), jeffreys) > least);
          }
        }
      }
    }
}

TEST_CASE("the jeffreys centroid is stationary: ln(q / g) - a / q is the same for every class") {
  const Table t = random_logits(5, 6, 8, 3, 3, 11);
  const std::vector<double> q = centroid(t, LIGHTCONE_MEAN_JEFFREYS);
  for (int64_t n = 0; n < t.samples; ++n) {
    double low = kInf, high = -kInf;
    for (int64_t c = 0; c < t.classes; ++c) {
      double a = 0, g = 0;
      for (int64_t m = 0; m < t.models; ++m) {
        const double log_p = 2 * log_s(t, m, n)[static_cast<size_t>(c)];
        a += std::exp(log_p) / 5;
        g += log_p / 5;
      }
      const double value = q[static_cast<size_t>(n * t.classes + c)], slope = std::log(value) - g - a / value;
      low = std::min(low, slope);
      high = std::max(high, slope);
    }
    CHECK(high - low <= 1e-11 * std::max(1.0, std::fabs(high)));
  }
}

TEST_CASE("the bhattacharyya centroid is a fixed point, with zeros too") {
  const Table t = probabilities(3, 1, 4, {1, 0, 0, 0, 0, 0.5, 0.5, 0, 0.25, 0.25, 0.5, 0});
  const std::vector<double> q = centroid(t, LIGHTCONE_MEAN_BHATTACHARYYA);
  std::vector<double> next(4, 0.0);
  for (int64_t m = 0; m < 3; ++m) {
    double product = 0;
    for (size_t c = 0; c < 4; ++c) product += std::sqrt(t.row(m, 0)[c] * q[c]);
    for (size_t c = 0; c < 4; ++c) next[c] += std::sqrt(t.row(m, 0)[c] * q[c]) / product / 3;
  }
  check_near(next, q, 1e-14);
  CHECK(q[3] == 0);
}

TEST_CASE("zeros, weights and bad arguments of centroids") {
  const Table t = probabilities(2, 1, 3, {0.5, 0.5, 0, 0, 0.25, 0.75});
  for (const int32_t mean : {LIGHTCONE_MEAN_GEOMETRIC, LIGHTCONE_MEAN_HARMONIC, LIGHTCONE_MEAN_JEFFREYS}) {
    CHECK(centroid(t, mean) == std::vector<double>{0, 1, 0});
    check_near(centroid(t, mean, {0, 2}), {0, 0.25, 0.75}, 1e-15);  // weight 0 takes no part
    check_near(centroid(t, mean, {1e-320, 1e10}), {0, 0.25, 0.75}, 1e-15);  // nor one that is 0 once they sum to 1
  }
  check_near(centroid(t, LIGHTCONE_MEAN_ARITHMETIC, {3, 1}), {0.375, 0.4375, 0.1875}, 1e-15);
  // Integer weights are repetition.
  const Table four = probabilities(4, 1, 3, {0.5, 0.5, 0, 0.5, 0.5, 0, 0.5, 0.5, 0, 0, 0.25, 0.75});
  for (int32_t mean = LIGHTCONE_MEAN_ARITHMETIC; mean <= LIGHTCONE_MEAN_JEFFREYS; ++mean)
    check_near(centroid(t, mean, {3, 1}), centroid(four, mean), 1e-13);
  const Table disjoint = probabilities(2, 2, 2, {0.5, 0.5, 1, 0, 0.5, 0.5, 0, 1});
  const Predictions p = predictions(disjoint);
  double q[4];
  CHECK(lightcone_centroid(p.handle.get(), LIGHTCONE_MEAN_JEFFREYS, nullptr, 1, nullptr, q) == LIGHTCONE_INVALID_DATA);
  CHECK(std::string(lightcone_last_error()).find("sample 1 has no such centroid") == 0);
  CHECK(lightcone_centroid(p.handle.get(), 7, nullptr, 1, nullptr, q) == LIGHTCONE_INVALID_ARGUMENT);
  const double none[] = {0, 0}, negative[] = {1, -1}, nan[] = {NAN, 1};
  for (const double* w : {none, negative, nan})
    CHECK(lightcone_centroid(p.handle.get(), LIGHTCONE_MEAN_ARITHMETIC, w, 1, nullptr, q) == LIGHTCONE_INVALID_DATA);
  // Probabilities that float64 cannot hold: logits 2,000 apart.
  Table deep = table(2, 1, 2, LIGHTCONE_LOGITS);
  deep.x = {0, -2000, -2000, 0};
  for (int32_t mean = LIGHTCONE_MEAN_ARITHMETIC; mean <= LIGHTCONE_MEAN_JEFFREYS; ++mean)
    check_near(centroid(deep, mean), {0.5, 0.5}, 1e-12);
}

TEST_CASE("the bits of centroids do not depend on the threads") {
  const Table t = random_logits(7, 3000, 9, 1, 1, 21);
  for (const int32_t mean : {LIGHTCONE_MEAN_SQRT_ARITHMETIC, LIGHTCONE_MEAN_HARMONIC, LIGHTCONE_MEAN_BHATTACHARYYA})
    CHECK(centroid(t, mean, {}, 1) == centroid(t, mean, {}, 3));
}
