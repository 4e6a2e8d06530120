// SPDX-License-Identifier: Apache-2.0
// The Bhattacharyya kernel against its own ceiling, which is the FMA rate measured before and after in the same
// run: a pair-sample costs C FMAs, one multiplication into the product and 3 / R renormalising, so
//   ceiling = FMA rate / (C + 1 + 3 / R) pair-samples per second,  R = 8.
// The answer is verified against plain float64 before any time is printed. Refinement is timed on its own.
//   cmake -S . -B build -DLIGHTCONE_BENCH=ON && cmake --build build
//   build/bench/native/bench_bhattacharyya [--models M] [--samples N] [--classes C] [--threads T] [--runs K]
//       [--spread S] [--json FILE]
// --spread is the size of the models' differences: 1 (default) gives d of 0.15, 0.02 only near pairs.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lightcone.h"

namespace {

struct Arguments {
  int64_t models = 2048, samples = 2000, classes = 10;
  int threads = static_cast<int>(std::thread::hardware_concurrency());
  int runs = 7;
  double spread = 1.0;  // of the models' logits around the common ones: 1 gives d of 0.15, all above near
  std::string json;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int k = 1; k + 1 < argc; k += 2) {
    const std::string key = argv[k];
    const char* value = argv[k + 1];
    if (key == "--models") a.models = std::atoll(value);
    else if (key == "--samples") a.samples = std::atoll(value);
    else if (key == "--classes") a.classes = std::atoll(value);
    else if (key == "--threads") a.threads = std::atoi(value);
    else if (key == "--runs") a.runs = std::max(1, std::atoi(value));
    else if (key == "--spread") a.spread = std::atof(value);
    else if (key == "--json") a.json = value;
    else {
      std::fprintf(stderr, "bench_bhattacharyya: unknown option %s\n", key.c_str());
      std::exit(2);
    }
  }
  return a;
}

void check(lightcone_status status) {
  if (status == LIGHTCONE_OK) return;
  std::fprintf(stderr, "bench_bhattacharyya: %s\n", lightcone_last_error());
  std::exit(1);
}

double fma_rate(int32_t isa, int threads) {
  double rate = 0;
  check(lightcone_ceiling_fma(isa, LIGHTCONE_FLOAT32, threads, &rate));
  return rate;
}

std::vector<float> random_logits(const Arguments& a) {
  std::vector<float> x(static_cast<size_t>(a.models * a.samples * a.classes));
  const size_t row = static_cast<size_t>(a.samples * a.classes);
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> common(row);
  for (float& v : common) v = 2 * normal(random);
  for (size_t k = 0; k < x.size(); ++k) x[k] = common[k % row] + static_cast<float>(a.spread) * normal(random);
  return x;
}

// Largest relative error over 500 pairs spread over the table.
double verify(const Arguments& a, const std::vector<float>& logits, const std::vector<float>& d) {
  const auto sqrt_row = [&](int64_t m, int64_t n, std::vector<double>& s) {
    const float* x = logits.data() + (m * a.samples + n) * a.classes;
    double sum = 0;
    for (size_t c = 0; c < s.size(); ++c) sum += s[c] = std::exp(static_cast<double>(x[c]));
    for (double& v : s) v = std::sqrt(v / sum);
  };
  std::mt19937_64 random(2);
  std::vector<double> u(static_cast<size_t>(a.classes)), v(u);
  double worst = 0;
  for (int k = 0; k < 500; ++k) {
    const int64_t i = static_cast<int64_t>(random() % static_cast<uint64_t>(a.models));
    const int64_t j = static_cast<int64_t>(random() % static_cast<uint64_t>(a.models));
    double sum = 0;
    for (int64_t n = 0; n < a.samples; ++n) {
      sqrt_row(i, n, u);
      sqrt_row(j, n, v);
      double norm = 0;
      for (size_t c = 0; c < u.size(); ++c) norm += (u[c] - v[c]) * (u[c] - v[c]);
      sum -= std::log1p(-0.5 * norm);
    }
    const double exact = sum / static_cast<double>(a.samples);
    const double got = d[static_cast<size_t>(i * a.models + j)];
    worst = std::max(worst, exact == 0 ? got : std::fabs(got - exact) / exact);
  }
  return worst;
}

// The processor's name as the kernel tells it.
std::string machine() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  return "unknown";
}

double quantile(std::vector<double> x, double q) {
  std::sort(x.begin(), x.end());
  return x[static_cast<size_t>(std::lround(q * static_cast<double>(x.size() - 1)))];
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = parse(argc, argv);
  const std::vector<float> logits = random_logits(a);
  lightcone_predictions* raw = nullptr;
  check(lightcone_predictions_create(a.models, a.samples, a.classes, &raw));
  const std::unique_ptr<lightcone_predictions, decltype(&lightcone_predictions_destroy)> owner(
      raw, lightcone_predictions_destroy);
  check(lightcone_predictions_add_memory(raw, logits.data(), "random logits", LIGHTCONE_LOGITS,
                                         LIGHTCONE_FLOAT32, 0, a.models, 0, a.samples,
                                         a.samples * a.classes * 4));
  check(lightcone_predictions_validate(raw, a.threads, nullptr));
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.threads = a.threads;
  std::vector<float> d(static_cast<size_t>(a.models * a.models));
  lightcone_distances_report report;
  lightcone_distances_report_init(&report);
  check(lightcone_distances(raw, &options, nullptr, d.data(), &report));
  const double error = verify(a, logits, d);
  if (!(error <= 2e-6)) {
    std::fprintf(stderr, "bench_bhattacharyya: wrong answer, relative error %g\n", error);
    return 1;
  }
  const double redone = static_cast<double>(report.near_pairs + report.flagged_pairs);
  const double refine = redone * static_cast<double>(report.samples) / report.refine_seconds;

  const double fma_before = fma_rate(report.isa, a.threads);
  options.refine = LIGHTCONE_REFINE_OFF;
  std::vector<double> kernel, read;
  for (int k = 0; k < a.runs; ++k) {
    std::fill(d.begin(), d.end(), NAN);
    check(lightcone_distances(raw, &options, nullptr, d.data(), &report));
    kernel.push_back(report.distances_seconds);
    read.push_back(report.read_seconds);
  }
  const double fma = std::max(fma_before, fma_rate(report.isa, a.threads));
  const double ceiling = fma / (static_cast<double>(a.classes) + 1 + 3.0 / 8);
  const double work = static_cast<double>(report.pairs) * static_cast<double>(a.samples);
  const double median = quantile(kernel, 0.5), rate = work / median;
  const char* isa = lightcone_isa_name(report.isa);
  std::printf("bhattacharyya  %s  M %lld  N %lld  C %lld  threads %d\n", isa, (long long)a.models,
              (long long)a.samples, (long long)a.classes, a.threads);
  std::printf("  max relative error     %.2g (500 pairs against float64)\n", error);
  std::printf("  FMA rate               %.1f G/s, before %.1f\n", fma * 1e-9, fma_before * 1e-9);
  std::printf("  kernel                 %.4f s (p10 %.4f, p90 %.4f, %d runs)\n", median,
              quantile(kernel, 0.1), quantile(kernel, 0.9), a.runs);
  std::printf("  rate                   %.2f G pair-samples/s = %.1f%% of the ceiling %.2f\n", rate * 1e-9,
              100 * rate / ceiling, ceiling * 1e-9);
  std::printf("  rows to panels         %.4f s\n", quantile(read, 0.5));
  if (redone > 0)
    std::printf("  refinement             %.2f G pair-samples/s, %.1f%% of the pairs\n", refine * 1e-9,
                100 * redone / static_cast<double>(report.pairs));
  if (a.json.empty()) return 0;
  std::FILE* file = std::fopen(a.json.c_str(), "w");
  if (file == nullptr) {
    std::perror(a.json.c_str());
    return 1;
  }
  std::fprintf(file,
               "{\"machine\": \"%s\", \"compiler\": \"gcc %s\", \"kernel\": \"bhattacharyya\", \"mode\": "
               "\"exact, refine off\", \"isa\": \"%s\", \"M\": %lld, \"N\": %lld, \"C\": %lld, \"threads\": %d, "
               "\"median_s\": %.6g, \"p10_s\": %.6g, \"p90_s\": %.6g, \"rate\": %.6g, \"unit\": "
               "\"pair-samples/s\", \"fma_rate\": %.6g, \"ceiling\": %.6g, \"ceiling_share\": %.4g, "
               "\"max_rel_error\": %.3g, \"verified\": true}\n",
               machine().c_str(), __VERSION__, isa, (long long)a.models, (long long)a.samples,
               (long long)a.classes, a.threads, median, quantile(kernel, 0.1), quantile(kernel, 0.9), rate,
               fma, ceiling, rate / ceiling, error);
  return std::fclose(file) == 0 ? 0 : 1;
}
