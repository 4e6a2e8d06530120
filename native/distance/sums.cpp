// SPDX-License-Identifier: Apache-2.0
#include "distance/sums.h"

#include <cmath>
#include <limits>

#include "base/splitmix.h"

namespace lightcone {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Sums::Sums(const Plan& plan, const lightcone_distances_options& options)
    : plan_(plan), blocked_(options.sample_blocks != 0), buffer_(plan.sum_bytes) {
  const int64_t blocks = plan.sample_blocks;
  weights_.assign(static_cast<size_t>(options.replicates * blocks), 0);
  drawn_samples_.assign(static_cast<size_t>(options.replicates), 0);
  for (int64_t r = 0; r < options.replicates; ++r)
    for (int64_t k = 0; k < blocks; ++k) {
      const uint64_t word = splitmix(static_cast<uint64_t>(options.seed) + static_cast<uint64_t>(r * blocks + k));
      const auto product = static_cast<unsigned __int128>(word) * static_cast<uint64_t>(blocks);
      const int64_t block = static_cast<int64_t>(product >> 64);
      ++weights_[static_cast<size_t>(r * blocks + block)];
      drawn_samples_[static_cast<size_t>(r)] += plan.block_begin(block + 1) - plan.block_begin(block);
    }
}

void Sums::fold(int64_t tile, int64_t block, const PairSet* only) const {
  if (!blocked_) return;
  double* sum = array(0, tile);
  double* total = array(1, tile);
  double* spread = array(2, tile);
  const double before = static_cast<double>(plan_.block_begin(block));
  const double here = static_cast<double>(plan_.block_begin(block + 1)) - before;
  const auto each = [&](auto&& body) {
    for (int64_t k = 0; k < kTile; ++k)
      if (only == nullptr || only->has(k)) body(k);
  };
  if (before > 0)
    each([&](int64_t k) {
      const double step = sum[k] / here - total[k] / before;
      spread[k] += step * step * (before * here / (before + here));
    });
  each([&](int64_t k) { total[k] += sum[k]; });
  for (int64_t r = 0; r < static_cast<int64_t>(drawn_samples_.size()); ++r) {
    const int64_t drawn = weight(r, block);
    if (drawn == 0) continue;  // and not 0 times an infinite sum
    double* replicate = array(3 + r, tile);
    each([&](int64_t k) { replicate[k] += static_cast<double>(drawn) * sum[k]; });
  }
  each([&](int64_t k) { sum[k] = 0; });
}

void Sums::clear(int64_t tile, int64_t pair) const {
  for (int64_t which = 0; which < plan_.sums; ++which) array(which, tile)[pair] = 0;
}

double Sums::mean(int64_t tile, int64_t pair) const {
  return total(tile)[pair] / static_cast<double>(plan_.all.count);
}

double Sums::standard_error(int64_t tile, int64_t pair) const {
  if (!(total(tile)[pair] < kInfinity)) return kInfinity;
  return std::sqrt(array(2, tile)[pair] / (static_cast<double>(plan_.all.count) *
                                           static_cast<double>(plan_.sample_blocks - 1)));
}

double Sums::replicate_mean(int64_t replicate, int64_t tile, int64_t pair) const {
  return array(3 + replicate, tile)[pair] / static_cast<double>(drawn_samples_[static_cast<size_t>(replicate)]);
}

}  // namespace lightcone
