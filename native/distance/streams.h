// SPDX-License-Identifier: Apache-2.0
// Rows of predictions as the streams of a metric (metric.h, Source), in the two layouts its operations read:
//
//   panels  [strip of models][n][stream][c][kNestStrip] of float or double for tile_nest.h; log 0 is 0 there, and
//           numbers beyond float32 stand at its end. Labels: [model][n padded to 64], one or two bytes.
//   rows    [model][stream][c][stride] double for pair_nest.h, padded with rows (1, 0, ...); log 0 is -inf
#pragma once

#include <cstdint>
#include <vector>

#include "distance/panels.h"
#include "distance/passes.h"

namespace lightcone {

// What goes with the panels of a table.
struct StreamFacts {
  explicit StreamFacts(int64_t models)
      : self(static_cast<size_t>(blocks_of(models) * kBlock)), zeros(self.size()) {}
  // sum over the chunk of each model's products with itself, of the numbers as the panel holds them
  std::vector<double> self;
  // Digest of the exact zeros seen so far (kLogarithm): the xor of one pseudo-random word per (sample, class). Models
  // with other zeros have another digest but with probability 2^-64.
  std::vector<uint64_t> zeros;
};

void fill_stream_panels(const Call& call, const Predictions& table, SampleRange chunk, void* panels,
                        StreamFacts* facts);
void fill_label_panels(const Call& call, const Predictions& table, SampleRange chunk, void* panels);
void fill_stream_rows(const Call& call, const Predictions& table, SampleRange chunk, double* rows);

}  // namespace lightcone
