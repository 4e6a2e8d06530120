// SPDX-License-Identifier: Apache-2.0
// Products with a packed matrix on the device against long double on the full matrix; sizes straddle the tile of 96, the
// pairs of block rows and the widths that are instantiated.
#include <memory>
#include <random>
#include <thread>

#include "device.h"

using namespace support;

namespace {

constexpr int64_t kTile = LIGHTCONE_TILE;

struct DestroyTiles {
  void operator()(lightcone_device_tiles* tiles) const { lightcone_device_tiles_destroy(tiles); }
};
using TilesHandle = std::unique_ptr<lightcone_device_tiles, DestroyTiles>;

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A symmetric matrix of hostile sizes, zero on the diagonal.
struct Matrix {
  int64_t models, blocks;
  std::vector<float> tiles;

  Matrix(int64_t m, uint64_t seed) : models(m), blocks((m + kTile - 1) / kTile) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<float> entry(0, 3);  // seven orders of magnitude
    tiles.assign(static_cast<size_t>(blocks * (blocks + 1) / 2 * kTile * kTile), 0.0f);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = i + 1; j < m; ++j) {
        *place(i, j) = entry(random);
        if (i / kTile == j / kTile) *place(j, i) = *place(i, j);
      }
  }
  int64_t first(int64_t i) const { return (i * blocks - i * (i - 1) / 2) * kTile * kTile; }
  float* place(int64_t i, int64_t j) {
    return tiles.data() + first(i / kTile) + (j / kTile - i / kTile) * kTile * kTile + i % kTile * kTile + j % kTile;
  }
  double at(int64_t i, int64_t j) { return i / kTile <= j / kTile ? *place(i, j) : *place(j, i); }
};

std::vector<double> normals(int64_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out(static_cast<size_t>(count));
  for (double& x : out) x = normal(random);
  return out;
}

TilesHandle create(int64_t models, int64_t columns, const double* weights = nullptr) {
  lightcone_device_tiles* raw = nullptr;
  const lightcone_status status = lightcone_device_tiles_create(models, columns, weights, 0, &raw);
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return TilesHandle(raw);
}

TilesHandle upload(const Matrix& m, int64_t columns, int64_t band = 1000, const double* weights = nullptr) {
  TilesHandle handle = create(m.models, columns, weights);
  for (int64_t b = 0; b < m.blocks; b += band)
    REQUIRE(lightcone_device_tiles_put(handle.get(), m.tiles.data() + m.first(b), b, std::min(m.blocks, b + band), 2,
                                       nullptr) == LIGHTCONE_OK);
  return handle;
}

std::vector<double> multiply(const TilesHandle& handle, int32_t product, const std::vector<double>& x, int64_t columns) {
  std::vector<double> y(x.size(), NAN);
  const lightcone_status status =
      lightcone_device_tiles_multiply(handle.get(), product, x.data(), y.data(), columns, 0, 2, nullptr);
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return y;
}

}  // namespace

TEST_CASE("the product on the device = the plain one, at every tail and width") {
  for (const int64_t models : {1, 2, 95, 96, 97, 191, 192, 193, 300})
    for (const int64_t columns : {8, 24, 40, 56, 64, 72, 88, 136}) {
      if (models > 100 && columns != 24 && columns != 88) continue;
      Matrix m(models, 7 + static_cast<uint64_t>(models));
      const std::vector<double> x = normals(models * columns, 11);
      const std::vector<double> y = multiply(upload(m, columns), LIGHTCONE_PRODUCT_PLAIN, x, columns);
      int64_t wrong = 0;
      for (int64_t i = 0; i < models; ++i)
        for (int64_t c = 0; c < columns; ++c) {
          long double wanted = 0, size = 0;
          for (int64_t j = 0; j < models; ++j) {
            const long double term = static_cast<long double>(m.at(i, j)) * x[static_cast<size_t>(j * columns + c)];
            wanted += term;
            size += std::fabs(term);
          }
          // M roundings of 2^-53 of what has been summed, and those that add the parts up, at most 7 in place of as many.
          const long double bound = (static_cast<long double>(models) + 2) * 0x1p-53L * size;
          const long double error = std::fabs(static_cast<long double>(y[static_cast<size_t>(i * columns + c)]) - wanted);
          wrong += !(error <= bound);  // NaN is wrong too
        }
      CAPTURE(models);
      CAPTURE(columns);
      CHECK(wrong == 0);
    }
}

TEST_CASE("the centred products on the device = those of the matrix that is centred first") {
  const int64_t models = 205, columns = 8;
  Matrix m(models, 3);
  for (const bool weighted : {false, true}) {
    std::vector<double> w(static_cast<size_t>(models), 1.0);
    if (weighted) {
      w = normals(models, 2);
      w[3] = 0;
      double sum = 0;
      for (double& value : w) sum += value = std::fabs(value);
      for (double& value : w) value *= static_cast<double>(models) / sum;
    }
    const TilesHandle handle = upload(m, columns, 2, weighted ? w.data() : nullptr);
    const std::vector<double> x = normals(models * columns, 5);
    // W = -1/2 (d(i,j) - mean_i - mean_j + mean)
    std::vector<long double> means(static_cast<size_t>(models));
    long double mean = 0, largest = 0;
    for (int64_t i = 0; i < models; ++i) {
      long double& row = means[static_cast<size_t>(i)];
      for (int64_t j = 0; j < models; ++j) {
        row += w[static_cast<size_t>(j)] * static_cast<long double>(m.at(i, j)) / models;
        largest = std::max(largest, static_cast<long double>(m.at(i, j)));
      }
      mean += w[static_cast<size_t>(i)] * row / models;
    }
    const std::vector<double> full = multiply(handle, LIGHTCONE_PRODUCT_CENTRED, x, columns);
    const std::vector<double> half = multiply(handle, LIGHTCONE_PRODUCT_HALF, x, columns);
    CHECK(multiply(handle, LIGHTCONE_PRODUCT_CENTRED, x, columns) == full);  // the bits
    for (int64_t i = 0; i < models; ++i)
      for (int64_t c = 0; c < columns; ++c) {
        long double wanted = 0, size = 0;
        for (int64_t j = 0; j < models; ++j) {
          const long double root = std::sqrt(static_cast<long double>(w[static_cast<size_t>(j)]));
          const long double entry =
              -0.5L * (m.at(i, j) - means[static_cast<size_t>(i)] - means[static_cast<size_t>(j)] + mean);
          wanted += entry * root * x[static_cast<size_t>(j * columns + c)];
          size += root * std::fabs(x[static_cast<size_t>(j * columns + c)]);
        }
        // Three sums of M terms, none larger than the largest distance times |S x|, which each of them at most doubles.
        const long double bound = 4 * (models + 8.0L) * 0x1p-53L * largest * 2 * size;
        const size_t at = static_cast<size_t>(i * columns + c);
        const long double root = std::sqrt(static_cast<long double>(w[static_cast<size_t>(i)]));
        CHECK(std::fabs(half[at] - wanted) <= bound);
        CHECK(std::fabs(full[at] - root * wanted) <= bound * (root + 1e-30L));
      }
  }
}

TEST_CASE("the bits do not depend on the bands, and copies may come early") {
  const int64_t models = 390, columns = 24;
  const Matrix m(models, 9);
  const std::vector<double> x = normals(models * columns, 5);
  const std::vector<double> wanted = multiply(upload(m, columns), LIGHTCONE_PRODUCT_CENTRED, x, columns);
  const EmulationScope scope;
  if (emulation() != nullptr) emulation()->eager_copies = 1;
  for (const int64_t band : {1, 2, 3}) CHECK(multiply(upload(m, columns, band), LIGHTCONE_PRODUCT_CENTRED, x, columns) == wanted);
  // Of a plan for more columns.
  CHECK(multiply(upload(m, 96), LIGHTCONE_PRODUCT_CENTRED, x, columns) == wanted);
}

TEST_CASE("blocks on the device are multiplied where they are") {
  if (emulation() == nullptr) return;  // whose device memory is the host's
  const int64_t models = 130, columns = 16;
  const Matrix m(models, 13);
  const TilesHandle handle = upload(m, columns);
  const std::vector<double> x = normals(models * columns, 5);
  std::vector<double> y(x.size(), NAN);
  const int64_t copies = emulation()->copies;
  REQUIRE(lightcone_device_tiles_multiply(handle.get(), LIGHTCONE_PRODUCT_CENTRED, x.data(), y.data(), columns, 1, 1,
                                          nullptr) == LIGHTCONE_OK);
  CHECK(emulation()->copies == copies);
  CHECK(y == multiply(handle, LIGHTCONE_PRODUCT_CENTRED, x, columns));
}

TEST_CASE("where eigenpairs are found, what is refused, and what an error leaves") {
  const int64_t models = 200, columns = 16;
  const Matrix m(models, 17);
  const std::vector<double> x = normals(models * columns, 5);
  std::vector<double> y(x.size());
  int32_t chosen = -1;
  char reason[512];
  const auto choose = [&](int64_t count, int32_t device) {
    return lightcone_device_tiles_choose(count, 72, device, 0, 2, &chosen, reason, sizeof reason);
  };
  REQUIRE(choose(200, LIGHTCONE_DEVICE_AUTO) == LIGHTCONE_OK);
  CHECK(chosen == LIGHTCONE_DEVICE_CPU);
  CHECK(contains(reason, "start of a device"));
  REQUIRE(choose(200, LIGHTCONE_DEVICE_CUDA) == LIGHTCONE_OK);
  CHECK(chosen == LIGHTCONE_DEVICE_CUDA);

  {
    const TilesHandle handle = create(models, columns);
    const auto product = [&](int64_t width) {
      return lightcone_device_tiles_multiply(handle.get(), LIGHTCONE_PRODUCT_PLAIN, x.data(), y.data(), width, 0, 1,
                                             nullptr);
    };
    CHECK(product(16) == LIGHTCONE_INVALID_ARGUMENT);
    CHECK(contains(lightcone_last_error(), "block rows from 0 on"));
    CHECK(lightcone_device_tiles_put(handle.get(), m.tiles.data(), 1, 2, 1, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
    CHECK(lightcone_device_tiles_put(handle.get(), m.tiles.data(), 0, 4, 1, nullptr) == LIGHTCONE_INVALID_ARGUMENT);
    CHECK(lightcone_device_tiles_put(handle.get(), m.tiles.data(), 0, 3, 1, nullptr) == LIGHTCONE_OK);
    CHECK(product(24) == LIGHTCONE_INVALID_ARGUMENT);
    CHECK(product(12) == LIGHTCONE_INVALID_ARGUMENT);
    CHECK(product(16) == LIGHTCONE_OK);
    lightcone_control* raw = nullptr;
    REQUIRE(lightcone_control_create(&raw) == LIGHTCONE_OK);
    const ControlHandle control(raw);
    REQUIRE(lightcone_device_tiles_multiply(handle.get(), LIGHTCONE_PRODUCT_PLAIN, x.data(), y.data(), 16, 0, 1, raw) ==
            LIGHTCONE_OK);
    CHECK(lightcone_control_total(raw) == m.blocks);
    CHECK(lightcone_control_done(raw) == m.blocks);
    lightcone_control_cancel(raw);
    CHECK(lightcone_device_tiles_multiply(handle.get(), LIGHTCONE_PRODUCT_PLAIN, x.data(), y.data(), 16, 0, 1, raw) ==
          LIGHTCONE_CANCELLED);
    CHECK(product(16) == LIGHTCONE_OK);
  }

  LightconeEmulation* e = emulation();
  if (e == nullptr) return;
  const EmulationScope scope;
  e->multiprocessors = 132;
  REQUIRE(choose(20'000, LIGHTCONE_DEVICE_AUTO) == LIGHTCONE_OK);
  CHECK(chosen == LIGHTCONE_DEVICE_CUDA);
  e->memory_total = 1 << 20;
  REQUIRE(choose(20'000, LIGHTCONE_DEVICE_AUTO) == LIGHTCONE_OK);
  CHECK(chosen == LIGHTCONE_DEVICE_CPU);
  CHECK(contains(reason, "GiB"));
  CHECK(choose(20'000, LIGHTCONE_DEVICE_CUDA) == LIGHTCONE_UNSUPPORTED);
  e->memory_total = int64_t{1} << 30;
  e->device_error = 35;
  REQUIRE(choose(20'000, LIGHTCONE_DEVICE_AUTO) == LIGHTCONE_OK);
  CHECK(contains(reason, "driver"));
  e->device_error = 0;

  // Each step fails once; then it works, and nothing is left.
  const std::vector<double> sound = multiply(upload(m, columns), LIGHTCONE_PRODUCT_CENTRED, x, columns);
  const int64_t live = e->live;
  for (int64_t LightconeEmulation::*fault :
       {&LightconeEmulation::fail_allocation, &LightconeEmulation::fail_launch, &LightconeEmulation::fail_copy}) {
    int64_t n = 1;
    for (;; ++n) {
      e->*fault = n;
      lightcone_device_tiles* raw = nullptr;
      lightcone_status status = lightcone_device_tiles_create(models, columns, nullptr, 0, &raw);
      const TilesHandle handle(raw);
      if (status == LIGHTCONE_OK)
        status = lightcone_device_tiles_put(raw, m.tiles.data(), 0, m.blocks, 1, nullptr);
      if (status == LIGHTCONE_OK)
        status = lightcone_device_tiles_multiply(raw, LIGHTCONE_PRODUCT_CENTRED, x.data(), y.data(), columns, 0, 1, nullptr);
      if (status == LIGHTCONE_OK) break;
      CHECK(status == (fault == &LightconeEmulation::fail_allocation ? LIGHTCONE_OUT_OF_MEMORY : LIGHTCONE_INTERNAL));
    }
    e->*fault = 0;
    CHECK(n > 3);
    CHECK(e->live == live);
    CHECK(e->memory_used == 0);
    CHECK(y == sound);
  }
}
