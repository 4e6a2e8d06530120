// SPDX-License-Identifier: Apache-2.0
// Progress (Eq 4) against a plain read of the same bytes, which is its ceiling: the table is read once. A shared machine
// is noisy, so the table is taken in slices of 64 models, one read plainly, the next one measured, and so on with the
// two exchanged in every other run; the medians and the quickest slices of both are printed. The answer is verified
// before any time is: the models' own derivative changes sign at the result.
//   build/bench/native/bench_progress [--models M] [--samples N] [--classes C] [--threads T] [--runs K]
//       [--kind probs|log-probs] [--noise S]
// The default table is 1.6 GB, beyond the third-level cache of large servers.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lightcone.h"

namespace {

constexpr int64_t kSlice = 64;  // models: 13 MB of the default table, a few milliseconds

struct Arguments {
  int64_t models = 8000, samples = 5000, classes = 10;
  int threads = static_cast<int>(std::thread::hardware_concurrency()), runs = 5;
  double noise = 1.0;
  bool logs = false;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int k = 1; k + 1 < argc; k += 2) {
    const std::string key = argv[k], value = argv[k + 1];
    if (key == "--models") a.models = std::atoll(value.c_str());
    else if (key == "--samples") a.samples = std::atoll(value.c_str());
    else if (key == "--classes") a.classes = std::atoll(value.c_str());
    else if (key == "--threads") a.threads = std::atoi(value.c_str());
    else if (key == "--runs") a.runs = std::max(1, std::atoi(value.c_str()));
    else if (key == "--noise") a.noise = std::atof(value.c_str());
    else if (key == "--kind" && (value == "probs" || value == "log-probs")) a.logs = value == "log-probs";
    else {
      std::fprintf(stderr, "bench_progress: unknown option %s %s\n", key.c_str(), value.c_str());
      std::exit(2);
    }
  }
  a.models = std::max<int64_t>(2, a.models / kSlice) * kSlice;
  return a;
}

void check(lightcone_status status) {
  if (status == LIGHTCONE_OK) return;
  std::fprintf(stderr, "bench_progress: %s\n", lightcone_last_error());
  std::exit(1);
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Models from ignorance to confidence in the label, with noise: kSlice different ones, repeated.
std::vector<float> random_models(const Arguments& a, const std::vector<int32_t>& labels) {
  const int64_t row = a.samples * a.classes, distinct = kSlice;
  std::vector<float> x(static_cast<size_t>(a.models * row));
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  std::vector<double> logit(static_cast<size_t>(a.classes));
  for (int64_t m = 0; m < distinct; ++m)
    for (int64_t n = 0; n < a.samples; ++n) {
      double sum = 0;
      for (int64_t c = 0; c < a.classes; ++c) {
        double& v = logit[static_cast<size_t>(c)];
        v = a.noise * normal(random) + (c == labels[static_cast<size_t>(n)] ? 0.12 * static_cast<double>(m) : 0.0);
        sum += std::exp(v);
      }
      for (int64_t c = 0; c < a.classes; ++c) {
        const double log_p = logit[static_cast<size_t>(c)] - std::log(sum);
        x[static_cast<size_t>(m * row + n * a.classes + c)] = static_cast<float>(a.logs ? log_p : std::exp(log_p));
      }
    }
  for (int64_t m = distinct; m < a.models; ++m)
    std::copy_n(x.begin() + m % distinct * row, row, x.begin() + m * row);
  return x;
}

// Slope of the objective of model m at t, plainly.
double slope(const Arguments& a, const std::vector<float>& x, const std::vector<int32_t>& labels, int64_t m,
             double t) {
  const double classes = static_cast<double>(a.classes), theta = std::acos(1 / std::sqrt(classes));
  double sum = 0;
  for (int64_t n = 0; n < a.samples; ++n) {
    const float* row = x.data() + (m * a.samples + n) * a.classes;
    double norm = 0, dot = 0, rise = 0;
    for (int64_t c = 0; c < a.classes; ++c) {
      const double p = a.logs ? std::exp(static_cast<double>(row[c])) : row[c];
      const double own = c == labels[static_cast<size_t>(n)] ? 1 : 0;
      const double g = (std::sin((1 - t) * theta) / std::sqrt(classes) + std::sin(t * theta) * own) / std::sin(theta);
      const double dg = (-std::cos((1 - t) * theta) / std::sqrt(classes) + std::cos(t * theta) * own) / std::sin(theta);
      norm += p;
      dot += std::sqrt(p) * g;
      rise += std::sqrt(p) * dg;
    }
    dot /= std::sqrt(norm);
    rise /= std::sqrt(norm);
    if (dot < 1) sum -= rise / std::sqrt(1 - dot * dot);
  }
  return sum;
}

double read(const float* x, size_t count, int threads) {
  typedef float F16 __attribute__((vector_size(64), aligned(4)));
  std::vector<float> sink(static_cast<size_t>(threads) * 16);
  const size_t part = count / static_cast<size_t>(threads);
  std::vector<std::thread> team;
  const double start = now();
  for (int t = 0; t < threads; ++t)
    team.emplace_back([&, t] {
      F16 sum[4] = {};
      const float* p = x + part * static_cast<size_t>(t);
      for (size_t k = 0; k + 64 <= part; k += 64)
        for (size_t l = 0; l < 4; ++l) sum[l] += *reinterpret_cast<const F16*>(p + k + 16 * l);
      const F16 all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
      sink[static_cast<size_t>(t) * 16] = all[0] + all[7];
    });
  for (std::thread& t : team) t.join();
  const double seconds = now() - start;
  for (const float s : sink)
    if (std::isnan(s)) std::exit(1);
  return seconds;
}

double median(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  return x[x.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = parse(argc, argv);
  std::vector<int32_t> labels(static_cast<size_t>(a.samples));
  for (int64_t n = 0; n < a.samples; ++n) labels[static_cast<size_t>(n)] = static_cast<int32_t>(n * 7 % a.classes);
  const std::vector<float> x = random_models(a, labels);
  const int64_t row = a.samples * a.classes, slices = a.models / kSlice;
  std::vector<std::unique_ptr<lightcone_predictions, decltype(&lightcone_predictions_destroy)>> tables;
  for (int64_t k = 0; k < slices; ++k) {
    lightcone_predictions* raw = nullptr;
    check(lightcone_predictions_create(kSlice, a.samples, a.classes, &raw));
    tables.emplace_back(raw, lightcone_predictions_destroy);
    check(lightcone_predictions_add_memory(raw, x.data() + k * kSlice * row, "random models",
                                           a.logs ? LIGHTCONE_LOG_PROBABILITIES : LIGHTCONE_PROBABILITIES,
                                           LIGHTCONE_FLOAT32, 0, kSlice, 0, a.samples, row * 4));
    check(lightcone_predictions_validate(raw, a.threads, nullptr));
  }
  std::vector<double> s(static_cast<size_t>(kSlice), NAN);
  const auto measure = [&](int64_t slice) {
    check(lightcone_progress(tables[static_cast<size_t>(slice)].get(), labels.data(), a.samples, a.threads, nullptr,
                             s.data()));
  };
  measure(0);
  for (int64_t m = 0; m < kSlice; ++m) {
    const double t = s[static_cast<size_t>(m)];
    const bool left = t <= 0 || slope(a, x, labels, m, std::max(0.0, t - 1e-7)) <= 0;
    const bool right = t >= 1 || slope(a, x, labels, m, std::min(1.0, t + 1e-7)) >= 0;
    if (!(left && right)) {
      std::fprintf(stderr, "bench_progress: wrong answer, model %lld at %.17g\n", (long long)m, t);
      return 1;
    }
  }
  std::vector<double> plain, ours;
  for (int k = 0; k < a.runs; ++k)
    for (int64_t slice = 0; slice < slices; ++slice) {
      if ((slice + k) % 2 == 0) {
        plain.push_back(read(x.data() + slice * kSlice * row, static_cast<size_t>(kSlice * row), a.threads));
        continue;
      }
      const double start = now();
      measure(slice);
      ours.push_back(now() - start);
    }
  const double bytes = static_cast<double>(kSlice * row) * sizeof(float);
  const double least_plain = *std::min_element(plain.begin(), plain.end());
  const double least_ours = *std::min_element(ours.begin(), ours.end());
  int32_t isa = 0;
  check(lightcone_isa_resolve(LIGHTCONE_ISA_AUTO, &isa));
  std::printf("progress  %s  M %lld  N %lld  C %lld  %s  threads %d, verified\n", lightcone_isa_name(isa),
              (long long)a.models, (long long)a.samples, (long long)a.classes, a.logs ? "log-probs" : "probs",
              a.threads);
  std::printf("  plain read  %.2f GB/s, quickest slice %.2f\n", bytes / median(plain) * 1e-9, bytes / least_plain * 1e-9);
  std::printf("  progress    %.2f GB/s, quickest slice %.2f\n", bytes / median(ours) * 1e-9, bytes / least_ours * 1e-9);
  std::printf("  ratio       %.2f, of the quickest %.2f\n", median(ours) / median(plain), least_ours / least_plain);
  return 0;
}
