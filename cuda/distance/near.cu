// SPDX-License-Identifier: Apache-2.0
// The marked pairs again in float64 from the source rows, by the CPU's form (bhattacharyya_pair): per sample the
// difference form -log1p(-h), h = 1/2 |s - t|^2, where h < 1/2, and -log BC otherwise. No log for near samples either:
// 1 + E = prod (1 - h) with E kept, one log1p a chunk. A BC below 1e-290 is an infinite term, or,
// where a row is deep, taken in the log domain.
//
// A block a tile: the marked pairs are gathered as micro-tiles of 2 x 4 pairs (a micro-tile with one marked pair is done
// whole), 64 at a time, four threads to each, which share the samples. Float64 lines of 96 + 96 models reach shared
// memory four classes of four samples at a time. Per pair and class a subtraction and an FMA in float64 against three
// quarters of a shared load: shared memory binds where pairs are dense, latency where they are few.
//
// The bits of a pair do not depend on which others of its tile are marked: its samples are dealt to four sums by their
// number, and those are added in order.
#include "cuda/distance/launchers.h"
#include "cuda/base/kernel.h"

namespace lightcone {
namespace {

constexpr int kSlices = 4, kMicros = 64, kThreads = kSlices * kMicros;
constexpr int kMicroRows = 2, kMicroColumns = 4, kMicroPairs = kMicroRows * kMicroColumns;
constexpr int kTileMicros = static_cast<int>(kBlock * kBlock) / kMicroPairs;
constexpr int kMicrosAcross = static_cast<int>(kBlock) / kMicroColumns;
constexpr int kClasses = 4, kLine = 2 * static_cast<int>(kBlock);
constexpr int kWordsAcross = static_cast<int>(kBlock) / 32;
static_assert(kBlock % 32 == 0 && kTileMicros % 32 == 0, "marks are whole words, micro-tiles whole warps");

// 0.5^32: 1 + E still has half of float64's bits.
static_assert(kDeviceNearSamples / kSlices <= 32, "a slice multiplies at most 32 samples");

// Marked pairs of a micro-tile, a bit each.
__device__ __forceinline__ unsigned marks_of(const uint32_t* marks, int micro) {
  const int row = micro / kMicrosAcross * kMicroRows, column = micro % kMicrosAcross * kMicroColumns;
  unsigned bits = 0;
  for (int r = 0; r < kMicroRows; ++r)
    bits |= (marks[(row + r) * kWordsAcross + column / 32] >> (column % 32) & 15u) << (r * kMicroColumns);
  return bits;
}

// log s of a class of a row.
__device__ __forceinline__ double log_of(const double* rows, const double* logs, bool deep, int64_t at) {
  return deep ? logs[at] : log(rows[at]);
}

// -log BC of one sample, +inf where no class is shared. (row, column: models.)
__device__ LIGHTCONE_NOINLINE double far_term(const DeviceNearArgs& a, int64_t n, int64_t row, int64_t column) {
  const double* u = a.rows + n * a.classes * a.row_padded + row;
  const double* v = a.columns + n * a.classes * a.column_padded + column;
  double dot = 0;
  for (int64_t c = 0; c < a.classes; ++c) dot += u[c * a.row_padded] * v[c * a.column_padded];
  if (dot >= 1e-290) return -log(dot);
  const double infinity = __longlong_as_double(0x7ff0000000000000LL);
  const bool row_deep = a.row_deep[n * a.row_padded + row], column_deep = a.column_deep[n * a.column_padded + column];
  if (!row_deep && !column_deep) return infinity;
  const double* log_u = a.row_logs + n * a.classes * a.row_padded + row;
  const double* log_v = a.column_logs + n * a.classes * a.column_padded + column;
  double largest = -infinity, sum = 0;
  for (int64_t c = 0; c < a.classes; ++c) {
    const double x = log_of(u, log_u, row_deep, c * a.row_padded) + log_of(v, log_v, column_deep, c * a.column_padded);
    largest = x > largest ? x : largest;
  }
  if (largest == -infinity) return infinity;
  for (int64_t c = 0; c < a.classes; ++c)
    sum += exp(log_of(u, log_u, row_deep, c * a.row_padded) + log_of(v, log_v, column_deep, c * a.column_padded) -
               largest);
  return -(largest + log(sum));
}

__global__ void __launch_bounds__(kThreads, 2) near_kernel(const LIGHTCONE_ARGS DeviceNearArgs a) {
  LIGHTCONE_SHARED(double, lines, [kSlices][kClasses][kLine]);
  // Each thread's own; here because registers are short and they are rarely touched.
  LIGHTCONE_SHARED(double, sum, [kSlices][kMicroPairs][kMicros]);
  LIGHTCONE_SHARED(uint16_t, infinite, [kSlices][kMicroPairs][kMicros]);
  LIGHTCONE_SHARED(uint16_t, list, [kTileMicros]);
  LIGHTCONE_SHARED(int, listed, [1]);
  const int thread = static_cast<int>(threadIdx.x), slice = thread / kMicros, lane = thread % kMicros;
  const int64_t i = a.tiles[2 * int64_t{blockIdx.x}], j = a.tiles[2 * int64_t{blockIdx.x} + 1];
  const int64_t tile = tile_index(a.map, i, j);
  const uint32_t* marks = a.marks + tile * kTileWords;

  // The micro-tiles with a mark, in order: one warp, 32 at a time.
  if (thread < 32) {
    int count = 0;
    for (int first = 0; first < kTileMicros; first += 32) {
      const bool marked = marks_of(marks, first + thread) != 0;
      const unsigned all = __ballot_sync(kAllLanes, marked);
      if (marked) list[count + __popc(all & ((1u << thread) - 1u))] = static_cast<uint16_t>(first + thread);
      count += __popc(all);
    }
    if (thread == 0) listed[0] = count;
  }
  __syncthreads();
  const int micros = listed[0];

  for (int first = 0; first < micros; first += kMicros) {
    const bool active = first + lane < micros;
    const int micro = active ? list[first + lane] : 0;
    const int row = micro / kMicrosAcross * kMicroRows, column = micro % kMicrosAcross * kMicroColumns;
    double near[kMicroPairs] = {};
    for (int k = 0; k < kMicroPairs; ++k) {
      sum[slice][k][lane] = 0;
      infinite[slice][k][lane] = 0;
    }
    for (int64_t n0 = 0; n0 < a.samples; n0 += kSlices) {
      const int64_t n = n0 + slice;
      const bool busy = active && n < a.samples;
      double h[kMicroPairs] = {};
      for (int64_t c0 = 0; c0 < a.classes; c0 += kClasses) {
        __syncthreads();
        for (int k = thread; k < kSlices * kClasses * kLine; k += kThreads) {
          const int at = k % kLine, c = k / kLine % kClasses, s = k / kLine / kClasses;
          const int64_t line = (n0 + s) * a.classes + c0 + c;
          if (n0 + s < a.samples && c0 + c < a.classes)
            lines[s][c][at] = at < kBlock ? a.rows[line * a.row_padded + i * kBlock + at]
                                                    : a.columns[line * a.column_padded + j * kBlock + at - kBlock];
        }
        __syncthreads();
        if (!busy) continue;
        const int count = static_cast<int>(a.classes - c0 < kClasses ? a.classes - c0 : kClasses);
        LIGHTCONE_ROLLED
        for (int c = 0; c < count; ++c) {
          const double* u = lines[slice][c] + row;
          const double* v = lines[slice][c] + kBlock + column;
          LIGHTCONE_UNROLL
          for (int r = 0; r < kMicroRows; ++r)
            LIGHTCONE_UNROLL
            for (int k = 0; k < kMicroColumns; ++k) {
              const double d = u[r] - v[k];
              h[r * kMicroColumns + k] += d * d;
            }
        }
      }
      if (!busy) continue;
      LIGHTCONE_UNROLL
      for (int k = 0; k < kMicroPairs; ++k) {
        if (h[k] < 1.0) {
          const double x = -0.5 * h[k];
          near[k] = near[k] * (x + 1.0) + x;
          continue;
        }
        const int64_t r = i * kBlock + row + k / kMicroColumns, c = j * kBlock + column + k % kMicroColumns;
        const double term = far_term(a, n, r, c);
        if (isinf(term)) {
          ++infinite[slice][k][lane];
        } else {
          sum[slice][k][lane] += term;
        }
      }
    }
    LIGHTCONE_UNROLL
    for (int k = 0; k < kMicroPairs; ++k) sum[slice][k][lane] -= log1p(near[k]);
    __syncthreads();
    // Thread (slice, lane) adds up two of its micro-tile's pairs.
    const unsigned marked = active ? marks_of(marks, micro) : 0;
    for (int k = slice; k < kMicroPairs; k += kSlices) {
      if ((marked >> k & 1u) == 0) continue;
      double total = 0;
      int terms = 0;
      for (int s = 0; s < kSlices; ++s) {
        total += sum[s][k][lane];
        terms += infinite[s][k][lane];
      }
      const int pair = (row + k / kMicroColumns) * static_cast<int>(kBlock) + column + k % kMicroColumns;
      if (terms != 0) {
        total += a.cap * terms;
        atomicAdd(reinterpret_cast<unsigned long long*>(a.totals), static_cast<unsigned long long>(terms));
        const unsigned bit = 1u << (pair % 32);
        if ((atomicOr(a.infinite + tile * kTileWords + pair / 32, bit) & bit) == 0)
          atomicAdd(reinterpret_cast<unsigned long long*>(a.totals) + 1, 1ull);
      }
      a.sums[tile * (kBlock * kBlock) + pair] += total;
    }
    __syncthreads();  // before the sums begin anew
  }
}

}  // namespace

int launch_near(const DeviceNearArgs* args, void* stream) {
  return LIGHTCONE_LAUNCH(near_kernel, dim3(args->count), kThreads, stream, *args);
}

}  // namespace lightcone
