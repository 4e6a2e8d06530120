// SPDX-License-Identifier: Apache-2.0
#include "distance/panels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/splitmix.h"

namespace lightcone {
namespace {

constexpr int64_t kGroup = 16;  // models packed together: one cache line of a panel

// So many samples that the float64 rows of one group (and its packed lines) stay in a second-level
// cache: 512 KiB.
int64_t piece_samples(int64_t classes) {
  return std::max<int64_t>(1, 524288 / (kGroup * classes * static_cast<int64_t>(sizeof(double))));
}

struct Workspace {
  Predictions::Scratch scratch;
  std::vector<double> rows;
};

}  // namespace

double fill_scale(SampleRange chunk, double* scale) {
  double sum = 0;
  for (int64_t n = 0; n < chunk.count; ++n) {
    const uint64_t word = splitmix(static_cast<uint64_t>(chunk.begin + n * chunk.step));
    scale[n] = kLeastScale * (1.0 + 0.41 * static_cast<double>(word >> 11) * 0x1p-53);
    sum += 2 * std::log(scale[n]);
  }
  return sum;
}

void fill_panels(const Predictions& table, const Kernels& kernels, SampleRange chunk, Team& team,
                 const Progress& progress, const double* scale, float* panels, double* smallest) {
  const int64_t classes = table.classes(), models = table.models();
  const int64_t blocks = blocks_of(models);
  const int64_t piece = std::min(chunk.count, piece_samples(classes));
  const int64_t pieces = (chunk.count + piece - 1) / piece;
  std::vector<Workspace> work(static_cast<size_t>(team.size()));
  constexpr int64_t kGroups = kBlock / kGroup;  // tasks are groups, so that few models keep many threads busy
  std::vector<double> minima(static_cast<size_t>(blocks * kGroups * pieces),
                             std::numeric_limits<double>::infinity());
  team.run(blocks * kGroups * pieces, [&](int64_t task, int thread) {
    progress.check();
    const int64_t first = task / pieces * kGroup, begin = task % pieces * piece;
    const int64_t count = std::min(piece, chunk.count - begin), length = count * classes;
    Workspace& w = work[static_cast<size_t>(thread)];
    w.rows.resize(static_cast<size_t>(kGroup * length));
    double& minimum = minima[static_cast<size_t>(task)];
    const int64_t there = std::clamp<int64_t>(models - first, 0, kGroup);
    const double* lanes[kGroup] = {};
    for (int64_t l = 0; l < there; ++l) {
      double* rows = w.rows.data() + l * length;
      table.rows(first + l, slice(chunk, begin, count), w.scratch,
                 [&](int32_t kind, int64_t n, int64_t row, const double* raw) {
                   minimum = std::min(
                       minimum, kernels.sqrt_rows(raw, kind, n, classes, rows + row * classes));
                 });
      lanes[l] = rows;
    }
    const int64_t width = kernels.distance.strip, strip = first / width;
    float* panel = panels + (strip * chunk.count + begin) * classes * width + first % width;
    kernels.distance.pack(lanes, there, count, classes, scale + begin, panel);
  });
  for (int64_t block = 0; block < blocks; ++block)
    smallest[block] = *std::min_element(minima.begin() + block * kGroups * pieces,
                                        minima.begin() + (block + 1) * kGroups * pieces);
}

void fill_rows64(const Predictions& table, const Kernels& kernels, SampleRange chunk, int64_t stride,
                 Team& team, const Progress& progress, double* rows, std::vector<char>* underflowed) {
  const int64_t classes = table.classes();
  std::vector<Workspace> work(static_cast<size_t>(team.size()));
  team.run(table.models(), [&](int64_t model, int thread) {
    progress.check();
    Workspace& w = work[static_cast<size_t>(thread)];
    w.rows.resize(static_cast<size_t>(chunk.count * classes));
    double* out = rows + model * classes * stride;
    bool deep = false;
    table.rows(model, chunk, w.scratch, [&](int32_t kind, int64_t n, int64_t row, const double* raw) {
      double* s = w.rows.data() + row * classes;
      if (kernels.sqrt_rows(raw, kind, n, classes, s) >= 1e-140) return;
      for (int64_t k = 0; k < n * classes; ++k) {
        const bool zero = kind == LIGHTCONE_PROBABILITIES ? raw[k] == 0 : std::isinf(raw[k]);
        deep |= s[k] < 1e-140 && !zero;
      }
    });
    for (int64_t c = 0; c < classes; ++c) {
      double* line = out + c * stride;
      for (int64_t n = 0; n < chunk.count; ++n) line[n] = w.rows[static_cast<size_t>(n * classes + c)];
      for (int64_t n = chunk.count; n < stride; ++n) line[n] = c == 0 ? 1.0 : 0.0;
    }
    (*underflowed)[static_cast<size_t>(model)] = deep;
  });
}

}  // namespace lightcone
