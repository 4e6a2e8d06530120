// SPDX-License-Identifier: Apache-2.0
// What the native tests share: tables of predictions with an owner, generators of hostile ones, and the
// plain float64 forms of every formula under test.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "lightcone.h"

namespace support {

constexpr double kInf = std::numeric_limits<double>::infinity();

struct Destroy {
  void operator()(lightcone_predictions* p) const { lightcone_predictions_destroy(p); }
  void operator()(lightcone_control* c) const { lightcone_control_destroy(c); }
};
using Handle = std::unique_ptr<lightcone_predictions, Destroy>;
using ControlHandle = std::unique_ptr<lightcone_control, Destroy>;

// A file that holds these bytes and goes with its owner.
class TemporaryFile {
 public:
  TemporaryFile(const void* data, size_t bytes) {
    const int fd = ::mkstemp(path_);
    REQUIRE(fd >= 0);
    ::close(fd);
    write(data, bytes);
  }
  ~TemporaryFile() { std::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const char* path() const { return path_; }
  void write(const void* data, size_t bytes) const {
    std::FILE* file = std::fopen(path_, "wb");
    REQUIRE(file != nullptr);
    REQUIRE((bytes == 0 || std::fwrite(data, 1, bytes, file) == bytes));
    std::fclose(file);
  }

 private:
  char path_[32] = "/tmp/lightcone-test-XXXXXX";
};

// A table (M, N, C) in memory, float64 or float32.
struct Table {
  int64_t models, samples, classes;
  int32_t kind;
  std::vector<double> x;

  double* row(int64_t m, int64_t n) { return x.data() + (m * samples + n) * classes; }
  const double* row(int64_t m, int64_t n) const { return x.data() + (m * samples + n) * classes; }
};

inline Table table(int64_t models, int64_t samples, int64_t classes, int32_t kind) {
  return {models, samples, classes, kind,
          std::vector<double>(static_cast<size_t>(models * samples * classes))};
}

// Logits: a common part per sample of size `common`, and a part of size `spread` per model.
inline Table random_logits(int64_t models, int64_t samples, int64_t classes, double common, double spread,
                           uint64_t seed) {
  Table t = table(models, samples, classes, LIGHTCONE_LOGITS);
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> base(static_cast<size_t>(samples * classes));
  for (double& b : base) b = common * normal(random);
  for (int64_t m = 0; m < models; ++m)
    for (size_t k = 0; k < base.size(); ++k)
      // Rounded to float32, so that the same numbers can be handed over in either type.
      t.x[static_cast<size_t>(m) * base.size() + k] =
          static_cast<float>(base[k] + spread * normal(random));
  return t;
}

// The handle borrows the vector it is made from; keep both.
struct Predictions {
  std::vector<float> single;
  std::vector<double> wide;
  Handle handle;
};

inline Predictions predictions(const Table& t, int32_t dtype = LIGHTCONE_FLOAT64) {
  Predictions p;
  lightcone_predictions* raw = nullptr;
  REQUIRE(lightcone_predictions_create(t.models, t.samples, t.classes, &raw) == LIGHTCONE_OK);
  p.handle.reset(raw);
  const void* address = nullptr;
  if (dtype == LIGHTCONE_FLOAT32) {
    p.single.assign(t.x.begin(), t.x.end());
    address = p.single.data();
  } else {
    p.wide = t.x;
    address = p.wide.data();
  }
  const int64_t stride = t.samples * t.classes * (dtype == LIGHTCONE_FLOAT32 ? 4 : 8);
  REQUIRE(lightcone_predictions_add_memory(raw, address, "table", t.kind, dtype, 0, t.models, 0, t.samples,
                                           stride) == LIGHTCONE_OK);
  const lightcone_status status = lightcone_predictions_validate(raw, 1, nullptr);
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  return p;
}

// Half of the normalised log-probabilities: log s, -inf for zeros.
inline std::vector<double> log_s(const Table& t, int64_t m, int64_t n) {
  const double* x = t.row(m, n);
  std::vector<double> out(x, x + t.classes);
  if (t.kind == LIGHTCONE_PROBABILITIES)
    for (double& v : out) v = std::log(v);
  double largest = -kInf, sum = 0;
  for (const double v : out) largest = std::max(largest, v);
  for (const double v : out) sum += std::exp(v - largest);
  for (double& v : out) v = 0.5 * (v - largest - std::log(sum));
  return out;
}

// -log BC of one sample: the difference form where half the squared norm is below 1/2, log-sum-exp
// otherwise. Good to about 1e-15 relative (to 1e-15 / sqrt(d) for near rows).
inline double term(const std::vector<double>& u, const std::vector<double>& v) {
  double norm = 0, largest = -kInf, sum = 0;
  for (size_t c = 0; c < u.size(); ++c) {
    const double d = std::exp(u[c]) - std::exp(v[c]);
    norm += d * d;
    largest = std::max(largest, u[c] + v[c]);
  }
  if (norm < 1) return -std::log1p(-0.5 * norm);
  if (largest == -kInf) return kInf;
  for (size_t c = 0; c < u.size(); ++c) sum += std::exp(u[c] + v[c] - largest);
  return -(largest + std::log(sum));
}

inline double distance(const Table& t, int64_t i, int64_t j, int64_t begin = 0, int64_t step = 1,
                       double cap = kInf) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t n = begin; n < t.samples; n += step, ++count) {
    const double d = term(log_s(t, i, n), log_s(t, j, n));
    sum += std::isinf(d) ? cap : d;
  }
  return sum / static_cast<double>(count);
}

}  // namespace support
