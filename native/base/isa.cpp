// SPDX-License-Identifier: Apache-2.0
// Choice of the instruction set: at the module's edge, forceable, printable.
#include <cstdlib>
#include <cstring>

#include "base/error.h"
#include "base/kernels.h"

namespace lightcone {
namespace {

struct Entry {
  int32_t isa;
  const char* name;
  const Kernels* (*table)();
};

// Best first.
constexpr Entry kEntries[] = {
    {LIGHTCONE_ISA_AVX512, "avx512", kernels_avx512},
    {LIGHTCONE_ISA_AVX2, "avx2", kernels_avx2},
    {LIGHTCONE_ISA_PORTABLE, "portable", kernels_portable},
};

const Kernels& require(const Entry& entry) {
  const Kernels* table = entry.table();
  if (table == nullptr)
    throw Error(LIGHTCONE_UNSUPPORTED,
                format("this processor cannot run the instruction set %s; choose auto", entry.name));
  return *table;
}

}  // namespace

const Kernels& kernels(int32_t isa) {
  if (isa == LIGHTCONE_ISA_AUTO) {
    const char* forced = std::getenv("LIGHTCONE_ISA");
    if (forced != nullptr && *forced != '\0' && std::strcmp(forced, "auto") != 0) {
      for (const Entry& entry : kEntries)
        if (std::strcmp(entry.name, forced) == 0) return require(entry);
      throw Error(LIGHTCONE_UNSUPPORTED,
                  format("LIGHTCONE_ISA is \"%s\"; it must be auto, portable, avx2 or avx512", forced));
    }
    for (const Entry& entry : kEntries)
      if (const Kernels* table = entry.table()) return *table;
  }
  for (const Entry& entry : kEntries)
    if (entry.isa == isa) return require(entry);
  throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown instruction set constant %d", isa));
}

const char* isa_name(int32_t isa) {
  for (const Entry& entry : kEntries)
    if (entry.isa == isa) return entry.name;
  return "";
}

}  // namespace lightcone
