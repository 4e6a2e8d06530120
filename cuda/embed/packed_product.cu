// SPDX-License-Identifier: Apache-2.0
// y = D x for packed D in float32 and a block x of vectors in float64: every product and sum in float64, on the tensor
// cores. |error| <= M 2^-53 sum_j |d(i,j)| |x_j|, for every entry.
//
// What binds, on an H200 at M = 151,407 and b columns, counted and not measured: M^2 b multiply-adds, 44 ms at b = 64
// and the 67 TFLOP/s of float64 tensor cores; one read of D is 45.9 GB, 11 ms. So arithmetic binds, and a tile is read
// twice, as block (i, j) and as block (j, i): the second read costs less traffic than what a single one would need, for
// then a tile's second half would leave through partial sums of y, 96 b float64 written and read again beside the 36 KiB
// of the tile. Products in float32 on the plain units take the same 44 ms and would bound residuals by 2^-24; only tf32
// would be quicker, at 2^-11 a product.
//
// A block of 8 warps makes 2 block rows (192 rows) of up to 72 columns: 24 rows a warp, 108 registers of sums. It goes
// through all block columns k in order: tile (k, j) transposed before the diagonal, tile (j, k) from there on, so that an
// entry of y is one chain of multiply-adds in order of k, as on the CPU, and nothing depends on other blocks. kDepth
// columns of the tiles and rows of x at a time reach shared memory by cp.async, kStages deep. Of second-level cache a tile
// takes 64 KiB (its own 36 and half of x's block) for 2 x 5,184 cycles of the tensor cores.
#include "cuda/base/mma_double.h"
#include "cuda/embed/launchers.h"
#include "lightcone.h"

namespace lightcone {
namespace {

constexpr int kTile = LIGHTCONE_TILE, kTileEntries = kTile * kTile;
constexpr int kHalves = static_cast<int>(kDeviceBlockRows);
constexpr int kWarps = 8, kThreads = 32 * kWarps, kHalfThreads = kThreads / kHalves;
constexpr int kRows = 3;  // of 8, a warp's
static_assert(kWarps / kHalves * kRows * 8 == kTile, "the warps of a half cover a tile");
constexpr int kDepth = 16, kStages = 4, kSteps = kTile / kDepth;
// Lines in shared memory, in floats: 16-byte parts stay aligned, and the 32 lanes of a fragment, 8 rows by 4 columns, meet
// 32 banks either way (20 r + k and 104 k + r modulo 32).
constexpr int kDirect = kDepth + 4, kAcross = kTile + 8;
constexpr int kTileFloats = kTile * kDirect;
static_assert(kTileFloats >= kDepth * kAcross, "either orientation fits");
constexpr int kTileParts = kTile * kDepth / 4;  // of 16 bytes
static_assert(kTileParts % kHalfThreads == 0, "threads share the copying evenly");

// The same for x, in doubles: 4 rows by 4 columns of a half-warp meet 16 pairs of banks.
template <int kBlocks>
constexpr int kLine = 8 * kBlocks + 4;
template <int kBlocks>
constexpr int kStageBytes = kHalves * kTileFloats * 4 + kDepth * kLine<kBlocks> * 8;

// The tile in which block row j meets block column k, and whether it stands transposed.
struct Meeting {
  const float* tile;
  bool across;

  __device__ __forceinline__ Meeting(const DevicePackedProductArgs& a, int64_t j, int64_t k) : across(k < j) {
    const int64_t row = across ? k : j, column = across ? j : k;
    tile = a.tiles + (row * a.blocks - row * (row - 1) / 2 + column - row) * kTileEntries;
  }
};

template <int kBlocks>
__global__ void __launch_bounds__(kThreads, 1) packed_product_kernel(const LIGHTCONE_ARGS DevicePackedProductArgs a) {
  LIGHTCONE_DYNAMIC_SHARED(char, shared);
  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int half = thread / kHalfThreads, member = thread % kHalfThreads;
  const int64_t j = (a.group_begin + blockIdx.x) * kHalves + half;
  const bool there = j < a.blocks;
  const int64_t first_column = static_cast<int64_t>(blockIdx.y) * kBlocks * 8, part = blockIdx.z;
  const int columns = static_cast<int>(a.columns - first_column < kBlocks * 8 ? a.columns - first_column : kBlocks * 8);
  const int64_t k_begin = part * a.blocks / a.parts, k_end = (part + 1) * a.blocks / a.parts;
  const int steps = static_cast<int>(k_end - k_begin) * kSteps;

  const auto tile_of = [&](int stage) {
    return reinterpret_cast<float*>(shared + stage * kStageBytes<kBlocks>) + half * kTileFloats;
  };
  const auto x_of = [&](int stage) {
    return reinterpret_cast<double*>(shared + stage * kStageBytes<kBlocks> + kHalves * kTileFloats * 4);
  };
  const auto copy = [&](int step) {
    if (step < steps) {
      const int64_t k = k_begin + step / kSteps;
      const int depth = step % kSteps * kDepth, stage = step % kStages;
      if (there) {
        const Meeting meeting(a, j, k);
        float* const to = tile_of(stage);
        LIGHTCONE_UNROLL
        for (int n = 0; n < kTileParts / kHalfThreads; ++n) {
          const int piece = n * kHalfThreads + member;
          if (meeting.across) {
            const int line = piece / (kTile / 4), at = piece % (kTile / 4) * 4;
            copy_async16(to + line * kAcross + at, meeting.tile + (depth + line) * kTile + at);
          } else {
            const int line = piece / (kDepth / 4), at = piece % (kDepth / 4) * 4;
            copy_async16(to + line * kDirect + at, meeting.tile + line * kTile + depth + at);
          }
        }
      }
      const double* from = a.x + (k * kTile + depth) * a.columns + first_column;
      double* const to = x_of(stage);
      for (int piece = thread; piece < kDepth * kBlocks * 4; piece += kThreads) {
        const int line = piece / (kBlocks * 4), at = piece % (kBlocks * 4) * 2;
        if (at < columns) copy_async16(to + line * kLine<kBlocks> + at, from + line * a.columns + at);
      }
    }
    copy_async_commit();  // an empty group too: the wait counts them
  };

  double sum[kRows][kBlocks][2];
  LIGHTCONE_UNROLL
  for (int r = 0; r < kRows; ++r)
    LIGHTCONE_UNROLL
    for (int c = 0; c < kBlocks; ++c) sum[r][c][0] = sum[r][c][1] = 0;

  LIGHTCONE_UNROLL
  for (int step = 0; step < kStages - 1; ++step) copy(step);
  const int row = warp % (kWarps / kHalves) * kRows * 8 + lane / 4;
  for (int step = 0; step < steps; ++step) {
    copy_async_wait<kStages - 2>();
    __syncthreads();
    copy(step + kStages - 1);  // into the stage that all have left
    if (!there) continue;
    const bool across = k_begin + step / kSteps < j;
    const int row_stride = across ? 1 : kDirect, depth_stride = across ? kAcross : 1;
    const float* tile = tile_of(step % kStages) + row * row_stride + lane % 4 * depth_stride;
    const double* x = x_of(step % kStages) + lane % 4 * kLine<kBlocks> + lane / 4;
    LIGHTCONE_UNROLL
    for (int k = 0; k < kDepth; k += 4) {
      double left[kRows];
      LIGHTCONE_UNROLL
      for (int r = 0; r < kRows; ++r) left[r] = static_cast<double>(tile[r * 8 * row_stride + k * depth_stride]);
      LIGHTCONE_UNROLL
      for (int c = 0; c < kBlocks; ++c) {
        const double right = x[k * kLine<kBlocks> + c * 8];
        LIGHTCONE_UNROLL
        for (int r = 0; r < kRows; ++r) multiply_8x8x4(sum[r][c], left[r], right);
      }
    }
  }

  if (!there) return;
  double* const y = a.y + ((part * a.blocks + j) * kTile + row) * a.columns + first_column + lane % 4 * 2;
  LIGHTCONE_UNROLL
  for (int r = 0; r < kRows; ++r)
    LIGHTCONE_UNROLL
    for (int c = 0; c < kBlocks; ++c)
      if (c * 8 < columns)
        *reinterpret_cast<double2*>(y + r * 8 * a.columns + c * 8) = double2{sum[r][c][0], sum[r][c][1]};
}

template <int kBlocks>
int launch(const DevicePackedProductArgs& a, void* stream) {
  const dim3 grid(a.groups, divide_up(a.columns, kBlocks * 8), a.parts);
  return LIGHTCONE_LAUNCH_SHARED((packed_product_kernel<kBlocks>), grid, kThreads, kStages * kStageBytes<kBlocks>, stream,
                                 a);
}

}  // namespace

// The columns in as few panels of at most 72 as they take, of the least instantiated width that holds them.
int launch_packed_product(const DevicePackedProductArgs* args, void* stream) {
  constexpr int64_t most = 9;
  const int64_t eights = args->columns / 8, each = divide_up(eights, divide_up(eights, most));
  if (each <= 3) return launch<3>(*args, stream);
  if (each <= 5) return launch<5>(*args, stream);
  if (each <= 7) return launch<7>(*args, stream);
  if (each <= 8) return launch<8>(*args, stream);
  return launch<9>(*args, stream);
}

}  // namespace lightcone
