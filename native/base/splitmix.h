// SPDX-License-Identifier: Apache-2.0
// splitmix64 (Steele, Lea and Flood 2014): number k of the sequence that starts at `seed` is splitmix(seed + k).
// Neighbouring arguments give unrelated words.
#pragma once

#include <cstdint>

namespace lightcone {

inline uint64_t splitmix(uint64_t index) {
  uint64_t z = (index + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace lightcone
