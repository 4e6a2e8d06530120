// SPDX-License-Identifier: Apache-2.0
// Points with equal labels of all pairs of maps, as exact counts.
//
// Labels become bits: a word holds one bit of a map's label at 32 points, so that two maps differ there in
// OR over the bits of (a ^ b), one three-input instruction a bit for 32 points, and one popcount ends them. Ten classes
// take four bits, which is 4 + 2 instructions for 32 points of a pair; a compare of bytes takes about five for 4 points.
// Instructions bind, popcounts, of which a multiprocessor makes 16 a cycle, next to them.
//
//   bits    a warp 32 points of 32 maps, by ballots; a lane then holds a map's words and lines are written whole
//   pairs   a block a tile of 64 x 64 pairs and kSplit words, a thread 4 x 4 pairs, lines through shared memory; whole
//           numbers are added to the counts by atomics, whose order does not matter
#include "cuda/plane/launchers.h"
#include "cuda/base/kernel.h"

namespace lightcone {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kTile = static_cast<int>(kAgreementMaps);
constexpr int kLines = 16;        // of words staged in shared memory; a label has no more bits
constexpr int64_t kSplit = 512;   // words of a block: 4,096 additions to memory for 2 million words of pairs

template <class Label>
__global__ void __launch_bounds__(kThreads) bits_kernel(const LIGHTCONE_ARGS DeviceAgreementBitsArgs a) {
  constexpr int kPlanes = 8 * sizeof(Label);
  const int lane = static_cast<int>(threadIdx.x % 32);
  const int64_t word = int64_t{blockIdx.x} * kWarps + threadIdx.x / 32, first = int64_t{blockIdx.y} * 32;
  const int64_t point = 32 * word + lane;
  if (32 * word >= a.points) return;  // the whole warp
  const bool there = point < a.points;
  if (first == 0) {
    const unsigned counted = __ballot_sync(kAllLanes, there && (a.mask == nullptr || a.mask[point] != 0));
    if (lane == 0) a.counted[word] = counted;
  }
  unsigned own[kPlanes] = {}, used = 0;
  for (int m = 0; m < 32; ++m) {
    unsigned label = 0;
    if (there && first + m < a.count)
      label = reinterpret_cast<const Label*>(static_cast<const char*>(a.maps) + (first + m) * a.stride_bytes)[point];
    used |= label;
    LIGHTCONE_UNROLL
    for (int b = 0; b < kPlanes; ++b) {
      const unsigned bits = __ballot_sync(kAllLanes, label >> b & 1u);
      own[b] = lane == m ? bits : own[b];
    }
  }
  LIGHTCONE_UNROLL
  for (int b = 0; b < kPlanes; ++b) a.bits[(word * kPlanes + b) * a.padded + first + lane] = own[b];
  for (int mask = 16; mask > 0; mask /= 2) used |= __shfl_xor_sync(kAllLanes, used, mask);
  if (lane == 0 && used != 0) atomicOr(a.used, used);
}

// (Three blocks: left alone, ptxas takes 64 registers on sm_80 and spills.)
__global__ void __launch_bounds__(kThreads, 3) pairs_kernel(const LIGHTCONE_ARGS DeviceAgreementPairsArgs a) {
  LIGHTCONE_SHARED(uint32_t, lines, [2][kLines][kTile]);
  const int64_t i = a.row_begin + blockIdx.z, j = blockIdx.y;
  if (j < i) return;
  const int thread = static_cast<int>(threadIdx.x), row = thread / 16 * 4, column = thread % 16 * 4;
  const unsigned used = a.used[0];
  int planes = 0;
  while (planes < a.planes && used >> planes != 0) ++planes;
  const int stage = planes > 0 ? kLines / planes : kLines;  // words
  const int64_t begin = int64_t{blockIdx.x} * kSplit, end = begin + kSplit < a.words ? begin + kSplit : a.words;
  int counts[16] = {};
  for (int64_t w0 = begin; w0 < end; w0 += stage) {
    const int words = static_cast<int>(end - w0 < stage ? end - w0 : stage);
    __syncthreads();
    for (int k = thread; k < 2 * words * planes * kTile; k += kThreads) {
      const int map = k % kTile, line = k / kTile % (words * planes), side = k / kTile / (words * planes);
      lines[side][line][map] =
          a.bits[((w0 + line / planes) * a.planes + line % planes) * a.padded + (side == 0 ? i : j) * kTile + map];
    }
    __syncthreads();
    for (int w = 0; w < words; ++w) {
      const unsigned counted = a.counted[w0 + w];
      unsigned differ[16] = {};
      for (int b = 0; b < planes; ++b) {
        const uint4 u = *reinterpret_cast<const uint4*>(&lines[0][w * planes + b][row]);
        const uint4 v = *reinterpret_cast<const uint4*>(&lines[1][w * planes + b][column]);
        const unsigned x[4] = {u.x, u.y, u.z, u.w}, y[4] = {v.x, v.y, v.z, v.w};
        LIGHTCONE_UNROLL
        for (int k = 0; k < 16; ++k) differ[k] |= x[k / 4] ^ y[k % 4];
      }
      LIGHTCONE_UNROLL
      for (int k = 0; k < 16; ++k) counts[k] += __popc(~differ[k] & counted);
    }
  }
  LIGHTCONE_UNROLL
  for (int k = 0; k < 16; ++k) {
    const int64_t r = i * kTile + row + k / 4, c = j * kTile + column + k % 4;
    if (r < a.count && c < a.count && c >= r && counts[k] != 0)
      atomicAdd(a.counts + r * a.count + c, static_cast<unsigned long long>(counts[k]));
  }
}

}  // namespace

int launch_agreement_bits(const DeviceAgreementBitsArgs* args, void* stream) {
  const dim3 grid(divide_up(divide_up(args->points, 32), kWarps), args->padded / 32);
  return args->label_bytes == 1 ? LIGHTCONE_LAUNCH(bits_kernel<uint8_t>, grid, kThreads, stream, *args)
                                : LIGHTCONE_LAUNCH(bits_kernel<uint16_t>, grid, kThreads, stream, *args);
}

int launch_agreement_pairs(const DeviceAgreementPairsArgs* args, void* stream) {
  const dim3 grid(divide_up(args->words, kSplit), args->padded / kTile, args->rows);
  return LIGHTCONE_LAUNCH(pairs_kernel, grid, kThreads, stream, *args);
}

}  // namespace lightcone
