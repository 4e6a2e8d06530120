// SPDX-License-Identifier: Apache-2.0
// The two ways to the terms of a chunk of samples, behind the driver of distances.cpp: tiles of pairs from panels, and
// single pairs in float64. product_pass.cpp has the ones of bhattacharyya's product trick, stream_pass.cpp those of
// all other metrics.
#pragma once

#include <memory>

#include "base/kernels.h"
#include "base/team.h"
#include "distance/plan.h"

namespace lightcone {

// The two tables of a call; in a triangle they are one, and its panels are shared.
struct Tables {
  const Predictions* rows;
  const Predictions* columns;
  bool shared() const { return rows == columns; }
};

// What all passes are made from; it outlives them.
struct Call {
  Tables tables;
  const lightcone_distances_options& options;
  const Metric& metric;
  const Kernels& kernels;
  const Plan& plan;
  const Progress& progress;
  Team& team;
};

class FastPass {
 public:
  virtual ~FastPass() = default;
  // `first`: of a block of samples, whose sums begin as zeros.
  virtual void load(SampleRange chunk, bool first) = 0;
  // sum (kBlock, kBlock), of the part's tile, gains the terms of the loaded chunk for the pairs of the part. Until finish()
  // its memory is the pass's own.
  virtual void tile(const TilePart& part, int thread, double* sum) const = 0;
  // After the last chunk of a block of samples, for a whole tile: sum is the sum of the terms; +inf where a pair must be
  // done by a NearPass.
  virtual void finish(const TilePart& whole, int thread, double* sum) const = 0;
  // After all chunks: whether the pair's sum says nothing although it is finite.
  virtual bool flagged(int64_t row, int64_t column) const = 0;
};

class NearPass {
 public:
  virtual ~NearPass() = default;
  virtual void load(SampleRange chunk) = 0;
  // Sum of the finite terms of the loaded chunk; adds the number of infinite ones.
  virtual double pair(int64_t row, int64_t column, int64_t* infinite) const = 0;
};

std::unique_ptr<FastPass> product_fast_pass(const Call& call);
std::unique_ptr<NearPass> product_near_pass(const Call& call);
std::unique_ptr<FastPass> stream_fast_pass(const Call& call);
std::unique_ptr<NearPass> stream_near_pass(const Call& call);

}  // namespace lightcone
