// SPDX-License-Identifier: Apache-2.0
// The machine's ceilings, measured: what a kernel bound by arithmetic or by memory could reach at best. Quoted
// beside every rate of the benchmarks and the base of every predicted time.
#pragma once

#include <cstdint>

namespace lightcone {

// Multiply-adds per second of `threads` threads, all running: elements of `dtype`, instruction set `isa`.
double ceiling_fma(int32_t isa, int32_t dtype, int32_t threads);

// Bytes per second that `threads` threads read, each its own part of a buffer of `bytes`.
double ceiling_read(int64_t bytes, int32_t threads);

}  // namespace lightcone
