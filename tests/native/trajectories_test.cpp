// SPDX-License-Identifier: Apache-2.0
// Re-indexing, trajectory distances (Eq 5), tubes and distances to the geodesic against brute force.
#include "support.h"

using namespace support;

namespace {

struct Series {
  std::vector<int64_t> begin;
  std::vector<double> index;
  int64_t runs() const { return static_cast<int64_t>(begin.size()) - 1; }
};

struct Places {
  std::vector<double> t, fraction;
  std::vector<int64_t> lower, upper;
};

lightcone_trajectories_options options(int64_t points, int32_t tail = LIGHTCONE_TAIL_HOLD,
                                       int32_t range = LIGHTCONE_RANGE_FULL) {
  lightcone_trajectories_options o;
  lightcone_trajectories_options_init(&o);
  o.points = points;
  o.tail = tail;
  o.range = range;
  o.threads = 2;
  return o;
}

Places reindex(const Series& s, const lightcone_trajectories_options& o) {
  const size_t count = static_cast<size_t>(s.runs() * o.points);
  Places p{std::vector<double>(static_cast<size_t>(o.points)), std::vector<double>(count), std::vector<int64_t>(count),
           std::vector<int64_t>(count)};
  const lightcone_status status = lightcone_reindex(s.begin.data(), s.runs(), s.index.data(),
                                                    static_cast<int64_t>(s.index.size()), &o, p.t.data(),
                                                    p.lower.data(), p.upper.data(), p.fraction.data());
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return p;
}

std::vector<double> row_of(const Table& t, int64_t m, int64_t n) {
  std::vector<double> p;
  for (const double s : log_s(t, m, n)) p.push_back(std::exp(2 * s));
  return p;
}

// The re-indexed runs as one table of R T models, run by run, through the geodesic function alone.
Table brute(const Table& t, const Places& p, int64_t runs) {
  const int64_t points = static_cast<int64_t>(p.t.size());
  Table out = table(runs * points, t.samples, t.classes, LIGHTCONE_PROBABILITIES);
  for (int64_t k = 0; k < runs * points; ++k)
    for (int64_t n = 0; n < t.samples; ++n) {
      const std::vector<double> a = row_of(t, p.lower[static_cast<size_t>(k)], n),
                                b = row_of(t, p.upper[static_cast<size_t>(k)], n);
      REQUIRE(lightcone_geodesic(a.data(), b.data(), 1, t.classes, &p.fraction[static_cast<size_t>(k)], 1,
                                 out.row(k, n)) == LIGHTCONE_OK);
    }
  return out;
}

// Three runs of 5, 1 and 4 checkpoints: not monotone, ties, one that begins late and never reaches the end.
const Series kSeries{{0, 5, 6, 10}, {0.05, 0.3, 0.2, 0.6, 0.9, 0.4, 0.1, 0.5, 0.5, 0.7}};

}  // namespace

TEST_CASE("re-indexing: every edge") {
  const Places p = reindex(kSeries, options(10));
  const auto at = [&](int64_t run, int64_t k) { return static_cast<size_t>(run * 10 + k - 1); };
  CHECK(p.t[0] == 0.1);
  CHECK(p.t[9] == 1.0);
  // Run 0 at 0.2: the first index above it is checkpoint 1 (0.3), although 2 (0.2) comes after.
  CHECK(p.lower[at(0, 2)] == 0);
  CHECK(p.upper[at(0, 2)] == 1);
  CHECK(p.fraction[at(0, 2)] == doctest::Approx(0.6).epsilon(1e-15));
  // At 0.5 the bracket ends at checkpoint 3 and begins one before, at 0.2.
  CHECK(p.lower[at(0, 5)] == 2);
  CHECK(p.fraction[at(0, 5)] == doctest::Approx(0.75).epsilon(1e-15));
  // 1.0 is never reached: the last checkpoint.
  CHECK(p.lower[at(0, 10)] == 4);
  CHECK(p.upper[at(0, 10)] == 4);
  CHECK(p.fraction[at(0, 10)] == 0);
  // A run of one checkpoint is that checkpoint.
  for (int64_t k = 1; k <= 10; ++k) CHECK(p.lower[at(1, k)] == 5);
  // Run 2 at 0.1, before its first index is exceeded at all: on its first checkpoint.
  CHECK(p.lower[at(2, 1)] == 6);
  CHECK(p.fraction[at(2, 1)] == 0);
  // At 0.5, two equal indices: the later is the lower end.
  CHECK(p.lower[at(2, 5)] == 8);
  CHECK(p.fraction[at(2, 5)] == 0);
  // At 0.7, its largest: the first checkpoint that reaches it.
  CHECK(p.upper[at(2, 7)] == 9);
  // Before the first checkpoint: the first checkpoint.
  const Places fine = reindex(kSeries, options(100));
  CHECK(fine.lower[3] == 0);
  CHECK(fine.upper[3] == 0);
}

TEST_CASE("re-indexing: stretch, common range, and what is refused") {
  const Places stretched = reindex(kSeries, options(4, LIGHTCONE_TAIL_STRETCH));
  CHECK(stretched.lower[3] == 4);   // run 0 at 1 x 0.9
  CHECK(stretched.lower[11] == 9);  // run 2 at 1 x 0.7
  CHECK(stretched.fraction[1] == doctest::Approx(0.625).epsilon(1e-14));  // run 0 at 0.45
  const Series two{{0, 5, 9}, {0.05, 0.3, 0.2, 0.6, 0.9, 0.1, 0.5, 0.5, 0.7}};
  const Places common = reindex(two, options(3, LIGHTCONE_TAIL_HOLD, LIGHTCONE_RANGE_COMMON));
  CHECK(common.t[0] == doctest::Approx(0.3).epsilon(1e-15));
  CHECK(common.t[2] == 0.7);
  CHECK(common.lower[5] == 8);
  const auto refused = [](Series s, const lightcone_trajectories_options& o) {
    std::vector<double> t(50), fraction(200);
    std::vector<int64_t> lower(200), upper(200);
    return lightcone_reindex(s.begin.data(), s.runs(), s.index.data(), static_cast<int64_t>(s.index.size()), &o,
                             t.data(), lower.data(), upper.data(), fraction.data());
  };
  CHECK(refused(kSeries, options(3, LIGHTCONE_TAIL_HOLD, LIGHTCONE_RANGE_COMMON)) == LIGHTCONE_INVALID_DATA);
  CHECK(refused(two, options(3, LIGHTCONE_TAIL_STRETCH, LIGHTCONE_RANGE_COMMON)) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(refused(two, options(0)) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(refused(two, options((1 << 24) + 1)) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(refused(two, options(3, 5)) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(refused(two, options(3, 0, 5)) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(refused({{0, 5, 5}, two.index}, options(3)) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(refused({{0, 5, 10}, two.index}, options(3)) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(refused({{0, 2}, {0.1, NAN}}, options(3)) == LIGHTCONE_INVALID_DATA);
  CHECK(std::string(lightcone_last_error()).find("the index of model 1 is nan") == 0);
}

TEST_CASE("a run that is the geodesic is re-indexed to gamma(t)") {
  const int64_t samples = 9, classes = 5;
  std::vector<double> p(static_cast<size_t>(samples * classes), 0.2), q(p.size(), 0.0);
  std::vector<int32_t> labels;
  for (int64_t n = 0; n < samples; ++n) {
    labels.push_back(static_cast<int32_t>(n % classes));
    q[static_cast<size_t>(n * classes + n % classes)] = 1;
  }
  const std::vector<double> at = {0, 0.13, 0.4, 0.77, 1};
  Table t = table(5, samples, classes, LIGHTCONE_PROBABILITIES);
  REQUIRE(lightcone_geodesic(p.data(), q.data(), samples, classes, at.data(), 5, t.x.data()) == LIGHTCONE_OK);
  const Predictions handle = predictions(t);
  std::vector<double> index(5);
  REQUIRE(lightcone_progress(handle.handle.get(), labels.data(), samples, 1, nullptr, index.data()) == LIGHTCONE_OK);
  const int64_t begin[] = {0, 5};
  const lightcone_trajectories_options o = options(20);
  std::vector<double> rows(static_cast<size_t>(20 * samples * classes)), wanted(rows.size()), points;
  REQUIRE(lightcone_trajectory(handle.handle.get(), begin, 1, index.data(), &o, 0, nullptr, rows.data()) ==
          LIGHTCONE_OK);
  for (int k = 1; k <= 20; ++k) points.push_back(k / 20.0);
  REQUIRE(lightcone_geodesic(p.data(), q.data(), samples, classes, points.data(), 20, wanted.data()) == LIGHTCONE_OK);
  // Progress is good to 1e-8; p moves at most 2 theta times as far.
  for (size_t k = 0; k < rows.size(); ++k) CHECK(std::fabs(rows[k] - wanted[k]) <= 3e-8);
  std::vector<double> away(20, NAN);
  lightcone_trajectories_outputs out;
  lightcone_trajectories_outputs_init(&out);
  out.to_geodesic = away.data();
  REQUIRE(lightcone_trajectories(handle.handle.get(), begin, 1, index.data(), &o, labels.data(), nullptr, 0, nullptr,
                                 &out) == LIGHTCONE_OK);
  for (const double d : away) CHECK((d >= 0 && d <= 1e-14));
  std::vector<double> between(static_cast<size_t>(2 * samples * classes));
  const double halves[] = {0, 0.5};
  REQUIRE(lightcone_geodesic_between(handle.handle.get(), 0, 4, halves, 2, 2, nullptr, between.data()) == LIGHTCONE_OK);
  REQUIRE(lightcone_geodesic(p.data(), q.data(), samples, classes, halves, 2, wanted.data()) == LIGHTCONE_OK);
  for (size_t k = 0; k < between.size(); ++k) CHECK(std::fabs(between[k] - wanted[k]) <= 1e-15);
  CHECK(lightcone_geodesic_between(handle.handle.get(), 0, 5, halves, 2, 1, nullptr, between.data()) ==
        LIGHTCONE_INVALID_ARGUMENT);
}

TEST_CASE("trajectory measures are those of the interpolated tables") {
  for (const int64_t classes : {2, 10})
    for (const int32_t tail : {LIGHTCONE_TAIL_HOLD, LIGHTCONE_TAIL_STRETCH}) {
      const int64_t samples = 37, runs = 3, points = 6;
      Table t = random_logits(10, samples, classes, 1, 1.5, 7);
      std::vector<int32_t> labels;
      for (int64_t n = 0; n < samples; ++n) labels.push_back(static_cast<int32_t>(n % classes));
      const lightcone_trajectories_options o = options(points, tail);
      const Table all = brute(t, reindex(kSeries, o), runs);
      const std::vector<int64_t> groups = {0, 1, 0};
      std::vector<double> pairs(9, NAN), each(54, NAN), configurations(4, NAN), tubes(18, NAN), away(18, NAN);
      lightcone_trajectories_outputs out;
      lightcone_trajectories_outputs_init(&out);
      out.pairs = pairs.data();
      out.point_pairs = each.data();
      out.configurations = configurations.data();
      out.tube_widths = tubes.data();
      out.to_geodesic = away.data();
      const Predictions p = predictions(t, LIGHTCONE_FLOAT32);
      for (const int64_t panel_bytes : {int64_t{0}, int64_t{20000}}) {  // one chunk and many
        lightcone_trajectories_options with = o;
        with.panel_bytes = panel_bytes;
        const lightcone_status status =
            lightcone_trajectories(p.handle.get(), kSeries.begin.data(), runs, kSeries.index.data(), &with,
                                   labels.data(), groups.data(), 2, nullptr, &out);
        INFO(lightcone_last_error());
        REQUIRE(status == LIGHTCONE_OK);
        for (int64_t u = 0; u < runs; ++u)
          for (int64_t v = 0; v < runs; ++v) {
            double mean = 0;
            for (int64_t k = 0; k < points; ++k) {
              const double d = u == v ? 0 : distance(all, u * points + k, v * points + k);
              CHECK(each[static_cast<size_t>((k * runs + u) * runs + v)] == doctest::Approx(d).epsilon(2e-6));
              mean += d / static_cast<double>(points);
            }
            CHECK(pairs[static_cast<size_t>(u * runs + v)] == doctest::Approx(mean).epsilon(2e-6));
            CHECK(pairs[static_cast<size_t>(u * runs + v)] == pairs[static_cast<size_t>(v * runs + u)]);
          }
        CHECK(configurations[0] == pairs[2]);  // runs 0 and 2, both orders
        CHECK(configurations[3] == 0);         // one run
        CHECK(configurations[1] == doctest::Approx((pairs[1] + pairs[5]) / 2).epsilon(1e-15));
        CHECK(configurations[1] == configurations[2]);
        const double theta = std::acos(1 / std::sqrt(static_cast<double>(classes)));
        for (int64_t k = 0; k < points; ++k) {
          Table pair = table(2, samples, classes, LIGHTCONE_PROBABILITIES);
          for (int64_t r = 0; r < runs; ++r) {
            for (int64_t n = 0; n < samples; ++n)
              for (int64_t c = 0; c < classes; ++c) {
                const double own = all.row(r * points + k, n)[c];
                pair.row(0, n)[c] = own;
                pair.row(1, n)[c] = r == 1 ? own : 0.5 * (all.row(k, n)[c] + all.row(2 * points + k, n)[c]);
              }
            const size_t at = static_cast<size_t>(r * points + k);
            CHECK(std::fabs(tubes[at] - distance(pair, 0, 1)) <= 1e-12 * distance(pair, 0, 1) + 1e-15);
            const double x = static_cast<double>(k + 1) / static_cast<double>(points);
            for (int64_t n = 0; n < samples; ++n)
              for (int64_t c = 0; c < classes; ++c) {
                const double s = std::sin((1 - x) * theta) / std::sin(theta) / std::sqrt(static_cast<double>(classes)) +
                                 (c == labels[static_cast<size_t>(n)] ? std::sin(x * theta) / std::sin(theta) : 0);
                pair.row(1, n)[c] = s * s;
              }
            const double d = distance(pair, 0, 1);
            CHECK(std::fabs(away[at] - d) <= 1e-12 * d);
          }
        }
      }
      const std::vector<double> before = pairs;
      lightcone_trajectories_options one = o;
      one.panel_bytes = 20000;
      one.threads = 1;
      REQUIRE(lightcone_trajectories(p.handle.get(), kSeries.begin.data(), runs, kSeries.index.data(), &one,
                                     labels.data(), groups.data(), 2, nullptr, &out) == LIGHTCONE_OK);
      CHECK(pairs == before);
    }
}

TEST_CASE("trajectories that share no class are infinitely far, and bad groups are refused") {
  Table t = table(2, 3, 2, LIGHTCONE_PROBABILITIES);
  for (int64_t n = 0; n < 3; ++n) t.row(0, n)[0] = t.row(1, n)[1] = 1;
  const Predictions p = predictions(t);
  const int64_t begin[] = {0, 1, 2}, wrong[] = {0, 2}, gap[] = {1, 1};
  const double index[] = {0.1, 0.2};
  const int32_t labels[] = {0, 0, 0};
  double pairs[4], tubes[4], away[4];
  lightcone_trajectories_options o = options(2);
  lightcone_trajectories_outputs out;
  lightcone_trajectories_outputs_init(&out);
  out.pairs = pairs;
  const auto run = [&](const int64_t* groups, int64_t count) {
    return lightcone_trajectories(p.handle.get(), begin, 2, index, &o, labels, groups, count, nullptr, &out);
  };
  REQUIRE(run(nullptr, 0) == LIGHTCONE_OK);
  CHECK(pairs[0] == 0);
  CHECK(std::isinf(pairs[1]));
  out.tube_widths = tubes;
  CHECK(run(nullptr, 0) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(run(wrong, 2) == LIGHTCONE_INVALID_DATA);
  CHECK(run(gap, 2) == LIGHTCONE_INVALID_DATA);
  CHECK(std::string(lightcone_last_error()) == "group 0 has no run; number the groups without gaps");
  const int64_t together[] = {0, 0};
  REQUIRE(run(together, 1) == LIGHTCONE_OK);
  // BC of a one-hot row and the mean of two disjoint ones is sqrt(1/2).
  CHECK(tubes[0] == doctest::Approx(0.5 * std::log(2.0)).epsilon(1e-15));
  out.to_geodesic = away;
  REQUIRE(run(together, 1) == LIGHTCONE_OK);
  CHECK(away[1] == doctest::Approx(0).epsilon(1e-15));  // run 0 says truth, gamma(1) is truth
  CHECK(std::isinf(away[3]));
}
