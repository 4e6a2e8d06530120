// SPDX-License-Identifier: Apache-2.0
// Bhattacharyya distances (Eq 2), sum_n -log BC_n over a chunk of samples, in plain float32: the reference of the
// device's backend, for any C. Product trick: instead of a log per (pair, sample), the running product of the BC_n as
// mantissa and exponent, renormalised every kRenormalise samples by integer operations; one log per pair and chunk.
// A product below 2^-126 is seen before its mantissa is masked, and stays 0: the pair is flagged, its sum is +inf.
//
// Tile 96 x 96 pairs, 192 threads of 8 x 6. Lines (n, c) of 96 + 96 floats reach shared memory kLines at a time, three
// stages deep, by cp.async. Registers hold the 48 dot products of the sample, the 48 running products and, two to a
// register, their exponents: two blocks a multiprocessor. FMA issue binds: per pair-sample C FMAs, one multiplication and
// 6 / kRenormalise integer operations; then shared memory, 5 of its cycles for 12 of FMA.
#include "cuda/distance/launchers.h"
#include "cuda/distance/product_trick.h"

namespace lightcone {
namespace {

constexpr int kLanesX = 16, kLanesY = 12, kThreads = kLanesX * kLanesY;
constexpr int kRows = 8, kColumns = 6;  // of a thread: two runs of 4 rows, three of 2 columns
constexpr int kLines = 16, kStages = 3, kLineFloats = 2 * static_cast<int>(kBlock);
constexpr int kParts = kLineFloats / 4;  // 16-byte parts of a line
static_assert(kLanesY * kRows == kBlock && kLanesX * kColumns == kBlock, "threads cover the tile");
static_assert(kThreads % kParts == 0 && kLines * kParts % kThreads == 0, "threads share the copying evenly");

using Stage = float[kLines][kLineFloats];

__device__ __forceinline__ int row_of(int a, int y) { return (a / 4) * (kLanesY * 4) + y * 4 + a % 4; }
__device__ __forceinline__ int column_of(int b, int x) { return (b / 2) * (kLanesX * 2) + x * 2 + b % 2; }

// sum (+)= a row's line times a column's.
template <bool kFirst>
__device__ __forceinline__ void add_line(const float* line, int x, int y, float (&sum)[kRows][kColumns]) {
  float column[kColumns];
  LIGHTCONE_UNROLL
  for (int k = 0; k < kColumns / 2; ++k) {
    const float2 v = *reinterpret_cast<const float2*>(line + kBlock + column_of(2 * k, x));
    column[2 * k] = v.x, column[2 * k + 1] = v.y;
  }
  LIGHTCONE_UNROLL
  for (int k = 0; k < kRows; k += 4) {
    const float4 v = *reinterpret_cast<const float4*>(line + row_of(k, y));
    const float row[4] = {v.x, v.y, v.z, v.w};
    LIGHTCONE_UNROLL
    for (int a = 0; a < 4; ++a)
      LIGHTCONE_UNROLL
      for (int b = 0; b < kColumns; ++b)
        sum[k + a][b] = kFirst ? row[a] * column[b] : row[a] * column[b] + sum[k + a][b];
  }
}

// The lines of the tile's two panels, a stage at a time, each thread the same part of every fourth line.
struct Lines {
  const float* from;  // this thread's part of line `own`
  int step;           // floats from a line of the panel to the next
  int left;           // lines from `own` of the next stage on
  int own, part;

  __device__ __forceinline__ Lines(const DeviceProductArgs& a, int64_t i, int64_t j)
      : own(static_cast<int>(threadIdx.x) / kParts), part(static_cast<int>(threadIdx.x) % kParts * 4) {
    const bool row = part < kBlock;
    step = static_cast<int>(row ? a.row_padded : a.column_padded);
    from = (row ? a.rows + i * kBlock + part : a.columns + j * kBlock + part - kBlock) + int64_t{own} * step;
    left = static_cast<int>(a.samples * a.classes) - own;
  }
  // Begins to copy the next stage.
  __device__ __forceinline__ void copy(Stage& to) {
    constexpr int kEvery = kThreads / kParts;
    LIGHTCONE_UNROLL
    for (int k = 0; k < kLines; k += kEvery) {
      if (k < left) copy_async16(&to[own + k][part], from);
      from += int64_t{kEvery} * step;
    }
    left -= kLines;
    copy_async_commit();
  }
};

template <bool kGuarded>
__device__ __forceinline__ void product_tile(const DeviceProductArgs& a, int64_t i, int64_t j, Stage* stages) {
  const int x = static_cast<int>(threadIdx.x) % kLanesX, y = static_cast<int>(threadIdx.x) / kLanesX;
  float sum[kRows][kColumns], product[kRows][kColumns];
  int exponents[kRows][kColumns / 2];
  LIGHTCONE_UNROLL
  for (int r = 0; r < kRows; ++r)
    LIGHTCONE_UNROLL
    for (int c = 0; c < kColumns; ++c) {
      product[r][c] = 1.0f;
      exponents[r][c / 2] = 0;
    }

  Lines lines(a, i, j);
  lines.copy(stages[0]);
  lines.copy(stages[1]);
  int stage = -1, slot = kLines;
  // The next line: of this stage, or the first of the next one, which every thread then has copied its part of while
  // none reads the one before it any more.
  const auto next_line = [&]() -> const float* {
    if (slot == kLines) {
      slot = 0;
      copy_async_wait<1>();
      __syncthreads();
      stage = stage == kStages - 1 ? 0 : stage + 1;
      lines.copy(stages[stage == 0 ? kStages - 1 : stage - 1]);
    }
    return stages[stage][slot++];
  };

  const int samples = static_cast<int>(a.samples), classes = static_cast<int>(a.classes);
  for (int n = 0; n < samples; ++n) {
    add_line<true>(next_line(), x, y, sum);
    for (int c = 1; c < classes; ++c) add_line<false>(next_line(), x, y, sum);
    const bool last = (n + 1) % kRenormalise == 0 || n + 1 == samples;
    LIGHTCONE_UNROLL
    for (int r = 0; r < kRows; ++r)
      LIGHTCONE_UNROLL
      for (int c = 0; c < kColumns; ++c)
        product[r][c] =
            multiply_flushed(product[r][c], kGuarded && sum[r][c] < kDeviceLeastDot ? 0.0f : sum[r][c]);
    if (!last) continue;
    LIGHTCONE_UNROLL
    for (int r = 0; r < kRows; ++r)
      LIGHTCONE_UNROLL
      for (int c = 0; c < kColumns; ++c) renormalise(product[r][c], exponents[r][c / 2], c % 2 != 0);
  }

  double* tile = a.sums + tile_index(a.map, i, j) * (kBlock * kBlock);
  LIGHTCONE_UNROLL
  for (int r = 0; r < kRows; ++r) {
    __syncwarp();  // not for order: it keeps the compiler from taking all rows' float64 at once, which spills on sm_100
    LIGHTCONE_UNROLL
    for (int c = 0; c < kColumns; ++c) {
      const double log_product = log_of(product[r][c], exponent_of(exponents[r][c / 2], c % 2 != 0));
      double* out = tile + row_of(r, y) * kBlock + column_of(c, x);
      *out += product[r][c] == 0.0f ? __longlong_as_double(0x7ff0000000000000LL) : a.log_scale - log_product;
    }
  }
}

// Neighbouring blocks have neighbouring rows, so that the rows of a launch stay in second-level cache along a column.
__global__ void __launch_bounds__(kThreads, 2) product_kernel(const LIGHTCONE_ARGS DeviceProductArgs a) {
  LIGHTCONE_SHARED(float, stages, [kStages][kLines][kLineFloats]);
  const int64_t i = a.range.row_begin + blockIdx.x, j = a.range.column_begin + blockIdx.y;
  if (a.map.triangle && j < i) return;
  // BC >= min_c s_c of either row, because the other row's s sum to at least 1.
  const float row = __uint_as_float(a.row_smallest[i]), column = __uint_as_float(a.column_smallest[j]);
  if ((row > column ? row : column) < static_cast<float>(kGuardedBelow)) {
    product_tile<true>(a, i, j, stages);
  } else {
    product_tile<false>(a, i, j, stages);
  }
}

}  // namespace

int launch_product(const DeviceProductArgs* args, void* stream) {
  return LIGHTCONE_LAUNCH(product_kernel, dim3(args->range.rows, args->range.columns), kThreads, stream, *args);
}

}  // namespace lightcone
