// SPDX-License-Identifier: Apache-2.0
// After all chunks: which pairs of each tile are to be redone in float64. Flagged: the sum is +inf. Near: the mean lies
// below the metric's threshold. Their bits are set, their sums become 0, and both are counted. Memory binds: one read of
// the sums.
//
// A block of 8 warps a tile; a warp takes 32 neighbouring pairs, a word of the marks, at a time.
#include "cuda/distance/launchers.h"
#include "cuda/base/kernel.h"

namespace lightcone {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;

__global__ void __launch_bounds__(kThreads) mark_kernel(const LIGHTCONE_ARGS DeviceMarkArgs a) {
  LIGHTCONE_SHARED(int, counts, [2]);
  const int64_t i = a.range.row_begin + blockIdx.y, j = a.range.column_begin + blockIdx.x;
  if (a.map.triangle && j < i) return;
  if (threadIdx.x < 2) counts[threadIdx.x] = 0;
  __syncthreads();
  const bool diagonal = a.map.triangle && i == j;
  const int64_t tile = tile_index(a.map, i, j);
  const int lane = static_cast<int>(threadIdx.x) % 32;
  int near_pairs = 0, flagged_pairs = 0;
  for (int word = static_cast<int>(threadIdx.x) / 32; word < kTileWords; word += kWarps) {
    const int64_t pair = word * 32 + lane, r = pair / kBlock, c = pair % kBlock;
    double* sum = a.sums + tile * (kBlock * kBlock) + pair;
    const bool there = i * kBlock + r < a.row_models && j * kBlock + c < a.column_models && (!diagonal || c > r);
    const double mean = *sum / a.samples;
    const bool flagged = there && isinf(mean), near = there && !flagged && mean < a.near_below;
    const unsigned flags = __ballot_sync(kAllLanes, flagged), nears = __ballot_sync(kAllLanes, near);
    if (flagged || near) *sum = 0;
    if (lane == 0) a.marks[tile * kTileWords + word] = flags | nears;
    near_pairs += __popc(nears);
    flagged_pairs += __popc(flags);
  }
  if (lane == 0) {
    atomicAdd(&counts[0], near_pairs);
    atomicAdd(&counts[1], flagged_pairs);
  }
  __syncthreads();
  if (threadIdx.x < 2) a.counts[2 * tile + threadIdx.x] = counts[threadIdx.x];
}

}  // namespace

int launch_mark(const DeviceMarkArgs* args, void* stream) {
  return LIGHTCONE_LAUNCH(mark_kernel, dim3(args->range.columns, args->range.rows), kThreads, stream, *args);
}

}  // namespace lightcone
