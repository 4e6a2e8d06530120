// SPDX-License-Identifier: Apache-2.0
// Tables from blocks: coverage, validation that names the first bad row, files, normalised rows.
#include "support.h"

using namespace support;

namespace {

std::string message_of(const Table& t, int32_t dtype) {
  lightcone_predictions* raw = nullptr;
  REQUIRE(lightcone_predictions_create(t.models, t.samples, t.classes, &raw) == LIGHTCONE_OK);
  const Handle owner(raw);
  std::vector<float> single(t.x.begin(), t.x.end());
  const void* address = dtype == LIGHTCONE_FLOAT32 ? static_cast<const void*>(single.data()) : t.x.data();
  REQUIRE(lightcone_predictions_add_memory(raw, address, "P.npy", t.kind, dtype, 0, t.models, 0, t.samples,
                                           t.samples * t.classes * (dtype == LIGHTCONE_FLOAT32 ? 4 : 8)) ==
          LIGHTCONE_OK);
  CHECK(lightcone_predictions_validate(raw, 2, nullptr) == LIGHTCONE_INVALID_DATA);
  return lightcone_last_error();
}

}  // namespace

TEST_CASE("the first bad row is named, with file, model, sample and value") {
  for (const int32_t dtype : {LIGHTCONE_FLOAT32, LIGHTCONE_FLOAT64}) {
    Table t = table(3, 2000, 4, LIGHTCONE_PROBABILITIES);
    for (double& v : t.x) v = 0.25;
    t.row(2, 7)[0] = NAN;
    t.row(1, 1999)[2] = -0.25;
    CHECK(message_of(t, dtype) ==
          "P.npy: model 1, sample 1999: class 2 has the negative probability -0.25");
    t.row(1, 1999)[2] = 0.25;
    CHECK(message_of(t, dtype) == "P.npy: model 2, sample 7: class 0 is NaN");
    t.row(2, 7)[0] = 0.5;
    CHECK(message_of(t, dtype).find("P.npy: model 2, sample 7: the probabilities sum to 1.25") == 0);
    t.row(2, 7)[0] = kInf;
    CHECK(message_of(t, dtype) == "P.npy: model 2, sample 7: class 0 is inf");
  }
  Table logits = table(1, 1, 2, LIGHTCONE_LOGITS);
  logits.x = {-kInf, -kInf};
  CHECK(message_of(logits, LIGHTCONE_FLOAT64) == "P.npy: model 0, sample 0: every logit is -inf");
  Table logs = table(1, 1, 2, LIGHTCONE_LOG_PROBABILITIES);
  logs.x = {1.0, 0.0};
  CHECK(message_of(logs, LIGHTCONE_FLOAT64).find("sum to 3.71828183") != std::string::npos);
}

TEST_CASE("rows are renormalised log-probabilities") {
  Table t = table(1, 2, 2, LIGHTCONE_PROBABILITIES);
  t.x = {0.2502, 0.7506, 0.0, 1.0};
  const Predictions p = predictions(t);
  double out[4];
  REQUIRE(lightcone_predictions_read(p.handle.get(), 0, 0, 2, out) == LIGHTCONE_OK);
  CHECK(out[0] == doctest::Approx(std::log(0.25)).epsilon(1e-14));
  CHECK(out[1] == doctest::Approx(std::log(0.75)).epsilon(1e-14));
  CHECK(out[2] == -kInf);
  CHECK(out[3] == 0);
}

TEST_CASE("blocks cover the table exactly once") {
  const std::vector<double> x(64, 0.5);
  struct Piece {
    int64_t m0, m, n0, n;
  };
  const auto status = [&](const std::vector<Piece>& pieces) {
    lightcone_predictions* raw = nullptr;
    REQUIRE(lightcone_predictions_create(4, 5, 2, &raw) == LIGHTCONE_OK);
    const Handle owner(raw);
    for (const Piece& b : pieces)
      REQUIRE(lightcone_predictions_add_memory(raw, x.data(), nullptr, LIGHTCONE_PROBABILITIES,
                                               LIGHTCONE_FLOAT64, b.m0, b.m, b.n0, b.n,
                                               b.n * 16) == LIGHTCONE_OK);
    return lightcone_predictions_validate(raw, 1, nullptr);
  };
  CHECK(status({{0, 4, 0, 5}}) == LIGHTCONE_OK);
  CHECK(status({{0, 2, 0, 5}, {2, 2, 3, 2}, {2, 2, 0, 3}}) == LIGHTCONE_OK);
  CHECK(status({}) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status({{0, 3, 0, 5}}) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status({{0, 4, 0, 4}}) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status({{0, 4, 0, 5}, {1, 1, 0, 5}}) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status({{0, 4, 0, 3}, {0, 4, 2, 3}}) == LIGHTCONE_INVALID_ARGUMENT);
}

TEST_CASE("files, strides and mixed blocks give the numbers of one table in memory") {
  const Table t = random_logits(6, 37, 3, 1, 1, 11);
  const Predictions whole = predictions(t, LIGHTCONE_FLOAT32);
  // Models 0-2 in memory; 3-5 in a file in two chunks of samples, each model with a gap behind it.
  const int64_t row = 3 * 4, body = 37 * row;
  std::vector<char> bytes(64 + 3 * (body + 100));
  for (int64_t m = 0; m < 3; ++m)
    std::copy_n(reinterpret_cast<const char*>(whole.single.data()) + (m + 3) * body, body,
                bytes.data() + 64 + m * (body + 100));
  const TemporaryFile file(bytes.data(), bytes.size());
  lightcone_predictions* raw = nullptr;
  REQUIRE(lightcone_predictions_create(6, 37, 3, &raw) == LIGHTCONE_OK);
  const Handle owner(raw);
  REQUIRE(lightcone_predictions_add_memory(raw, whole.single.data(), nullptr, t.kind, LIGHTCONE_FLOAT32, 0,
                                           3, 0, 37, body) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_add_file(raw, file.path(), 64, t.kind, LIGHTCONE_FLOAT32, 3, 3, 0, 20,
                                         body + 100) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_add_file(raw, file.path(), 64 + 20 * row, t.kind, LIGHTCONE_FLOAT32, 3, 3, 20,
                                         17, body + 100) == LIGHTCONE_OK);
  REQUIRE(lightcone_predictions_validate(raw, 2, nullptr) == LIGHTCONE_OK);
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  for (const int64_t step : {1, 3}) {
    options.sample_begin = 1;
    options.sample_step = step;
    std::vector<float> a(36), b(36);
    REQUIRE(lightcone_distances(whole.handle.get(), &options, nullptr, a.data(), nullptr) == LIGHTCONE_OK);
    REQUIRE(lightcone_distances(raw, &options, nullptr, b.data(), nullptr) == LIGHTCONE_OK);
    CHECK(a == b);
  }
  // Rows made longer than the file.
  lightcone_predictions* longer = nullptr;
  REQUIRE(lightcone_predictions_create(6, 37, 3, &longer) == LIGHTCONE_OK);
  const Handle second(longer);
  CHECK(lightcone_predictions_add_file(longer, file.path(), 64, t.kind, LIGHTCONE_FLOAT32, 0, 4, 0, 37,
                                       body + 100) == LIGHTCONE_IO);
  CHECK(lightcone_predictions_add_file(longer, file.path(), INT64_MAX, t.kind, LIGHTCONE_FLOAT32, 0, 1, 0, 37,
                                       body) == LIGHTCONE_IO);
  CHECK(std::string(lightcone_last_error()).find("needs 444 behind offset 9223372036854775807") != std::string::npos);
  CHECK(lightcone_predictions_add_file(longer, "/nowhere/P.npy", 0, t.kind, LIGHTCONE_FLOAT32, 0, 1, 0, 37,
                                       body) == LIGHTCONE_IO);
  CHECK(std::string(lightcone_last_error()) == "cannot open /nowhere/P.npy: No such file or directory");
  // A file that shrinks after validation.
  file.write(bytes.data(), 100);
  std::vector<float> d(36);
  CHECK(lightcone_distances(raw, &options, nullptr, d.data(), nullptr) == LIGHTCONE_IO);
  CHECK(std::string(lightcone_last_error()).find("became shorter") != std::string::npos);
}
