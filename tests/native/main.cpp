// SPDX-License-Identifier: Apache-2.0
// Runs the native tests under the instruction set that LIGHTCONE_ISA forces; 77 where it cannot run here.
#define DOCTEST_CONFIG_IMPLEMENT
#include "doctest/doctest.h"

#include <cstdio>
#include <cstdlib>

#include "lightcone.h"

int main(int argc, char** argv) {
  int32_t active = 0;
  if (lightcone_isa_resolve(LIGHTCONE_ISA_AUTO, &active) != LIGHTCONE_OK) {
    std::printf("skipped: %s\n", lightcone_last_error());
    return 77;
  }
  const char* forced = std::getenv("LIGHTCONE_ISA");
  std::printf("instruction set: %s (LIGHTCONE_ISA=%s)\n", lightcone_isa_name(active), forced ? forced : "");
  doctest::Context context(argc, argv);
  return context.run();
}
