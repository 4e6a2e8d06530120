// SPDX-License-Identifier: Apache-2.0
// The pairs of a band that are done again in float64 on the device: which, and their sums.
#pragma once

#include <vector>

#include "distance/device_band.h"

namespace lightcone {

class DeviceNear {
 public:
  explicit DeviceNear(DeviceBand& band) : band_(band) {}

  // After the fast pass: marks near and flagged pairs (metric.h), counts them and clears their sums.
  void mark();
  // Adds the marked pairs' terms, from the source rows, which cross the bus once more.
  void run();

 private:
  void list_tiles();
  void chunk(SampleRange samples, const FedTables& fed);

  struct Place {
    int32_t i, j;
  };
  DeviceBand& band_;
  std::vector<Place> tiles_;    // those with marked pairs
  std::vector<int64_t> pairs_;  // how many, of each
};

}  // namespace lightcone
