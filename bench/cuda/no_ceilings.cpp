// SPDX-License-Identifier: Apache-2.0
// For the emulated device, whose memory is the host's.
#include <algorithm>

#include "ceilings.h"

std::vector<Ceiling> measure_ceilings() { return {}; }
double* device_copy(const double* host, int64_t count) {
  double* copy = new double[static_cast<size_t>(count)];
  std::copy(host, host + count, copy);
  return copy;
}
void device_fetch(const double* device, double* host, int64_t count) { std::copy(device, device + count, host); }
void device_free(double* device) { delete[] device; }
