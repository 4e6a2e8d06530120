// SPDX-License-Identifier: Apache-2.0
// Ceilings measured in the same run as the kernels they are quoted for.
#pragma once

namespace bench {

// float32 multiply-adds per second of `threads` threads on the given instruction set, the FMA loop unrolled
// over independent registers; the best of a few short runs. The portable set counts a multiply and an add.
double fma_rate(int isa, int threads);

// Bytes per second read by `threads` threads from a buffer well beyond the caches.
double read_rate(int threads);

}  // namespace bench
