// SPDX-License-Identifier: Apache-2.0
// Runs the device tests on the library that LIGHTCONE_CUDA_LIBRARY names; 77 where it cannot run here.
#define DOCTEST_CONFIG_IMPLEMENT
#include "doctest/doctest.h"

#include <cstdio>

#include "lightcone.h"

int main(int argc, char** argv) {
  lightcone_device_info info;
  lightcone_device_info_init(&info);
  if (lightcone_device_query(0, &info) != LIGHTCONE_OK || !info.available) {
    std::printf("skipped: %s\n", info.reason[0] != '\0' ? info.reason : lightcone_last_error());
    return 77;
  }
  std::printf("device: %s\n", info.name);
  doctest::Context context(argc, argv);
  return context.run();
}
