// SPDX-License-Identifier: Apache-2.0
// The float64 sums of a call, a matrix of tiles each. Without sample blocks one: the sum of the terms. With them
// four kinds, kept in one pass over the blocks b with n_b samples, sums S_b and means x_b = S_b / n_b:
//
//   block       S_b of the block in progress
//   total       sum_b S_b
//   spread      sum_b n_b (x_b - mean)^2, updated block by block (Chan, Golub and LeVeque 1983), so that equal blocks
//               give exactly 0 and close ones lose nothing
//   replicates  sum_b w_rb S_b, w_rb how often replicate r drew block b
#pragma once

#include <cstdint>
#include <vector>

#include "distance/panels.h"
#include "distance/plan.h"

namespace lightcone {

// One bit per pair of a tile.
class PairSet {
 public:
  void set(int64_t k) { words_[static_cast<size_t>(k / 64)] |= uint64_t{1} << (k % 64); }
  bool has(int64_t k) const { return words_[static_cast<size_t>(k / 64)] >> (k % 64) & 1; }

 private:
  std::vector<uint64_t> words_ = std::vector<uint64_t>(kTile / 64);
};

class Sums {
 public:
  Sums(const Plan& plan, const lightcone_distances_options& options);

  double* block(int64_t tile) const { return array(0, tile); }
  const double* total(int64_t tile) const { return array(blocked_ ? 1 : 0, tile); }

  // Adds the finished block to the rest and clears it. `only`: these pairs; null: all.
  void fold(int64_t tile, int64_t block, const PairSet* only) const;
  // Forgets a pair.
  void clear(int64_t tile, int64_t pair) const;

  double mean(int64_t tile, int64_t pair) const;
  // Standard error of that mean, sqrt(spread / (N (B - 1))); +inf where the mean is.
  double standard_error(int64_t tile, int64_t pair) const;
  double replicate_mean(int64_t replicate, int64_t tile, int64_t pair) const;

 private:
  double* array(int64_t which, int64_t tile) const {
    return buffer_.as<double>() + (which * plan_.grid.tiles() + tile) * kTile;
  }
  int64_t weight(int64_t replicate, int64_t block) const {
    return weights_[static_cast<size_t>(replicate * plan_.sample_blocks + block)];
  }

  const Plan& plan_;
  const bool blocked_;
  const AlignedBuffer buffer_;           // begins as zeros
  std::vector<int32_t> weights_;        // (replicates, blocks)
  std::vector<int64_t> drawn_samples_;  // of each replicate
};

}  // namespace lightcone
