// SPDX-License-Identifier: Apache-2.0
// The device's rows of the benchmark, through the C ABI: distances in each mode, near pairs timed apart, a slice of the
// paper's size with the whole projected from it, and the packed product of the eigensolver. Answers are verified before
// any time is printed; a row that fails says so and makes the program fail. The device library is the one that
// LIGHTCONE_CUDA_LIBRARY names; emulated, this proves its own checks (--scale tiny) and its times mean nothing.
//   bench_device --json FILE [--scale tiny|small|full] [--runs K] [--seconds S] [--commit C]
// After --seconds no further row is begun. The file is written anew after every row, so that a run that is cut off counts.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "ceilings.h"
#include "lightcone.h"

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

struct Arguments {
  std::string json, scale = "full", commit = "unknown";
  int runs = 5;
  double seconds = 1e9;
};

[[noreturn]] void stop(const std::string& what) {
  std::fprintf(stderr, "bench_device: %s\n", what.c_str());
  std::exit(1);
}

void check(lightcone_status status) {
  if (status != LIGHTCONE_OK) stop(lightcone_last_error());
}

uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
// In (-1, 1).
double draw(uint64_t seed, int64_t a, int64_t b, int64_t c) {
  const uint64_t key = mix(seed + 0x9e3779b97f4a7c15u * static_cast<uint64_t>(a));
  return static_cast<double>(mix(key + 0x9e3779b97f4a7c15u * static_cast<uint64_t>(b << 12 | c)) >> 11) * 0x1p-52 - 1;
}

// f(begin, end) on all processors.
template <class F>
void parallel(int64_t count, const F& f) {
  const int64_t threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> team;
  for (int64_t t = 0; t < threads; ++t)
    team.emplace_back([&, t] { f(count * t / threads, count * (t + 1) / threads); });
  for (std::thread& thread : team) thread.join();
}

struct Shape {
  int64_t models, samples, classes;
};

// Logits of models around common ones; spread 1.5 gives d of about 0.15, 0.01 near pairs only.
std::vector<float> logits(const Shape& s, double spread) {
  std::vector<float> x(static_cast<size_t>(s.models * s.samples * s.classes));
  parallel(s.models, [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m)
      for (int64_t n = 0; n < s.samples; ++n)
        for (int64_t c = 0; c < s.classes; ++c)
          x[static_cast<size_t>((m * s.samples + n) * s.classes + c)] =
              static_cast<float>(3 * draw(1, 0, n, c) + spread * 1.2 * draw(2, m + 1, n, c));
  });
  return x;
}

struct Reference {
  long double mean, fast_slack;
};

// The mean of -log BC_n in long double, from the rows, and the mean of what lightcone.h allows `fast` for each term.
Reference reference(const std::vector<float>& x, const Shape& s, int64_t i, int64_t j) {
  long double sum = 0, slack = 0;
  for (int64_t n = 0; n < s.samples; ++n) {
    const float* p = x.data() + (i * s.samples + n) * s.classes;
    const float* q = x.data() + (j * s.samples + n) * s.classes;
    long double a = 0, b = 0, both = 0, gap = 0;
    for (int64_t c = 0; c < s.classes; ++c) {
      a += std::exp(static_cast<long double>(p[c]));
      b += std::exp(static_cast<long double>(q[c]));
    }
    for (int64_t c = 0; c < s.classes; ++c) {
      const long double u = std::exp(static_cast<long double>(p[c]) / 2) / std::sqrt(a);
      const long double v = std::exp(static_cast<long double>(q[c]) / 2) / std::sqrt(b);
      both += u * v;
      gap += (u - v) * (u - v);
    }
    // Near rows by the difference, which keeps the digits.
    const long double term = -(gap < 0.5L ? std::log1p(-gap / 2) : std::log(both));
    sum += term;
    slack += 2e-3L * std::min(1.0L, std::sqrt(2 * term) + 2e-3L) + 0x1p-27L * std::sqrt((long double)s.classes) * std::exp(term);
  }
  return {sum / s.samples, slack / s.samples};
}

struct Row {
  std::string kernel, mode, unit, note, ceiling;
  Shape shape{};
  std::vector<double> seconds;
  double work = 0, error = 0;
  bool verified = false;
  double refine_seconds = 0, refined_share = 0, projected_seconds = 0;
};

double quantile(std::vector<double> x, double q) {
  std::sort(x.begin(), x.end());
  return x[static_cast<size_t>(std::lround(q * static_cast<double>(x.size() - 1)))];
}

class Report {
 public:
  Report(const Arguments& a, std::string machine, std::vector<Ceiling> ceilings)
      : a_(a), machine_(std::move(machine)), ceilings_(std::move(ceilings)) {}

  void add(const Row& row) {
    rows_.push_back(row);
    failed_ |= !row.verified;
    write();
    if (!row.verified) {
      std::printf("%-16s %-28s FAILED: error %.2g %s\n", row.kernel.c_str(), row.mode.c_str(), row.error, row.note.c_str());
    } else {
      const double median = quantile(row.seconds, 0.5);
      std::printf("%-16s %-28s %7lld %6lld %5lld  %.4g s  %.4g %s/s  error %.1e%s\n", row.kernel.c_str(), row.mode.c_str(),
                  static_cast<long long>(row.shape.models), static_cast<long long>(row.shape.samples),
                  static_cast<long long>(row.shape.classes), median, row.work / median, row.unit.c_str(), row.error,
                  row.projected_seconds > 0 ? " (projected figures in the file)" : "");
    }
    std::fflush(stdout);
  }
  bool failed() const { return failed_; }

  void write() const {
    std::ostringstream o;
    o.precision(6);
    o << "{\n  \"machine\": \"" << machine_ << "\",\n  \"commit\": \"" << a_.commit << "\",\n  \"compiler\": \""
      << lightcone_compiler() << "\",\n  \"scale\": \"" << a_.scale << "\",\n  \"ceilings\": {";
    for (size_t k = 0; k < ceilings_.size(); ++k)
      o << (k ? ", " : "") << "\"" << ceilings_[k].name << "\": {\"rate\": " << ceilings_[k].rate << ", \"unit\": \""
        << ceilings_[k].unit << "\"}";
    o << "},\n  \"rows\": [";
    for (size_t k = 0; k < rows_.size(); ++k) {
      const Row& r = rows_[k];
      o << (k ? "," : "") << "\n    {\"kernel\": \"" << r.kernel << "\", \"mode\": \"" << r.mode << "\", \"M\": "
        << r.shape.models << ", \"N\": " << r.shape.samples << ", \"C\": " << r.shape.classes
        << ", \"threads\": " << std::thread::hardware_concurrency() << ", \"verified\": " << (r.verified ? "true" : "false")
        << ", \"max_rel_error\": " << (std::isfinite(r.error) ? r.error : -1);
      if (r.verified) {
        const double median = quantile(r.seconds, 0.5), rate = r.work / median;
        o << ", \"median_s\": " << median << ", \"p10_s\": " << quantile(r.seconds, 0.1) << ", \"p90_s\": "
          << quantile(r.seconds, 0.9) << ", \"runs\": " << r.seconds.size() << ", \"rate\": " << rate << ", \"unit\": \""
          << r.unit << "\", \"refine_s\": " << r.refine_seconds << ", \"refined_share\": " << r.refined_share;
        for (const Ceiling& c : ceilings_)
          if (c.name == r.ceiling)
            o << ", \"ceiling\": \"" << c.name << "\", \"ceiling_share\": " << rate * per_unit(r) / c.rate;
        if (r.projected_seconds > 0) o << ", \"projected_s\": " << r.projected_seconds << ", \"projected\": true";
      }
      if (!r.note.empty()) o << ", \"note\": \"" << r.note << "\"";
      o << ", \"peers\": []}";
    }
    o << "\n  ]\n}\n";
    // Whole or not at all.
    const std::string part = a_.json + ".part";
    std::ofstream(part) << o.str();
    if (std::rename(part.c_str(), a_.json.c_str()) != 0) stop("cannot write " + a_.json);
  }

 private:
  // Multiply-adds of a unit of work; the tensor cores take classes 16 at a time.
  static double per_unit(const Row& r) {
    if (r.kernel == "packed product") return 1;
    return static_cast<double>(r.ceiling == "mma float16" ? (r.shape.classes + 15) / 16 * 16 : r.shape.classes + 1);
  }

  const Arguments& a_;
  std::string machine_;
  std::vector<Ceiling> ceilings_;
  std::vector<Row> rows_;
  bool failed_ = false;
};

struct Predictions {
  Predictions(const std::vector<float>& x, const Shape& s) {
    check(lightcone_predictions_create(s.models, s.samples, s.classes, &raw));
    check(lightcone_predictions_add_memory(raw, x.data(), nullptr, LIGHTCONE_LOGITS, LIGHTCONE_FLOAT32, 0, s.models, 0,
                                           s.samples, s.samples * s.classes * 4));
    check(lightcone_predictions_validate(raw, 0, nullptr));
  }
  ~Predictions() { lightcone_predictions_destroy(raw); }
  Predictions(const Predictions&) = delete;
  Predictions& operator=(const Predictions&) = delete;
  lightcone_predictions* raw = nullptr;
};

// The distances of the block rows of models [0, rows) to all; rows = models: all pairs.
Row distances(const Shape& s, int32_t precision, double spread, int64_t rows, int runs) {
  Row row;
  row.kernel = "bhattacharyya";
  row.mode = std::string(precision == LIGHTCONE_PRECISION_FAST ? "fast" : "exact") + (spread < 0.1 ? ", near pairs" : "");
  row.unit = "pair-samples";
  row.ceiling = precision == LIGHTCONE_PRECISION_FAST ? "mma float16" : "fma float32";
  row.shape = s;
  const std::vector<float> x = logits(s, spread);
  const Predictions table(x, s);
  lightcone_distances_options options;
  lightcone_distances_options_init(&options);
  options.precision = precision;
  options.device = LIGHTCONE_DEVICE_CUDA;
  options.layout = LIGHTCONE_LAYOUT_TILES;
  options.out_dtype = LIGHTCONE_FLOAT32;
  if (rows < s.models) options.row_end = rows;
  const int64_t tile = LIGHTCONE_TILE, blocks = (s.models + tile - 1) / tile, row_blocks = (rows + tile - 1) / tile;
  const auto first = [&](int64_t i) { return (i * blocks - i * (i - 1) / 2) * tile * tile; };
  std::vector<float> d(static_cast<size_t>(first(row_blocks)));
  lightcone_distances_report report;
  for (int k = 0; k <= runs; ++k) {
    std::fill(d.begin(), d.end(), NAN);  // poisoned
    lightcone_distances_report_init(&report);
    check(lightcone_distances(table.raw, &options, nullptr, d.data(), &report));
    if (k == 0) {
      // What lightcone.h promises, and the rounding of the result and of the reference.
      row.verified = true;
      for (int64_t q = 0; q < 64; ++q) {
        const int64_t i = static_cast<int64_t>(mix(2 * static_cast<uint64_t>(q)) % static_cast<uint64_t>(rows));
        const int64_t j = static_cast<int64_t>(mix(2 * static_cast<uint64_t>(q) + 1) % static_cast<uint64_t>(s.models));
        const int64_t low = std::min(i, j), high = std::max(i, j);
        const double got = d[static_cast<size_t>(first(low / tile) + (high / tile - low / tile) * tile * tile +
                                                 low % tile * tile + high % tile)];
        const Reference exact = low == high ? Reference{} : reference(x, s, low, high);
        const double wanted = static_cast<double>(exact.mean);
        const double slack =
            precision == LIGHTCONE_PRECISION_FAST ? static_cast<double>(exact.fast_slack) + 1e-7 * wanted : 2.1e-6 * wanted;
        const double error = std::fabs(got - wanted);
        if (wanted > 0) row.error = std::max(row.error, error / wanted);
        row.verified &= error <= slack;  // NaN fails
      }
      if (!row.verified) return row;
    } else {
      row.seconds.push_back(report.distances_seconds);
      row.refine_seconds = report.refine_seconds;
    }
  }
  row.refined_share = static_cast<double>(report.near_pairs + report.flagged_pairs) / static_cast<double>(report.pairs);
  row.work = static_cast<double>(report.pairs) * static_cast<double>(report.samples);
  return row;
}

// d(i, j) of the product's matrix.
float entry(int64_t i, int64_t j) {
  return i == j ? 0.0f : static_cast<float>(1 + draw(5, std::min(i, j), std::max(i, j), 0));
}

Row product(int64_t models, int64_t columns, int runs) {
  Row row;
  row.kernel = "packed product";
  row.mode = std::to_string(columns) + " columns, on the device";
  row.unit = "multiply-adds";
  row.ceiling = "mma float64";
  row.shape = {models, columns, 0};
  row.work = static_cast<double>(models) * static_cast<double>(models) * static_cast<double>(columns);
  lightcone_device_tiles* raw = nullptr;
  check(lightcone_device_tiles_create(models, columns, nullptr, 0, &raw));
  const std::unique_ptr<lightcone_device_tiles, void (*)(lightcone_device_tiles*)> tiles(raw, lightcone_device_tiles_destroy);
  const int64_t tile = LIGHTCONE_TILE, blocks = (models + tile - 1) / tile;
  std::vector<float> band;
  for (int64_t i = 0; i < blocks; ++i) {
    band.resize(static_cast<size_t>((blocks - i) * tile * tile));
    parallel(blocks - i, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t)
        for (int64_t k = 0; k < tile * tile; ++k) {
          const int64_t r = i * tile + k / tile, c = (i + t) * tile + k % tile;
          band[static_cast<size_t>(t * tile * tile + k)] = r < models && c < models ? entry(r, c) : 0.0f;
        }
    });
    check(lightcone_device_tiles_put(raw, band.data(), i, i + 1, 0, nullptr));
  }
  std::vector<double> x(static_cast<size_t>(models * columns)), y(x.size(), NAN);
  for (size_t k = 0; k < x.size(); ++k) x[k] = draw(6, static_cast<int64_t>(k), 0, 0);
  double* const dx = device_copy(x.data(), models * columns);
  double* const dy = device_copy(y.data(), models * columns);
  for (int k = 0; k <= runs; ++k) {
    const Clock::time_point begin = Clock::now();
    check(lightcone_device_tiles_multiply(raw, LIGHTCONE_PRODUCT_PLAIN, dx, dy, columns, 1, 0, nullptr));
    if (k > 0) {
      row.seconds.push_back(since(begin));
      continue;
    }
    device_fetch(dy, y.data(), models * columns);
    row.verified = true;
    for (int64_t q = 0; q < 6; ++q) {
      const int64_t i = q == 5 ? models - 1 : static_cast<int64_t>(mix(static_cast<uint64_t>(q)) % static_cast<uint64_t>(models));
      for (const int64_t c : {int64_t{0}, columns / 2 + 1, columns - 1}) {
        long double wanted = 0, size = 0;
        for (int64_t j = 0; j < models; ++j) {
          const long double term = static_cast<long double>(entry(i, j)) * x[static_cast<size_t>(j * columns + c)];
          wanted += term;
          size += std::fabs(term);
        }
        const long double error = std::fabs(y[static_cast<size_t>(i * columns + c)] - wanted);
        row.error = std::max(row.error, static_cast<double>(error / size));
        row.verified &= error <= (static_cast<long double>(models) + 2) * 0x1p-53L * size;
      }
    }
    if (!row.verified) break;
  }
  device_free(dx);
  device_free(dy);
  return row;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  for (int k = 1; k + 1 < argc; k += 2) {
    const std::string key = argv[k];
    if (key == "--json") a.json = argv[k + 1];
    else if (key == "--scale") a.scale = argv[k + 1];
    else if (key == "--commit") a.commit = argv[k + 1];
    else if (key == "--runs") a.runs = std::max(1, std::atoi(argv[k + 1]));
    else if (key == "--seconds") a.seconds = std::atof(argv[k + 1]);
    else stop("unknown option " + key);
  }
  if (a.json.empty() || (a.scale != "tiny" && a.scale != "small" && a.scale != "full"))
    stop("usage: --json FILE [--scale tiny|small|full] [--runs K] [--seconds S] [--commit C]");
  const Clock::time_point begin = Clock::now();
  lightcone_device_info info;
  lightcone_device_info_init(&info);
  check(lightcone_device_query(0, &info));
  if (!info.available) stop(info.reason);
  Report report(a, info.name, measure_ceilings());
  report.write();
  const auto time_left = [&] { return since(begin) < a.seconds; };

  constexpr int32_t kFast = LIGHTCONE_PRECISION_FAST, kExact = LIGHTCONE_PRECISION_EXACT;
  const auto run = [&](const Shape& s, int32_t precision, double spread) {
    if (time_left()) report.add(distances(s, precision, spread, s.models, a.runs));
  };
  if (a.scale == "tiny") {
    for (const int32_t precision : {kFast, kExact}) run({130, 24, 3}, precision, 1.5);
    run({100, 24, 3}, kExact, 0.01);
    if (time_left()) report.add(product(200, 24, a.runs));
    return report.failed() ? 1 : 0;
  }
  // The packed product first: it is short. Paper's size and below, by what fits.
  for (const int64_t models : {int64_t{16'384}, int64_t{46'341}, int64_t{100'000}, int64_t{151'407}})
    if (time_left() && (a.scale == "full" || models < 40'000) && 2.3 * double(models) * double(models) < 0.9 * double(info.memory_bytes))
      report.add(product(models, 72, a.runs));
  for (const int32_t precision : {kFast, kExact}) {
    run({4'096, 5'000, 10}, precision, 1.5);
    for (const int64_t classes : {2, 16, 100}) run({4'096, 1'000, classes}, precision, 1.5);
    run({792, 2'000, 1'000}, precision, 1.5);
    if (a.scale == "full") run({16'384, 2'048, 10}, precision, 1.5);
    if (a.scale == "full") run({46'341, 2'048, 10}, precision, 1.5);
  }
  run({4'096, 1'000, 10}, kExact, 0.01);
  // The paper's 151,407 models: a band of 9,600 of them against all, 1,024 samples; the whole by its rate.
  for (const int32_t precision : {kFast, kExact})
    if (a.scale == "full" && time_left()) {
      Row row = distances({151'407, 1'024, 10}, precision, 1.5, 9'600, 2);
      row.mode += ", band of the paper's size";
      if (row.verified) {
        row.projected_seconds = 151'407.0 * 151'406 / 2 * 50'000 / (row.work / quantile(row.seconds, 0.5));
        row.note = "projected_s: all pairs at 50,000 samples by this rate, refinement apart; rows generated on the host";
      }
      report.add(row);
    }
  return report.failed() ? 1 : 0;
}
