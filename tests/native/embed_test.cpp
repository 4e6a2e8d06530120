// SPDX-License-Identifier: Apache-2.0
// Products and sums over packed tiles against plain float64 on the full matrix; sizes straddle the tile of 96.
#include <sys/mman.h>

#include <utility>

#include "support.h"

using namespace support;

namespace {

constexpr int64_t kTile = LIGHTCONE_TILE;

// A symmetric matrix with zero diagonal, full and packed.
struct Packed {
  int64_t models, blocks;
  std::vector<float> full, tiles;

  float at(int64_t i, int64_t j) const { return full[static_cast<size_t>(i * models + j)]; }
  const float* row(int64_t i) const {
    return tiles.data() + (i * blocks - i * (i - 1) / 2) * kTile * kTile;
  }
};

void pack(Packed* p) {
  p->tiles.clear();
  for (int64_t i = 0; i < p->blocks; ++i)
    for (int64_t j = i; j < p->blocks; ++j)
      for (int64_t k = 0; k < kTile * kTile; ++k) {
        const int64_t r = i * kTile + k / kTile, c = j * kTile + k % kTile;
        p->tiles.push_back(r < p->models && c < p->models ? p->at(r, c) : 0.0f);
      }
}

Packed packed(int64_t models, uint64_t seed) {
  Packed p{models, (models + kTile - 1) / kTile, std::vector<float>(static_cast<size_t>(models * models)), {}};
  std::mt19937_64 random(seed);
  std::lognormal_distribution<float> entry(0, 3);  // seven orders of magnitude
  for (int64_t i = 0; i < models; ++i)
    for (int64_t j = 0; j < i; ++j)
      p.full[static_cast<size_t>(i * models + j)] = p.full[static_cast<size_t>(j * models + i)] = entry(random);
  pack(&p);
  return p;
}

std::vector<double> normals(int64_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> out(static_cast<size_t>(count));
  for (double& x : out) x = normal(random);
  return out;
}

std::vector<double> product(const Packed& p, const std::vector<double>& x, int64_t columns, int64_t band, int threads) {
  std::vector<double> y(x.size(), 0.0);
  for (int64_t b = 0; b < p.blocks; b += band)
    REQUIRE(lightcone_packed_product(p.row(b), p.models, b, std::min(p.blocks, b + band), x.data(), y.data(), columns,
                                     threads, nullptr) == LIGHTCONE_OK);
  return y;
}

}  // namespace

TEST_CASE("packed product = plain float64 product") {
  for (const int64_t models : {1, 2, 7, 95, 96, 97, 191, 192, 193, 300})
    for (const int64_t columns : {8, 16, 24, 40, 64, 96}) {
      const Packed p = packed(models, 7 + static_cast<uint64_t>(models));
      const std::vector<double> x = normals(models * columns, 11);
      const std::vector<double> y = product(p, x, columns, p.blocks, 2);
      double worst = 0;
      for (int64_t i = 0; i < models; ++i)
        for (int64_t c = 0; c < columns; ++c) {
          double wanted = 0, size = 0;
          for (int64_t j = 0; j < models; ++j) {
            const double term = static_cast<double>(p.at(i, j)) * x[static_cast<size_t>(j * columns + c)];
            wanted += term;
            size += std::fabs(term);
          }
          // Two sums of M terms, each rounded M times.
          const double bound = 2.3e-16 * static_cast<double>(models + 1) * size;
          const double error = std::fabs(y[static_cast<size_t>(i * columns + c)] - wanted);
          worst = std::max(worst, error == 0 ? 0 : error / bound);
        }
      CAPTURE(models);
      CAPTURE(columns);
      CHECK(worst <= 1);
    }
}

TEST_CASE("the bits of a packed product depend on neither threads nor bands") {
  const Packed p = packed(500, 3);
  const std::vector<double> x = normals(500 * 40, 5);
  const std::vector<double> wanted = product(p, x, 40, p.blocks, 1);
  for (const int threads : {2, 3})
    for (const int64_t band : {1, 2, 4, 6}) CHECK(product(p, x, 40, band, threads) == wanted);
}

// Tiles that are zero but for a few, without memory for the others: pages that are only read are one page of zeros.
class SparseTiles {
 public:
  SparseTiles(int64_t models, int64_t begin, int64_t end)
      : blocks_((models + kTile - 1) / kTile), begin_(begin),
        bytes_(static_cast<size_t>((offset(end) - offset(begin)) * kTile * kTile) * sizeof(float)),
        tiles_(static_cast<float*>(mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
    REQUIRE(tiles_ != MAP_FAILED);
  }
  ~SparseTiles() { munmap(tiles_, bytes_); }
  SparseTiles(const SparseTiles&) = delete;
  SparseTiles& operator=(const SparseTiles&) = delete;

  float* data() const { return tiles_; }
  void set(int64_t i, int64_t j, float d) {  // i <= j, of another block or the same
    put(i, j, d);
    if (i / kTile == j / kTile) put(j, i, d);
  }

 private:
  int64_t offset(int64_t row) const { return row * blocks_ - row * (row - 1) / 2; }
  void put(int64_t i, int64_t j, float d) {
    const int64_t tile = offset(i / kTile) - offset(begin_) + j / kTile - i / kTile;
    tiles_[tile * kTile * kTile + i % kTile * kTile + j % kTile] = d;
  }

  int64_t blocks_, begin_;
  size_t bytes_;
  float* tiles_;
};

// The matrix has the entries (i, j) given, and y must be their product with x.
void check_sparse(int64_t models, int64_t begin, int64_t end, const std::vector<std::pair<int64_t, int64_t>>& entries) {
  constexpr int64_t columns = 8;
  SparseTiles tiles(models, begin, end);
  const std::vector<double> x = normals(models * columns, 31);
  std::vector<double> y(x.size(), 0.0), wanted(y), sums(static_cast<size_t>(models), 0.0), squares(sums), sum(sums);
  float d = 1;
  for (const auto& [i, j] : entries) {
    tiles.set(i, j, d += 1.5f);
    for (int64_t c = 0; c < columns; ++c) {
      wanted[static_cast<size_t>(i * columns + c)] += d * x[static_cast<size_t>(j * columns + c)];
      wanted[static_cast<size_t>(j * columns + c)] += d * x[static_cast<size_t>(i * columns + c)];
    }
    sum[static_cast<size_t>(i)] += d;
    sum[static_cast<size_t>(j)] += d;
  }
  REQUIRE(lightcone_packed_product(tiles.data(), models, begin, end, x.data(), y.data(), columns, 2, nullptr) ==
          LIGHTCONE_OK);
  double worst = 0;
  for (size_t k = 0; k < y.size(); ++k) worst = std::max(worst, std::fabs(y[k] - wanted[k]));
  CHECK(worst <= 1e-14 * d * 8);  // sums of at most two products of numbers below 5 and d
  int64_t infinite[2];
  REQUIRE(lightcone_packed_sums(tiles.data(), models, begin, end, nullptr, 2, nullptr, sums.data(), squares.data(),
                                infinite) == LIGHTCONE_OK);
  CHECK(infinite[0] == -1);
  CHECK(sums == sum);
}

TEST_CASE("packed products of 46,400 models, whole, and of 65,600, in bands beyond 2^31 entries") {
  check_sparse(46400, 0, 484, {{0, 1}, {3, 46399}, {23000, 23100}, {46340, 46341}, {46398, 46399}});
  // 684 block rows of 65,600 models are 2.16e9 floats: the first two and the last three.
  check_sparse(65600, 0, 2, {{0, 65599}, {191, 65000}, {5, 180}});
  check_sparse(65600, 681, 684, {{65400, 65599}, {65536, 65537}, {65376, 65470}});
}

TEST_CASE("packed sums = plain sums, and the first infinite pair is named") {
  for (const int64_t models : {1, 2, 95, 97, 200}) {
    Packed p = packed(models, 21);
    std::vector<double> w = normals(models, 2);
    for (double& x : w) x = std::fabs(x);
    for (const bool weighted : {false, true}) {
      std::vector<double> sums(static_cast<size_t>(models)), squares(sums.size());
      int64_t infinite[2];
      for (int64_t b = 0; b < p.blocks; ++b) {
        REQUIRE(lightcone_packed_sums(p.row(b), models, b, b + 1, weighted ? w.data() : nullptr, 2, nullptr,
                                      sums.data(), squares.data(), infinite) == LIGHTCONE_OK);
        CHECK(infinite[0] == -1);
      }
      for (int64_t i = 0; i < models; ++i) {
        double sum = 0, square = 0;
        for (int64_t j = 0; j < models; ++j) {
          const double d = p.at(i, j), weight = weighted ? w[static_cast<size_t>(j)] : 1.0;
          sum += weight * d;
          square += weight * d * d;
        }
        CHECK(std::fabs(sums[static_cast<size_t>(i)] - sum) <= 1e-13 * sum);
        CHECK(std::fabs(squares[static_cast<size_t>(i)] - square) <= 1e-13 * square);
      }
    }
  }
  Packed p = packed(200, 22);
  const auto set = [&](int64_t i, int64_t j) {
    p.full[static_cast<size_t>(i * 200 + j)] = p.full[static_cast<size_t>(j * 200 + i)] = INFINITY;
  };
  set(150, 199);
  set(3, 120);
  set(3, 99);
  pack(&p);
  std::vector<double> sums(200), squares(200);
  int64_t infinite[2];
  REQUIRE(lightcone_packed_sums(p.row(0), 200, 0, p.blocks, nullptr, 2, nullptr, sums.data(), squares.data(),
                                infinite) == LIGHTCONE_OK);
  CHECK(infinite[0] == 3);
  CHECK(infinite[1] == 99);
}

TEST_CASE("packed pairwise errors = brute force") {
  for (const int64_t models : {2, 17, 95, 97, 230})
    for (const int64_t dims : {1, 5}) {
      if (dims > models) continue;
      const Packed p = packed(models, 31);
      const std::vector<double> x = normals(models * dims, 6);
      std::vector<double> w = normals(models, 4);
      for (double& weight : w) weight = std::fabs(weight);
      std::vector<int32_t> signature(static_cast<size_t>(dims));
      for (size_t k = 0; k < signature.size(); ++k) signature[k] = k % 2 == 0 ? 1 : -1;
      std::vector<double> missed(signature.size()), wanted(signature.size());
      double total = 0, all = 0;
      for (int64_t b = 0; b < p.blocks; b += 2)
        REQUIRE(lightcone_packed_pairwise(p.row(b), models, b, std::min(p.blocks, b + 2), x.data(), w.data(),
                                          signature.data(), dims, 2, nullptr, missed.data(), &total) == LIGHTCONE_OK);
      for (int64_t i = 0; i < models; ++i)
        for (int64_t j = i + 1; j < models; ++j) {
          double interval = 0;
          const double weight = w[static_cast<size_t>(i)] * w[static_cast<size_t>(j)];
          all += weight * p.at(i, j);
          for (int64_t k = 0; k < dims; ++k) {
            const double step = x[static_cast<size_t>(i * dims + k)] - x[static_cast<size_t>(j * dims + k)];
            interval += signature[static_cast<size_t>(k)] * step * step;
            wanted[static_cast<size_t>(k)] += weight * std::fabs(p.at(i, j) - interval);
          }
        }
      CHECK(std::fabs(total - all) <= 1e-12 * all);
      for (size_t k = 0; k < wanted.size(); ++k) CHECK(std::fabs(missed[k] - wanted[k]) <= 1e-12 * wanted[k]);
    }
}

TEST_CASE("products of tall blocks = plain float64") {
  for (const int64_t rows : {1, 9, 96, 1023, 1025, 2100})
    for (const int64_t width : {8, 24}) {
      const int64_t blocks = 3, columns = 16;
      const std::vector<double> q = normals(blocks * rows * width, 8), z = normals(rows * columns, 9);
      std::vector<double> inner(static_cast<size_t>(blocks * width * columns), NAN), one = inner;
      REQUIRE(lightcone_block_inner(q.data(), blocks, width, z.data(), rows, columns, 2, inner.data()) == LIGHTCONE_OK);
      REQUIRE(lightcone_block_inner(q.data(), blocks, width, z.data(), rows, columns, 1, one.data()) == LIGHTCONE_OK);
      CHECK(inner == one);
      std::vector<double> updated = z;
      REQUIRE(lightcone_block_update(q.data(), blocks, width, inner.data(), -0.5, updated.data(), rows, columns, 2) ==
              LIGHTCONE_OK);
      double worst = 0;
      const auto entry = [&](int64_t r, int64_t k) {
        return q[static_cast<size_t>((k / width * rows + r) * width + k % width)];
      };
      for (int64_t k = 0; k < blocks * width; ++k)
        for (int64_t c = 0; c < columns; ++c) {
          double sum = 0, size = 0;
          for (int64_t r = 0; r < rows; ++r) {
            sum += entry(r, k) * z[static_cast<size_t>(r * columns + c)];
            size += std::fabs(entry(r, k) * z[static_cast<size_t>(r * columns + c)]);
          }
          worst = std::max(worst, std::fabs(inner[static_cast<size_t>(k * columns + c)] - sum) /
                                      (2.3e-16 * static_cast<double>(rows + 1) * size));
        }
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < columns; ++c) {
          double sum = z[static_cast<size_t>(r * columns + c)], size = std::fabs(sum);
          for (int64_t k = 0; k < blocks * width; ++k) {
            const double term = -0.5 * entry(r, k) * inner[static_cast<size_t>(k * columns + c)];
            sum += term;
            size += std::fabs(term);
          }
          worst = std::max(worst, std::fabs(updated[static_cast<size_t>(r * columns + c)] - sum) /
                                      (2.3e-16 * static_cast<double>(blocks * width + 2) * size));
        }
      CAPTURE(rows);
      CHECK(worst <= 1);
    }
}

TEST_CASE("the embedding's calls refuse what they cannot do") {
  const Packed p = packed(100, 1);
  std::vector<double> x(800), y(800), sums(100), squares(100);
  int64_t infinite[2];
  int32_t signature = 1;
  double total = 0;
  const auto call = [&](const float* tiles, int64_t models, int64_t begin, int64_t end, int64_t columns) {
    return lightcone_packed_product(tiles, models, begin, end, x.data(), y.data(), columns, 1, nullptr);
  };
  CHECK(call(p.row(0), 100, 0, 2, 8) == LIGHTCONE_OK);
  CHECK(call(nullptr, 100, 0, 2, 8) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(call(p.row(0), 0, 0, 2, 8) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(call(p.row(0), int64_t{1} << 62, 0, 2, 8) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(call(p.row(0), 100, 1, 1, 8) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(call(p.row(0), 100, -1, 1, 8) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(call(p.row(0), 100, 0, 3, 8) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(call(p.row(0), 100, 0, 2, 7) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(call(p.row(0), 100, 0, 2, 0) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_packed_sums(p.row(0), 100, 0, 2, nullptr, 1, nullptr, nullptr, squares.data(), infinite) ==
        LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_packed_pairwise(p.row(0), 100, 0, 2, x.data(), nullptr, &signature, 0, 1, nullptr, sums.data(),
                                  &total) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_block_inner(x.data(), 0, 8, y.data(), 10, 8, 1, sums.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_block_update(x.data(), 1, 4, y.data(), 1, sums.data(), 10, 8, 1) == LIGHTCONE_INVALID_ARGUMENT);
  lightcone_control* raw = nullptr;
  REQUIRE(lightcone_control_create(&raw) == LIGHTCONE_OK);
  const ControlHandle control(raw);
  lightcone_control_cancel(raw);
  CHECK(lightcone_packed_product(p.row(0), 100, 0, 2, x.data(), y.data(), 8, 1, raw) == LIGHTCONE_CANCELLED);
}
