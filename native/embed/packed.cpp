// SPDX-License-Identifier: Apache-2.0
// Products and sums over packed tiles. Block row j of a result belongs to one task, which goes through the tiles of its
// column (transposed) and then of its row, in order: no two threads write one place, and the bits depend on neither
// the threads nor on how the block rows are cut into bands. A tile is read from memory twice for that, at 36 KiB per
// 1.2 million multiply-adds, and from the disk once.
#include <limits>
#include <vector>

#include "base/control.h"
#include "base/kernels.h"
#include "base/team.h"
#include "embed/embed.h"

namespace lightcone {
namespace {

constexpr int64_t kTile = LIGHTCONE_TILE;

// A tile in which block row j meets block `other`; transposed if it lies in j's column.
struct Visit {
  int64_t other;
  const float* tile;
  bool transposed;
};

// Each tile of the band that block row j >= begin takes part in, at least one.
template <class Body>
void tiles_of_row(const Band& band, int64_t j, Body&& body) {
  for (int64_t i = band.begin; i < std::min(j, band.end); ++i) body(Visit{i, band.tile(i, j), true});
  if (j < band.end)
    for (int64_t k = j; k < band.blocks(); ++k) body(Visit{k, band.tile(j, k), false});
}

}  // namespace

void packed_product(const Band& band, const double* x, double* y, int64_t columns, int threads,
                    lightcone_control* control) {
  const EmbedKernels& ops = kernels(LIGHTCONE_ISA_AUTO).embed;
  Team team(threads);
  std::vector<std::vector<double>> wide(static_cast<size_t>(team.size()));
  const Progress progress(control, band.blocks() - band.begin);
  team.run(band.blocks() - band.begin, [&](int64_t task, int thread) {
    const int64_t j = band.begin + task;
    std::vector<double>& scratch = wide[static_cast<size_t>(thread)];
    scratch.resize(kTile * kTile);
    const auto multiply = [&](const Visit& now, const Visit& next) {
      progress.check();
      const Factor factor = ops.widen_tile(now.tile, now.transposed, scratch.data());
      const Ahead ahead{reinterpret_cast<const char*>(next.tile), kTile * kTile * 4,
                        reinterpret_cast<const char*>(x + next.other * kTile * columns),
                        band.size(next.other) * columns * 8};
      ops.multiply(factor, band.size(j), band.size(now.other), x + now.other * kTile * columns, columns,
                   y + j * kTile * columns, columns, columns, ahead);
    };
    Visit last{-1, nullptr, false};
    tiles_of_row(band, j, [&](const Visit& visit) {
      if (last.tile != nullptr) multiply(last, visit);
      last = visit;
    });
    multiply(last, last);
    progress.add(1);
  });
}

void packed_sums(const Band& band, const double* weights, int threads, lightcone_control* control, double* sums,
                 double* squares, int64_t* infinite) {
  const EmbedKernels& ops = kernels(LIGHTCONE_ISA_AUTO).embed;
  Team team(threads);
  const int64_t tasks = band.blocks() - band.begin;
  constexpr int64_t none = std::numeric_limits<int64_t>::max();
  std::vector<int64_t> found(static_cast<size_t>(tasks), none);  // the first infinite entry, i M + j
  const Progress progress(control, tasks);
  team.run(tasks, [&](int64_t task, int) {
    progress.check();
    const int64_t j = band.begin + task;
    tiles_of_row(band, j, [&](const Visit& visit) {
      const auto [other, tile, transposed] = visit;
      double w[kTile] = {};
      for (int64_t k = 0; k < band.size(other); ++k) w[k] = weights == nullptr ? 1.0 : weights[other * kTile + k];
      if (!ops.tile_sums(tile, transposed, band.size(j), band.size(other), w, sums + j * kTile, squares + j * kTile) ||
          transposed)
        return;
      for (int64_t k = 0; k < kTile * kTile; ++k)
        if (tile[k] == std::numeric_limits<float>::infinity()) {
          int64_t& first = found[static_cast<size_t>(task)];
          first = std::min(first, (j * kTile + k / kTile) * band.models + other * kTile + k % kTile);
          break;
        }
    });
    progress.add(1);
  });
  const int64_t first = *std::min_element(found.begin(), found.end());
  infinite[0] = first == none ? -1 : first / band.models;
  infinite[1] = first == none ? -1 : first % band.models;
}

void packed_pairwise(const Band& band, const double* x, const double* weights, const int32_t* signature,
                     int64_t dims, int threads, lightcone_control* control, double* missed, double* total) {
  const EmbedKernels& ops = kernels(LIGHTCONE_ISA_AUTO).embed;
  const std::vector<double> sign(signature, signature + dims);
  const std::vector<double> ones(weights == nullptr ? kTile : 0, 1.0);
  const auto weights_of = [&](int64_t block) { return weights == nullptr ? ones.data() : weights + block * kTile; };
  Team team(threads);
  std::vector<std::vector<double>> scratch(static_cast<size_t>(team.size()));
  // Sums of each block row of the band, added up in order afterwards; the last of each is the total.
  const int64_t tasks = band.end - band.begin;
  std::vector<double> parts(static_cast<size_t>(tasks * (dims + 1)), 0.0);
  const Progress progress(control, tasks);
  team.run(tasks, [&](int64_t task, int thread) {
    const int64_t i = band.begin + task;
    std::vector<double>& own = scratch[static_cast<size_t>(thread)];
    own.resize(static_cast<size_t>(dims * (kTile + 8)));
    double* part = parts.data() + task * (dims + 1);
    for (int64_t j = i; j < band.blocks(); ++j) {
      progress.check();
      ops.tile_pairwise(band.tile(i, j), i == j, band.size(i), band.size(j), x + i * kTile * dims,
                        x + j * kTile * dims, weights_of(i), weights_of(j), sign.data(), dims, own.data(), part,
                        part + dims);
    }
    progress.add(1);
  });
  for (int64_t task = 0; task < tasks; ++task) {
    for (int64_t k = 0; k < dims; ++k) missed[k] += parts[static_cast<size_t>(task * (dims + 1) + k)];
    *total += parts[static_cast<size_t>(task * (dims + 1) + dims)];
  }
}

}  // namespace lightcone
