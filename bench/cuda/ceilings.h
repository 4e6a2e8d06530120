// SPDX-License-Identifier: Apache-2.0
// What the device can do at most, measured in the run of the rows; and memory on it for blocks of vectors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct Ceiling {
  std::string name;
  double rate;
  std::string unit;
};

// Empty without CUDA (an emulated device has no ceilings).
std::vector<Ceiling> measure_ceilings();

// A copy of host memory on the device, and the way back.
double* device_copy(const double* host, int64_t count);
void device_fetch(const double* device, double* host, int64_t count);
void device_free(double* device);
