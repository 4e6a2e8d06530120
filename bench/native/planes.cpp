// SPDX-License-Identifier: Apache-2.0
// Label maps: argmax, agreement of one pair and of all pairs, confusion, connected components, and the points of
// planes. Every answer is verified against its plain form before a time is printed; the read bandwidth is
// measured before and after in the same run.
//   cmake -S . -B build -DLIGHTCONE_BENCH=ON && cmake --build build
//   build/bench/native/bench_planes [--threads T] [--slices K]
// A row is the best and the median of K short slices: other load on the machine lengthens some of them. What is
// read from memory slides through a buffer beyond the caches, one window a slice.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lightcone.h"

namespace {

struct Arguments {
  int threads = static_cast<int>(std::thread::hardware_concurrency());
  int slices = 100;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int k = 1; k + 1 < argc; k += 2) {
    const std::string key = argv[k];
    if (key == "--threads") a.threads = std::atoi(argv[k + 1]);
    else if (key == "--slices") a.slices = std::max(1, std::atoi(argv[k + 1]));
    else {
      std::fprintf(stderr, "bench_planes: unknown option %s\n", key.c_str());
      std::exit(2);
    }
  }
  return a;
}

void check(lightcone_status status) {
  if (status == LIGHTCONE_OK) return;
  std::fprintf(stderr, "bench_planes: %s\n", lightcone_last_error());
  std::exit(1);
}

void verify(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "bench_planes: wrong answer: %s\n", what);
  std::exit(1);
}

struct Time {
  double best, median;
};

Time measure(int slices, const std::function<void(int64_t slice)>& body) {
  std::vector<double> seconds;
  for (int k = 0; k < slices; ++k) {
    const auto start = std::chrono::steady_clock::now();
    body(k);
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds.front(), seconds[seconds.size() / 2]};
}

// One row: bytes are those read from memory (or written, for the points), work is in units of the kernel.
void row(const char* name, Time time, double bytes, double read_rate, double work, const char* unit) {
  std::printf("  %-34s %9.3f ms (median %9.3f)  %7.2f GB/s = %5.1f%% of read  %8.3f %s\n", name, time.best * 1e3,
              time.median * 1e3, bytes / time.best * 1e-9, 100 * bytes / time.best / read_rate,
              work / time.best * 1e-9, unit);
}

// Blobs: the label of the nearest of `seeds` points, as decision regions look like.
std::vector<uint8_t> regions(int64_t maps, int64_t size, int seeds, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> labels(static_cast<size_t>(maps * size * size));
  std::vector<double> x(static_cast<size_t>(seeds)), y(x);
  for (int64_t m = 0; m < maps; ++m) {
    for (size_t k = 0; k < x.size(); ++k) {
      x[k] = static_cast<double>(random() % static_cast<uint64_t>(size));
      y[k] = static_cast<double>(random() % static_cast<uint64_t>(size));
    }
    for (int64_t p = 0; p < size * size; ++p) {
      double best = INFINITY;
      for (size_t k = 0; k < x.size(); ++k) {
        const double dx = static_cast<double>(p % size) - x[k], dy = static_cast<double>(p / size) - y[k];
        if (dx * dx + dy * dy >= best) continue;
        best = dx * dx + dy * dy;
        labels[static_cast<size_t>(m * size * size + p)] = static_cast<uint8_t>(k % 10);
      }
    }
  }
  return labels;
}

lightcone_label_maps maps_of(const std::vector<uint8_t>& labels, int64_t maps, int64_t points) {
  lightcone_label_maps view;
  lightcone_label_maps_init(&view);
  view.data = labels.data();
  view.maps = maps;
  view.points = points;
  view.stride_bytes = points;
  return view;
}

std::vector<uint8_t> random_labels(int64_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<uint8_t> labels(static_cast<size_t>(count));
  for (uint8_t& label : labels) label = static_cast<uint8_t>(random() % 10);
  return labels;
}

constexpr int64_t kBuffer = int64_t{512} << 20, kWindow = int64_t{16} << 20;  // bytes

void bench_argmax(const Arguments& a, double read_rate, int64_t classes) {
  const int64_t rows = kBuffer / (4 * classes), window = kWindow / (4 * classes);
  std::mt19937_64 random(3);
  std::vector<float> x(static_cast<size_t>(rows * classes));
  for (float& v : x) v = static_cast<float>(static_cast<int64_t>(random() >> 20)) * 0x1p-44f;
  std::vector<uint8_t> narrow(static_cast<size_t>(rows), 99);
  std::vector<uint16_t> wide(static_cast<size_t>(rows), 999);
  const bool bytes = classes <= 256;
  lightcone_rows view;
  lightcone_rows_init(&view);
  view.width = classes;
  view.stride_bytes = classes * 4;
  const auto run = [&](int64_t begin, int64_t count) {
    view.data = x.data() + begin * classes;
    view.rows = count;
    check(lightcone_argmax(&view, bytes ? 1 : 2, a.threads, nullptr,
                           bytes ? static_cast<void*>(narrow.data() + begin) : wide.data() + begin));
  };
  run(0, rows);
  for (int64_t r = 0; r < rows; r += 7) {
    const float* first = x.data() + r * classes;
    const int64_t wanted = std::max_element(first, first + classes) - first;
    verify((bytes ? narrow[static_cast<size_t>(r)] : wide[static_cast<size_t>(r)]) == wanted, "argmax");
  }
  char name[64];
  std::snprintf(name, sizeof name, "argmax (%lld classes)", (long long)classes);
  const Time time = measure(a.slices, [&](int64_t k) { run(k * window % (rows - window), window); });
  row(name, time, static_cast<double>(window * classes * 4), read_rate, static_cast<double>(window), "G rows/s");
}

// One pair from memory.
void bench_pair(const Arguments& a, double read_rate) {
  const int64_t points = kBuffer / 2, window = kWindow / 2;
  const std::vector<uint8_t> labels = random_labels(2 * points, 5);
  lightcone_label_maps view = maps_of(labels, 2, points);
  int64_t out[4], equal = 0;
  check(lightcone_agreement(&view, 0, 2, nullptr, a.threads, nullptr, out));
  for (int64_t p = 0; p < points; ++p)
    equal += labels[static_cast<size_t>(p)] == labels[static_cast<size_t>(points + p)];
  verify(out[1] == equal && out[2] == equal && out[0] == points && out[3] == points, "agreement of a pair");
  view.points = window;
  const Time time = measure(a.slices, [&](int64_t k) {
    view.data = labels.data() + k * window % (points - window);
    check(lightcone_agreement(&view, 0, 2, nullptr, a.threads, nullptr, out));
  });
  row("agreement (1 pair)", time, static_cast<double>(2 * window), read_rate, static_cast<double>(window),
      "G comparisons/s");
}

void bench_agreement(const Arguments& a, double read_rate, int64_t maps, int64_t points, bool mask) {
  const std::vector<uint8_t> labels = random_labels(maps * points, 5);
  const lightcone_label_maps view = maps_of(labels, maps, points);
  const std::vector<uint8_t> band = mask ? random_labels(points, 6) : std::vector<uint8_t>();
  const uint8_t* counted = mask ? band.data() : nullptr;
  std::vector<int64_t> out(static_cast<size_t>(maps * maps), -1);
  const auto run = [&](int64_t) {
    check(lightcone_agreement(&view, 0, maps, counted, a.threads, nullptr, out.data()));
  };
  run(0);
  for (int64_t k = 0; k < 20; ++k) {
    const int64_t i = k * 7919 % maps, j = (k * 104729 + 1) % maps;
    int64_t equal = 0;
    for (int64_t p = 0; p < points; ++p)
      equal += labels[static_cast<size_t>(i * points + p)] == labels[static_cast<size_t>(j * points + p)] &&
               (!mask || band[static_cast<size_t>(p)] != 0);
    verify(out[static_cast<size_t>(i * maps + j)] == equal, "agreement");
  }
  char name[64];
  std::snprintf(name, sizeof name, "agreement%s (%lld maps, %.2fM)", mask ? " in a band" : "", (long long)maps,
                static_cast<double>(points) * 1e-6);
  row(name, measure(a.slices, run), static_cast<double>(maps * points), read_rate,
      static_cast<double>(maps * (maps - 1) / 2 * points), "G comparisons/s");
}

void bench_confusion(const Arguments& a, double read_rate, int64_t points) {
  const std::vector<uint8_t> labels = random_labels(2 * points, 8);
  const lightcone_label_maps view = maps_of(labels, 2, points);
  const int64_t pair[2] = {0, 1};
  std::vector<int64_t> out(100), wanted(100);
  const auto run = [&](int64_t) {
    check(lightcone_confusion(&view, 10, nullptr, pair, 1, a.threads, nullptr, out.data()));
  };
  run(0);
  for (int64_t p = 0; p < points; ++p)
    ++wanted[static_cast<size_t>(labels[static_cast<size_t>(p)] * 10 + labels[static_cast<size_t>(points + p)])];
  verify(out == wanted, "confusion");
  row("confusion (1 pair, 10 classes)", measure(a.slices, run), static_cast<double>(2 * points), read_rate,
      static_cast<double>(points), "G points/s");
}

// The components by a flood fill.
int64_t flood(const uint8_t* map, int64_t size, std::vector<uint8_t>& seen, std::vector<int64_t>& stack) {
  seen.assign(static_cast<size_t>(size * size), 0);
  int64_t count = 0;
  for (int64_t first = 0; first < size * size; ++first) {
    if (seen[static_cast<size_t>(first)]) continue;
    ++count;
    seen[static_cast<size_t>(first)] = 1;
    stack.assign(1, first);
    while (!stack.empty()) {
      const int64_t p = stack.back();
      stack.pop_back();
      for (int64_t k = 0; k < 9; ++k) {
        const int64_t y = p / size + k / 3 - 1, x = p % size + k % 3 - 1;
        if (y < 0 || y >= size || x < 0 || x >= size) continue;
        const int64_t q = y * size + x;
        if (seen[static_cast<size_t>(q)] || map[q] != map[first]) continue;
        seen[static_cast<size_t>(q)] = 1;
        stack.push_back(q);
      }
    }
  }
  return count;
}

void bench_components(const Arguments& a, double read_rate, int64_t maps, int64_t size, bool noise, bool ids) {
  const std::vector<uint8_t> labels = noise ? random_labels(maps * size * size, 4) : regions(maps, size, 14, 4);
  const lightcone_label_maps view = maps_of(labels, maps, size * size);
  std::vector<int64_t> out(static_cast<size_t>(maps), -1);
  std::vector<int32_t> numbers(ids ? labels.size() : 0, -7);
  const auto run = [&](int64_t) {
    check(lightcone_components(&view, size, size, 8, 1, a.threads, nullptr, out.data(), ids ? numbers.data() : nullptr,
                               nullptr, 0));
  };
  run(0);
  std::vector<uint8_t> seen;
  std::vector<int64_t> stack;
  double total = 0;
  for (int64_t m = 0; m < maps; ++m) {
    verify(out[static_cast<size_t>(m)] == flood(labels.data() + m * size * size, size, seen, stack), "components");
    total += static_cast<double>(out[static_cast<size_t>(m)]);
  }
  char name[96];
  std::snprintf(name, sizeof name, "components%s (%lld of %lldx%lld, %.0f each)", ids ? "+ids" : "", (long long)maps,
                (long long)size, (long long)size, total / static_cast<double>(maps));
  row(name, measure(a.slices, run), static_cast<double>(labels.size()), read_rate, static_cast<double>(labels.size()),
      "G points/s");
}

void bench_points(const Arguments& a, double read_rate, int64_t triplets, int64_t width, int64_t batch) {
  std::mt19937_64 random(9);
  std::normal_distribution<float> normal;
  std::vector<float> images(static_cast<size_t>(3 * triplets * width)),
      out(static_cast<size_t>(batch * width), NAN);
  for (float& v : images) v = normal(random);
  lightcone_rows rows;
  lightcone_rows_init(&rows);
  rows.data = images.data();
  rows.rows = 3 * triplets;
  rows.width = width;
  rows.stride_bytes = width * 4;
  std::vector<int64_t> numbers(static_cast<size_t>(3 * triplets));
  for (size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<int64_t>(k);
  std::vector<double> vertices(numbers.size());
  check(lightcone_plane_vertices(&rows, numbers.data(), triplets, a.threads, nullptr, vertices.data()));
  lightcone_plane_grid grid;
  lightcone_plane_grid_init(&grid);
  int64_t begin = 0;
  const auto run = [&](int64_t) {
    check(lightcone_plane_points(&rows, numbers.data(), vertices.data(), triplets, &grid, begin, batch, a.threads,
                                 nullptr, out.data(), width * 4));
    begin = (begin + batch) % (triplets * 2500 - batch);
  };
  // A point by its definition: x1 + s u + t w.
  begin = 1234;
  run(0);
  std::vector<double> s(50), t(50);
  check(lightcone_plane_coordinates(vertices.data(), &grid, s.data(), t.data()));
  const double b = t[1234 % 50] / vertices[2], c = (s[1234 / 50] - vertices[1] * b) / vertices[0];
  for (int64_t d = 0; d < width; ++d) {
    const double x1 = images[static_cast<size_t>(d)];
    const double wanted = x1 + c * (images[static_cast<size_t>(width + d)] - x1) +
                          b * (images[static_cast<size_t>(2 * width + d)] - x1);
    verify(std::fabs(out[static_cast<size_t>(d)] - wanted) <= 1e-6, "points");
  }
  char name[64];
  std::snprintf(name, sizeof name, "points written (%lld of %lld)", (long long)batch, (long long)width);
  row(name, measure(a.slices, run), static_cast<double>(batch * width * 4), read_rate, static_cast<double>(batch),
      "G points/s");
}

// The best of several passes, which are long and easily disturbed.
double read_ceiling(int threads) {
  double best = 0;
  for (int k = 0; k < 8; ++k) {
    double rate = 0;
    check(lightcone_ceiling_read(kBuffer, threads, &rate));
    best = std::max(best, rate);
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = parse(argc, argv);
  int32_t isa = 0;
  check(lightcone_isa_resolve(LIGHTCONE_ISA_AUTO, &isa));
  const double read_rate = read_ceiling(a.threads);
  std::printf("label maps  %s  threads %d  read %.2f GB/s (512 MiB)\n", lightcone_isa_name(isa), a.threads,
              read_rate * 1e-9);
  for (const int64_t classes : {2, 10, 100, 1000}) bench_argmax(a, read_rate, classes);
  bench_pair(a, read_rate);
  bench_agreement(a, read_rate, 35, 1250000, false);
  bench_agreement(a, read_rate, 35, 1250000, true);
  bench_agreement(a, read_rate, 500, 50000, false);
  bench_confusion(a, read_rate, 5000000);
  bench_components(a, read_rate, 500, 50, false, false);
  bench_components(a, read_rate, 500, 50, false, true);
  bench_components(a, read_rate, 20, 500, false, false);
  bench_components(a, read_rate, 500, 50, true, false);
  bench_points(a, read_rate, 20, 3072, 512);
  std::printf("  read again %.2f GB/s\n", read_ceiling(a.threads) * 1e-9);
  return 0;
}
