// SPDX-License-Identifier: Apache-2.0
// The bound of progress as lightcone.h states it: the result is the exact progress of a table whose rows are turned by
// at most so much. Checked from both sides: turning every row the way that lowers (raises) the slope of the objective
// must make it <= 0 (>= 0) at the result.
#include "support.h"

using namespace support;

namespace {

constexpr double kTurn32 = 5e-7, kTurn64 = 1e-10;

// Turns that the header allows for a table of that type.
double allowed(int32_t dtype, int64_t classes) {
  const double turn = dtype == LIGHTCONE_FLOAT32 ? kTurn32 : kTurn64;
  return turn * std::max(1.0, std::sqrt(static_cast<double>(classes) / 100));
}

std::vector<double> progress(const Predictions& p, const std::vector<int32_t>& labels, int64_t models,
                             int threads = 2) {
  std::vector<double> out(static_cast<size_t>(models), NAN);
  const lightcone_status status = lightcone_progress(p.handle.get(), labels.data(),
                                                     static_cast<int64_t>(labels.size()), threads, nullptr, out.data());
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return out;
}

// A row on the sphere of its plane (ignorance, truth) and the one direction outside: its angle along the geodesic from
// ignorance, and its distance from the geodesic.
struct Place {
  double along, away;
};

Place place(const Table& t, int64_t m, int64_t n, int32_t label) {
  std::vector<double> s = log_s(t, m, n);
  double sum = 0;
  for (double& v : s) sum += v = std::exp(v);
  const double classes = static_cast<double>(t.classes), others = classes - 1;
  const double own = s[static_cast<size_t>(label)];
  double mean = 0, away = 0, rise = 0;
  for (int64_t c = 0; c < t.classes; ++c)
    if (c != label) {
      mean += s[static_cast<size_t>(c)] / others;
      rise += own - s[static_cast<size_t>(c)];
    }
  for (int64_t c = 0; c < t.classes; ++c)
    if (c != label) away += (s[static_cast<size_t>(c)] - mean) * (s[static_cast<size_t>(c)] - mean);
  const double a = sum / std::sqrt(classes), y = rise / (classes * std::sqrt(1 - 1 / classes));
  return {std::atan2(y, a), std::atan2(std::sqrt(away), std::hypot(a, y))};
}

// The least slope at alpha of the angle between gamma and a row within `turn` of the place. The box of half the sides
// 1 / sqrt 2 of the turn lies inside of the turn's circle.
double least_slope(Place p, double alpha, double turn) {
  const double side = turn / std::sqrt(2.0);
  const double x = alpha - p.along - side / std::cos(p.away);
  const double away = std::sin(x) < 0 ? std::max(0.0, p.away - side) : p.away + side;
  if (away == 0) return x <= 0 ? -1 : 1;
  const double height = std::tan(away);
  return std::sin(x) / std::sqrt(std::sin(x) * std::sin(x) + height * height);
}

double largest_slope(Place p, double alpha, double turn) { return -least_slope({-p.along, p.away}, -alpha, turn); }

void check_bound(const Table& t, const std::vector<int32_t>& labels, const std::vector<double>& result, double turn) {
  const double theta = std::acos(1 / std::sqrt(static_cast<double>(t.classes)));
  for (int64_t m = 0; m < t.models; ++m) {
    const double at = result[static_cast<size_t>(m)];
    REQUIRE(at >= 0);
    REQUIRE(at <= 1);
    double least = 0, largest = 0;
    for (int64_t n = 0; n < t.samples; ++n) {
      const Place p = place(t, m, n, labels[static_cast<size_t>(n)]);
      least += least_slope(p, at * theta, turn);
      largest += largest_slope(p, at * theta, turn);
    }
    CAPTURE(m);
    CAPTURE(at);
    CAPTURE(t.classes);
    CAPTURE(t.samples);
    CAPTURE(t.kind);
    // The sums here round too.
    const double rounding = 1e-14 * static_cast<double>(t.samples);
    if (at > 0) CHECK(least <= rounding);
    if (at < 1) CHECK(largest >= -rounding);
  }
}

// What a row can be; every model of a hostile table mixes two of them.
enum Row { kIgnorance, kTruth, kWrong, kFirst, kNear, kSoft, kSharp, kDeep, kGeodesic, kRows };

void fill_row(Row what, int64_t classes, int32_t label, std::mt19937_64& random, double* p) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::fill(p, p + classes, 0.0);
  const auto softmax = [&](double size, double own) {
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sum += p[c] = std::exp(size * normal(random) + (c == label ? own : 0));
    for (int64_t c = 0; c < classes; ++c) p[c] /= sum;
  };
  const double w = std::pow(10.0, -8 * uniform(random));
  switch (what) {
    case kIgnorance: std::fill(p, p + classes, 1.0 / static_cast<double>(classes)); break;
    case kTruth: p[label] = 1; break;
    case kWrong: p[(label + 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(classes - 1))) % classes] = 1; break;
    case kFirst: p[0] = 1; break;
    case kNear: softmax(w * 1e-2, 0); break;
    case kSoft: softmax(1, uniform(random)); break;
    case kSharp: softmax(8, 8 * uniform(random)); break;
    case kDeep: softmax(60, 60 * uniform(random)); break;
    default:  // the geodesic's own shape, a little off
      for (int64_t c = 0; c < classes; ++c)
        p[c] = (c == label ? 1 - w : w / static_cast<double>(classes - 1)) * (1 + 1e-7 * normal(random));
  }
}

Table hostile_table(int64_t samples, int64_t classes, int32_t kind, std::vector<int32_t>* labels, uint64_t seed) {
  std::mt19937_64 random(seed);
  Table t = table(kRows * (kRows + 1) / 2, samples, classes, kind);
  labels->resize(static_cast<size_t>(samples));
  for (int32_t& label : *labels) label = static_cast<int32_t>(random() % static_cast<uint64_t>(classes));
  int64_t m = 0;
  for (int first = 0; first < kRows; ++first)
    for (int second = first; second < kRows; ++second, ++m) {
      // Mixed in equal parts, in others, or sorted: the first samples are then unlike the rest.
      const int share = static_cast<int>(random() % 4);
      for (int64_t n = 0; n < samples; ++n) {
        const bool other = share == 0 ? n % 2 == 1 : share == 1 ? 2 * n >= samples : random() % 8 < 2;
        double* p = t.row(m, n);
        fill_row(static_cast<Row>(other ? second : first), classes, (*labels)[static_cast<size_t>(n)], random, p);
        const double shift = kind == LIGHTCONE_LOGITS ? 30 * static_cast<double>(random() % 100) - 1500 : 0;
        for (int64_t c = 0; c < classes; ++c) {
          if (kind != LIGHTCONE_PROBABILITIES) p[c] = std::log(p[c]) + shift;
          // Both types hold the same numbers.
          p[c] = static_cast<float>(p[c]);
        }
      }
    }
  return t;
}

}  // namespace

TEST_CASE("progress is that of rows turned within the bound, on hostile tables") {
  for (const int32_t kind : {LIGHTCONE_PROBABILITIES, LIGHTCONE_LOG_PROBABILITIES, LIGHTCONE_LOGITS})
    for (const auto& [samples, classes] : {std::pair<int64_t, int64_t>{1, 2}, {60, 2}, {1, 10}, {7, 3}, {60, 4},
                                           {61, 5}, {150, 10}, {1100, 10}, {33, 17}, {40, 100}, {24, 1000}}) {
      std::vector<int32_t> labels;
      const Table t = hostile_table(samples, classes, kind, &labels, static_cast<uint64_t>(samples * 7 + classes));
      for (const int32_t dtype : {LIGHTCONE_FLOAT32, LIGHTCONE_FLOAT64}) {
        CAPTURE(dtype);
        check_bound(t, labels, progress(predictions(t, dtype), labels, t.models), allowed(dtype, classes));
      }
    }
}

TEST_CASE("progress of float32 tables: exact places stay exact") {
  const int64_t classes = 10, samples = 700;
  std::mt19937_64 random(5);
  std::vector<int32_t> labels(static_cast<size_t>(samples));
  for (int32_t& label : labels) label = static_cast<int32_t>(random() % 10);
  Table t = table(2, samples, classes, LIGHTCONE_PROBABILITIES);
  for (int64_t n = 0; n < samples; ++n) {
    fill_row(kIgnorance, classes, labels[static_cast<size_t>(n)], random, t.row(0, n));
    fill_row(kTruth, classes, labels[static_cast<size_t>(n)], random, t.row(1, n));
  }
  const std::vector<double> s = progress(predictions(t, LIGHTCONE_FLOAT32), labels, 2);
  CHECK(s[0] <= 1e-15);
  CHECK(s[1] >= 1 - 1e-7);
  // C = 2, confident, half the labels wrong: every t costs the same, the middle is the answer.
  Table flat = table(1, samples, 2, LIGHTCONE_PROBABILITIES);
  std::vector<int32_t> two(static_cast<size_t>(samples));
  for (int64_t n = 0; n < samples; ++n) {
    two[static_cast<size_t>(n)] = static_cast<int32_t>(n % 2);
    flat.row(0, n)[(n % 2 + (n < samples / 2 ? 1 : 0)) % 2] = 1;
  }
  CHECK(progress(predictions(flat, LIGHTCONE_FLOAT32), two, 1)[0] == doctest::Approx(0.5).epsilon(1e-7));
}

TEST_CASE("progress of a table of both element types") {
  std::vector<int32_t> labels;
  const Table t = hostile_table(300, 10, LIGHTCONE_PROBABILITIES, &labels, 9);
  // Samples [0, 100) in float64, the others in float32.
  Predictions p;
  lightcone_predictions* raw = nullptr;
  REQUIRE(lightcone_predictions_create(t.models, t.samples, t.classes, &raw) == LIGHTCONE_OK);
  p.handle.reset(raw);
  p.wide = t.x;
  p.single.assign(t.x.begin(), t.x.end());
  REQUIRE(lightcone_predictions_add_memory(raw, p.wide.data(), "wide", t.kind, LIGHTCONE_FLOAT64, 0, t.models, 0, 100,
                                           300 * 10 * 8) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_add_memory(raw, p.single.data() + 100 * 10, "single", t.kind, LIGHTCONE_FLOAT32, 0,
                                           t.models, 100, 200, 300 * 10 * 4) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_validate(raw, 1, nullptr) == LIGHTCONE_OK);
  check_bound(t, labels, progress(p, labels, t.models), allowed(LIGHTCONE_FLOAT32, 10));
}
