// SPDX-License-Identifier: Apache-2.0
// Planes through triplets: vertices, grids, points, and the triplets that span no plane.
#include <cstring>

#include "support.h"

using namespace support;

namespace {

lightcone_rows rows_of(const void* address, int32_t dtype, int64_t rows, int64_t width) {
  lightcone_rows r;
  lightcone_rows_init(&r);
  r.data = address;
  r.dtype = dtype;
  r.rows = rows;
  r.width = width;
  r.stride_bytes = width * (dtype == LIGHTCONE_FLOAT32 ? 4 : 8);
  return r;
}

lightcone_plane_grid grid_of(int64_t s, int64_t t, double low, double high) {
  lightcone_plane_grid g;
  lightcone_plane_grid_init(&g);
  g.s_points = s;
  g.t_points = t;
  g.margin_low = low;
  g.margin_high = high;
  return g;
}

std::vector<float> random_images(int64_t images, int64_t width, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<size_t>(images * width));
  for (float& v : x) v = normal(random);
  return x;
}

std::vector<double> vertices_of(const lightcone_rows& rows, const std::vector<int64_t>& triplets, int threads = 2) {
  std::vector<double> v(triplets.size(), NAN);
  const lightcone_status status = lightcone_plane_vertices(
      &rows, triplets.data(), static_cast<int64_t>(triplets.size() / 3), threads, nullptr, v.data());
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return v;
}

std::string refusal(const lightcone_rows& rows, const std::vector<int64_t>& triplets, lightcone_status wanted) {
  std::vector<double> v(triplets.size());
  CHECK(lightcone_plane_vertices(&rows, triplets.data(), static_cast<int64_t>(triplets.size() / 3), 2, nullptr,
                                 v.data()) == wanted);
  return lightcone_last_error();
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("planes: vertices of a right triangle are exact, whatever its scale") {
  for (const double scale : {1.0, 0x1p-900, 0x1p900, 0x1p-30}) {
    // x1 = (1, 0, 0), x2 - x1 = (0, 3, 4), x3 - x1 = (2, 3, 4): |v1| = 5, c = 5, |r| = 2.
    const std::vector<double> x = {1 * scale, 0, 0, 1 * scale, 3 * scale, 4 * scale, 3 * scale, 3 * scale, 4 * scale};
    const std::vector<double> v = vertices_of(rows_of(x.data(), LIGHTCONE_FLOAT64, 3, 3), {0, 1, 2});
    CHECK(v[0] == 5 * scale);
    CHECK(v[1] == 5 * scale);
    CHECK(v[2] == 2 * scale);
  }
}

TEST_CASE("planes: the vertices are the three images to float32 rounding, at every width") {
  for (const int64_t width : {2, 3, 7, 8, 9, 31, 64, 65, 3072}) {
    const std::vector<float> x = random_images(3, width, static_cast<uint64_t>(width));
    const lightcone_rows rows = rows_of(x.data(), LIGHTCONE_FLOAT32, 3, width);
    const std::vector<int64_t> triplet = {2, 0, 1};
    const std::vector<double> v = vertices_of(rows, triplet);
    const std::vector<double> at = {0, 0, v[0], 0, v[1], v[2]};
    std::vector<float> out(static_cast<size_t>(3 * width), NAN);
    REQUIRE(lightcone_plane_points_at(&rows, triplet.data(), v.data(), at.data(), 3, out.data(), width * 4) ==
            LIGHTCONE_OK);
    for (int64_t k = 0; k < 3; ++k)
      CHECK(std::memcmp(out.data() + k * width, x.data() + triplet[static_cast<size_t>(k)] * width,
                        static_cast<size_t>(width) * 4) == 0);
  }
}

TEST_CASE("planes: points are x1 + s u + t w, on the inclusive grid with s slow and t fast") {
  for (const int64_t width : {2, 9, 24, 100}) {
    const std::vector<float> x = random_images(4, width, 7 + static_cast<uint64_t>(width));
    const lightcone_rows rows = rows_of(x.data(), LIGHTCONE_FLOAT32, 4, width);
    const std::vector<int64_t> triplets = {0, 1, 2, 3, 1, 0};
    const std::vector<double> v = vertices_of(rows, triplets);
    const lightcone_plane_grid grid = grid_of(5, 4, 0.1, 0.5);
    const int64_t stride = width + 3;
    std::vector<float> all(static_cast<size_t>(2 * 20 * stride), -7.0f);
    REQUIRE(lightcone_plane_points(&rows, triplets.data(), v.data(), 2, &grid, 0, 40, 2, nullptr, all.data(),
                                   stride * 4) == LIGHTCONE_OK);
    for (int64_t q = 0; q < 2; ++q) {
      const float* p[3];
      for (int64_t k = 0; k < 3; ++k) p[k] = x.data() + triplets[static_cast<size_t>(3 * q + k)] * width;
      std::vector<double> u(static_cast<size_t>(width)), w(u);
      double length = 0, c = 0, height = 0;
      for (size_t d = 0; d < u.size(); ++d) {
        u[d] = static_cast<double>(p[1][d]) - p[0][d];
        length += u[d] * u[d];
      }
      length = std::sqrt(length);
      for (double& e : u) e /= length;
      for (size_t d = 0; d < u.size(); ++d) c += u[d] * (static_cast<double>(p[2][d]) - p[0][d]);
      for (size_t d = 0; d < u.size(); ++d) {
        w[d] = static_cast<double>(p[2][d]) - p[0][d] - c * u[d];
        height += w[d] * w[d];
      }
      height = std::sqrt(height);
      for (double& e : w) e /= height;
      const double left = std::min(0.0, c), right = std::max(length, c), box = right - left;
      for (int64_t i = 0; i < 5; ++i)
        for (int64_t j = 0; j < 4; ++j) {
          const double s = left - 0.1 * box + (box * 1.6) * static_cast<double>(i) / 4;
          const double t = -0.1 * height + (height * 1.6) * static_cast<double>(j) / 3;
          const float* point = all.data() + (q * 20 + i * 4 + j) * stride;
          for (int64_t d = 0; d < width; ++d) {
            const size_t k = static_cast<size_t>(d);
            const double wanted = p[0][d] + s * u[k] + t * w[k];
            // Half a unit of float32, and float64 rounding of terms below 20.
            CHECK(std::fabs(point[d] - wanted) <= 0x1p-24 * std::fabs(wanted) + 1e-13);
          }
          for (int64_t d = width; d < stride; ++d) CHECK(point[d] == -7.0f);
        }
    }
    // Any range gives the same bits, whatever the threads.
    for (const int64_t begin : {0, 1, 17, 19, 20, 39})
      for (const int64_t points : {0, 1, 2, 21})
        if (begin + points <= 40) {
          std::vector<float> part(static_cast<size_t>(21 * width), NAN);
          REQUIRE(lightcone_plane_points(&rows, triplets.data(), v.data(), 2, &grid, begin, points, 1, nullptr,
                                         part.data(), width * 4) == LIGHTCONE_OK);
          for (int64_t k = 0; k < points; ++k)
            CHECK(std::memcmp(part.data() + k * width, all.data() + (begin + k) * stride,
                              static_cast<size_t>(width) * 4) == 0);
        }
  }
}

TEST_CASE("planes: the grid covers the box of the vertices, also where the third leans outside") {
  std::vector<double> s(3), t(3);
  const lightcone_plane_grid grid = grid_of(3, 3, 0, 0);
  for (const double c : {-2.0, 0.5, 6.0}) {
    const double vertices[3] = {4, c, 3};
    REQUIRE(lightcone_plane_coordinates(vertices, &grid, s.data(), t.data()) == LIGHTCONE_OK);
    CHECK(s[0] == std::min(0.0, c));
    CHECK(s[2] == std::max(4.0, c));
    CHECK(s[1] == (s[0] + s[2]) / 2);
    CHECK(t[0] == 0);
    CHECK(t[1] == 1.5);
    CHECK(t[2] == 3);
  }
}

TEST_CASE("planes: through a first linear layer, points of its activations are the activations of the points") {
  const int64_t width = 40, hidden = 11;
  const std::vector<float> x = random_images(3, width, 3), weight = random_images(hidden, width, 4);
  const std::vector<double> weights(weight.begin(), weight.end());
  const lightcone_rows rows = rows_of(x.data(), LIGHTCONE_FLOAT32, 3, width);
  const std::vector<int64_t> triplet = {0, 1, 2};
  const std::vector<double> v = vertices_of(rows, triplet);
  const auto layer = [&](const float* image, double* out) {
    for (int64_t h = 0; h < hidden; ++h) {
      out[h] = 0.25 * static_cast<double>(h);
      for (int64_t d = 0; d < width; ++d) out[h] += weights[static_cast<size_t>(h * width + d)] * image[d];
    }
  };
  std::vector<double> first(static_cast<size_t>(3 * hidden)), wanted(static_cast<size_t>(hidden));
  for (int64_t k = 0; k < 3; ++k) layer(x.data() + k * width, first.data() + k * hidden);
  const lightcone_rows activations = rows_of(first.data(), LIGHTCONE_FLOAT64, 3, hidden);
  const lightcone_plane_grid grid = grid_of(6, 7, 0.1, 0.1);
  std::vector<float> points(static_cast<size_t>(42 * width)), out(static_cast<size_t>(42 * hidden));
  REQUIRE(lightcone_plane_points(&rows, triplet.data(), v.data(), 1, &grid, 0, 42, 1, nullptr, points.data(),
                                 width * 4) == LIGHTCONE_OK);
  REQUIRE(lightcone_plane_points(&activations, triplet.data(), v.data(), 1, &grid, 0, 42, 1, nullptr, out.data(),
                                 hidden * 4) == LIGHTCONE_OK);
  for (int64_t k = 0; k < 42; ++k) {
    layer(points.data() + k * width, wanted.data());
    // The points were rounded to float32: 2^-24 of |point| |weights of a row|, both below 15.
    for (int64_t h = 0; h < hidden; ++h)
      CHECK(std::fabs(out[static_cast<size_t>(k * hidden + h)] - wanted[static_cast<size_t>(h)]) <= 0x1p-23 * 225);
  }
}

TEST_CASE("planes: triplets that span no plane are refused by name, the first of them") {
  const int64_t width = 50;
  std::vector<float> x = random_images(6, width, 11);
  for (int64_t d = 0; d < width; ++d) {
    const float a = x[static_cast<size_t>(d)], b = x[static_cast<size_t>(width + d)];
    x[static_cast<size_t>(3 * width + d)] = a;                 // image 3 is image 0
    x[static_cast<size_t>(4 * width + d)] = a + 0.3f * (b - a);  // image 4 lies between 0 and 1, but for rounding
  }
  const lightcone_rows rows = rows_of(x.data(), LIGHTCONE_FLOAT32, 6, width);
  std::string message = refusal(rows, {0, 1, 2, 0, 3, 1}, LIGHTCONE_INVALID_DATA);
  CHECK(contains(message, "triplet 1 (images 0, 3, 1)"));
  CHECK(contains(message, "images 0 and 3 are equal"));
  CHECK(contains(refusal(rows, {1, 0, 3, 0, 0, 0}, LIGHTCONE_INVALID_DATA), "triplet 0 (images 1, 0, 3)"));
  CHECK(contains(refusal(rows, {0, 1, 0}, LIGHTCONE_INVALID_DATA), "images 0 and 0 are equal"));
  for (const std::vector<int64_t>& line : {std::vector<int64_t>{0, 1, 4}, {4, 1, 0}, {1, 4, 0}})
    CHECK(contains(refusal(rows, line, LIGHTCONE_INVALID_DATA), "lie on one line"));
  // Off the line by one part in a thousand: a plane.
  x[static_cast<size_t>(4 * width)] += 0.001f;
  vertices_of(rows, {0, 1, 4});
  x[static_cast<size_t>(5 * width + 7)] = NAN;
  message = refusal(rows, {0, 1, 2, 1, 2, 5}, LIGHTCONE_INVALID_DATA);
  CHECK(contains(message, "triplet 1"));
  CHECK(contains(message, "entry 7 of image 5 is nan"));
  x[static_cast<size_t>(5 * width + 7)] = INFINITY;
  CHECK(contains(refusal(rows, {5, 2, 1}, LIGHTCONE_INVALID_DATA), "inf"));
  CHECK(contains(refusal(rows, {0, 1, 6}, LIGHTCONE_INVALID_ARGUMENT), "images 0 to 5"));
  CHECK(contains(refusal(rows, {0, -1, 2}, LIGHTCONE_INVALID_ARGUMENT), "image -1"));
  // All zero, and too few dimensions.
  const std::vector<double> zeros(9), line = {1, 2, 4};
  CHECK(contains(refusal(rows_of(zeros.data(), LIGHTCONE_FLOAT64, 3, 3), {0, 1, 2}, LIGHTCONE_INVALID_DATA),
                 "are equal"));
  CHECK(contains(refusal(rows_of(line.data(), LIGHTCONE_FLOAT64, 3, 1), {0, 1, 2}, LIGHTCONE_INVALID_DATA),
                 "lie on one line"));
}

TEST_CASE("planes: wrong calls are refused") {
  const std::vector<float> x = random_images(3, 4, 1);
  const std::vector<int64_t> triplet = {0, 1, 2};
  lightcone_rows rows = rows_of(x.data(), LIGHTCONE_FLOAT32, 3, 4);
  const std::vector<double> v = vertices_of(rows, triplet);
  std::vector<float> out(16);
  const auto points = [&](const lightcone_rows& r, lightcone_plane_grid g, int64_t begin, int64_t count,
                          int64_t stride, const double* vertices) {
    return lightcone_plane_points(&r, triplet.data(), vertices, 1, &g, begin, count, 1, nullptr, out.data(), stride);
  };
  const lightcone_plane_grid grid = grid_of(2, 2, 0, 0);
  CHECK(points(rows, grid, 0, 4, 16, v.data()) == LIGHTCONE_OK);
  CHECK(points(rows, grid, 1, 4, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid, -1, 1, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid, INT64_MAX, 2, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid, 0, 4, 12, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid, 0, 4, 18, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid_of(0, 2, 0, 0), 0, 1, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid_of(INT64_MAX, 2, 0, 0), 0, 1, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid_of(2, 2, -0.1, 0), 0, 1, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid_of(2, 2, NAN, 0), 0, 1, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  const double flat[3] = {1, 0, 0};
  CHECK(points(rows, grid, 0, 4, 16, flat) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(points(rows, grid, 0, 4, 16, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
  // The second plane's vertices are wrong: nothing is written of the first.
  const std::vector<int64_t> both = {0, 1, 2, 0, 1, 2};
  const std::vector<double> spoilt = {v[0], v[1], v[2], 1, 0, 0};
  std::vector<float> untouched(32, 7);
  CHECK(lightcone_plane_points(&rows, both.data(), spoilt.data(), 2, &grid, 0, 8, 1, nullptr, untouched.data(), 16) ==
        LIGHTCONE_INVALID_ARGUMENT);
  CHECK(std::string(lightcone_last_error()).find("the vertices of triplet 1") == 0);
  CHECK(untouched == std::vector<float>(32, 7));
  CHECK(lightcone_plane_points(&rows, both.data(), spoilt.data(), 2, &grid, 0, 4, 1, nullptr, untouched.data(), 16) ==
        LIGHTCONE_OK);
  lightcone_rows bad = rows;
  bad.size = 8;
  CHECK(points(bad, grid, 0, 4, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  bad = rows;
  bad.rows = INT64_MAX;
  CHECK(points(bad, grid, 0, 4, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  bad = rows;
  bad.data = reinterpret_cast<const char*>(x.data()) + 1;
  CHECK(points(bad, grid, 0, 4, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  bad = rows;
  bad.dtype = 9;
  CHECK(points(bad, grid, 0, 4, 16, v.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_plane_vertices(nullptr, triplet.data(), 1, 1, nullptr, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
}
