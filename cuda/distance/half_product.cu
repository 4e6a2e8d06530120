// SPDX-License-Identifier: Apache-2.0
// Bhattacharyya distances (Eq 2) in mode `fast`: sum_n -log cos of the angle between the rounded rows, float16 on the
// tensor cores with float32 sums. With s' the row rounded to float16, of norm |s'| near 1,
//
//   -log cos(s', t') = -log(s' . t') + log|s'| + log|t'|
//
// the norms coming from half_panel.cu: what the rounding of a row did to its length is taken off, and the error of close
// rows shrinks with the angle between them; equal ones stay within 4e-6 of 0 (the adder of the tensor cores truncates).
// Product trick as in product.cu; a product below 2^-126 is flagged, its sum +inf.
//
// A block of 8 warps takes 192 x 192 pairs (2 x 2 tiles of the grid), a warp 96 x 48: for each sample 36 MMAs of
// 16 x 8 x 16, classes padded to 16 in shared memory alone, and 144 multiplications a lane into products that stay in
// registers; their exponents, needed every kHalfRenormalise samples, lie in shared memory. More than 16 classes take
// several MMAs for a sample, whose sums then need registers too: 96 x 192 pairs, a warp 48 x 48.
//
// What binds on Hopper, in cycles of a sample of one multiprocessor and 10 classes, counted, not measured: tensor cores
// 288 at their rated speed, about 460 at what mma.sync is known to reach; issue 2 warps x (36 + 144 + 9 + 6 + 30) = 450 of
// each scheduler; shared memory 290; second-level cache 384 models x 20 bytes. The products bind as much as the MMAs, so
// that wgmma could gain a fifth at most.
#include "cuda/base/mma.h"
#include "cuda/distance/launchers.h"
#include "cuda/distance/product_trick.h"

namespace lightcone {
namespace {

constexpr int kThreads = 256, kColumnWarps = 4;
constexpr int kWarpColumns = 48, kBlockColumns = kColumnWarps * kWarpColumns;  // 192
constexpr int kColumnTiles = kWarpColumns / 8;                                 // MMAs side by side
constexpr int kBlockBlocks = kBlockColumns / static_cast<int>(kBlock);
constexpr int kStages = 3, kStageSlices = 2;  // a slice: 16 classes of a sample

// Rows of a block: kRowTiles MMAs of 16 for each of two rows of warps.
template <int kRowTiles>
struct Shape {
  static constexpr int kWarpRows = 16 * kRowTiles, kRows = 2 * kWarpRows, kModels = kRows + kBlockColumns;
  static constexpr int kExponents = kRowTiles * kColumnTiles * 2;  // words of a thread
  static constexpr int kSliceBytes = kModels * 32;                 // [half][model][8 float16]
  static constexpr int kStageBytes = kStageSlices * kSliceBytes;
  static constexpr int kBytes = kStages * kStageBytes + kExponents * kThreads * 4;
};

// Copies slices of the block's models, in order, a stage at a time.
template <int kRowTiles, bool kMany>
struct Slices {
  using S = Shape<kRowTiles>;
  const DeviceHalfProductArgs& a;
  int row_first, column_first;  // models
  int sample = 0, slice = 0;

  __device__ __forceinline__ Slices(const DeviceHalfProductArgs& args, int64_t row, int64_t column)
      : a(args), row_first(static_cast<int>(row)), column_first(static_cast<int>(column)) {}
  __device__ __forceinline__ int slices() const { return kMany ? static_cast<int>((a.classes + 15) / 16) : 1; }

  // The 8 classes of half `half` of the slice, of all models. Blocks that stick out read the last model again.
  __device__ __forceinline__ void copy_half(char* to, int half) const {
    const int group = 2 * slice + half, groups = static_cast<int>(a.classes / 8);
    const int rest = static_cast<int>(half_rest(a.classes));
    if (group > groups || (group == groups && rest == 0)) {
      if (kMany)  // another slice's stood here
        for (int m = static_cast<int>(threadIdx.x); m < S::kModels; m += kThreads)
          for (int k = 0; k < 4; ++k) copy_async4(to + m * 16 + 4 * k, a.rows, false);
      return;
    }
    LIGHTCONE_ROLLED
    for (int m = static_cast<int>(threadIdx.x); m < S::kModels; m += kThreads) {
      const bool row = m < S::kRows;
      const int64_t padded = row ? a.row_padded : a.column_padded;
      const int wanted = row ? row_first + m : column_first + m - S::kRows;
      const int64_t model = wanted < padded ? wanted : padded - 1;
      const uint32_t* const from = (row ? a.rows : a.columns) + (sample * half_words(a.classes) + 4 * group) * padded;
      if (group < groups) {
        copy_async16(to + m * 16, from + model * 4);
      } else {
        for (int k = 0; k < rest; ++k) copy_async4(to + m * 16 + 4 * k, from + model * rest + k, true);
        if (kMany)
          for (int k = rest; k < 4; ++k) copy_async4(to + m * 16 + 4 * k, a.rows, false);
      }
    }
  }
  __device__ __forceinline__ void copy_stage(char* stage) {
    LIGHTCONE_ROLLED
    for (int k = 0; k < kStageSlices && sample < a.samples; ++k) {
      copy_half(stage + k * S::kSliceBytes, 0);
      copy_half(stage + k * S::kSliceBytes + S::kModels * 16, 1);
      if (++slice == slices()) {
        slice = 0;
        ++sample;
      }
    }
    copy_async_commit();
  }
};

// Products to [1, 2), their exponents to this thread's words of shared memory.
template <int kRowTiles>
__device__ __forceinline__ void renormalise_all(float (&product)[kRowTiles][kColumnTiles][4], int* exponents) {
  LIGHTCONE_UNROLL
  for (int m = 0; m < kRowTiles; ++m) {
    asm volatile("" ::: "memory");  // no more of them in registers at a time: there is none to spare
    LIGHTCONE_UNROLL
    for (int c = 0; c < kColumnTiles; ++c)
      LIGHTCONE_UNROLL
      for (int h = 0; h < 2; ++h) {
        int& word = exponents[((m * kColumnTiles + c) * 2 + h) * kThreads];
        int both = word;
        renormalise(product[m][c][2 * h], both, false);
        renormalise(product[m][c][2 * h + 1], both, true);
        word = both;
      }
  }
}

template <int kRowTiles, bool kMany>
__global__ void __launch_bounds__(kThreads, 1) half_product_kernel(const LIGHTCONE_ARGS DeviceHalfProductArgs a) {
  using S = Shape<kRowTiles>;
  LIGHTCONE_DYNAMIC_SHARED(char, shared);
  constexpr int kRowBlocks = S::kRows / static_cast<int>(kBlock);
  const int64_t i = a.range.row_begin + int64_t{blockIdx.x} * kRowBlocks;
  const int64_t j = a.range.column_begin + int64_t{blockIdx.y} * kBlockBlocks;
  if (a.map.triangle && j + kBlockBlocks <= i) return;  // wholly below the diagonal

  const int thread = static_cast<int>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int warp_row = warp / kColumnWarps * S::kWarpRows, warp_column = warp % kColumnWarps * kWarpColumns;
  int* const exponents = reinterpret_cast<int*>(shared + kStages * S::kStageBytes) + thread;
  for (int k = 0; k < S::kExponents; ++k) exponents[k * kThreads] = 0;
  if (!kMany)  // the classes that are not there stay 0
    for (int k = thread; k < kStages * S::kStageBytes / 4; k += kThreads) reinterpret_cast<int*>(shared)[k] = 0;
  __syncthreads();

  float product[kRowTiles][kColumnTiles][4], sum[kMany ? kRowTiles : 1][kMany ? kColumnTiles : 1][4];
  LIGHTCONE_UNROLL
  for (int m = 0; m < kRowTiles; ++m)
    LIGHTCONE_UNROLL
    for (int c = 0; c < kColumnTiles; ++c)
      LIGHTCONE_UNROLL
      for (int k = 0; k < 4; ++k) product[m][c][k] = 1.0f;

  Slices<kRowTiles, kMany> slices(a, i * kBlock, j * kBlock);
  slices.copy_stage(shared);
  slices.copy_stage(shared + S::kStageBytes);
  // Where this lane's row of the matrices that it loads lies in a slice: of rows, halves after models; of columns, halves
  // before them.
  const int row_at = (lane / 16 * S::kModels + warp_row + lane / 8 % 2 * 8 + lane % 8) * 16;
  const int column_at = (lane / 8 % 2 * S::kModels + S::kRows + warp_column + lane / 16 * 8 + lane % 8) * 16;
  const int samples = static_cast<int>(a.samples), parts = slices.slices();
  int stage = -1, slot = kStageSlices;
  LIGHTCONE_ROLLED
  for (int n = 0; n < samples; ++n) {
    LIGHTCONE_ROLLED
    for (int part = 0; part < (kMany ? parts : 1); ++part) {
      if (slot == kStageSlices) {
        // This stage's copies are there for all threads, and none reads the one before it any more.
        slot = 0;
        copy_async_wait<1>();
        __syncthreads();
        stage = stage == kStages - 1 ? 0 : stage + 1;
        slices.copy_stage(shared + (stage == 0 ? kStages - 1 : stage - 1) * S::kStageBytes);
      }
      const char* const from = shared + stage * S::kStageBytes + slot++ * S::kSliceBytes;
      uint32_t column[kColumnTiles / 2][4];
      LIGHTCONE_UNROLL
      for (int c = 0; c < kColumnTiles / 2; ++c) load_matrices(column[c], from + column_at + c * 16 * 16);
      LIGHTCONE_UNROLL
      for (int m = 0; m < kRowTiles; ++m) {
        uint32_t row[4];
        load_matrices(row, from + row_at + m * 16 * 16);
        LIGHTCONE_UNROLL
        for (int c = 0; c < kColumnTiles; ++c) {
          if (!kMany) {
            float dot[4] = {0, 0, 0, 0};
            multiply_16x8x16(dot, row, &column[c / 2][c % 2 * 2]);
            LIGHTCONE_UNROLL
            for (int k = 0; k < 4; ++k) product[m][c][k] = multiply_flushed(product[m][c][k], dot[k]);
          } else {
            float(&dot)[4] = sum[kMany ? m : 0][kMany ? c : 0];
            if (part == 0) dot[0] = dot[1] = dot[2] = dot[3] = 0;
            multiply_16x8x16(dot, row, &column[c / 2][c % 2 * 2]);
          }
        }
      }
    }
    if (kMany) {
      LIGHTCONE_UNROLL
      for (int m = 0; m < kRowTiles; ++m)
        LIGHTCONE_UNROLL
        for (int c = 0; c < kColumnTiles; ++c)
          LIGHTCONE_UNROLL
          for (int k = 0; k < 4; ++k)
            product[m][c][k] = multiply_flushed(product[m][c][k], sum[kMany ? m : 0][kMany ? c : 0][k]);
    }
    if ((n + 1) % kHalfRenormalise == 0 || n + 1 == samples) renormalise_all(product, exponents);
  }

  LIGHTCONE_UNROLL
  for (int m = 0; m < kRowTiles; ++m)
    LIGHTCONE_UNROLL
    for (int h = 0; h < 2; ++h) {
      asm volatile("" ::: "memory");  // as above
      const int r = warp_row + 16 * m + 8 * h + lane / 4;
      const int64_t block = i + r / kBlock;
      if (block >= a.range.row_begin + a.range.rows) continue;
      const double row_self = a.row_self[i * kBlock + r];
      LIGHTCONE_UNROLL
      for (int c = 0; c < kColumnTiles; ++c) {
        const int first = warp_column + 8 * c + lane % 4 * 2;
        const int64_t column_block = j + first / kBlock;
        if (column_block >= a.range.column_begin + a.range.columns || (a.map.triangle && column_block < block)) continue;
        double* const out = a.sums + (tile_index(a.map, block, column_block) * kBlock + r % kBlock) * kBlock + first % kBlock;
        const int both = exponents[((m * kColumnTiles + c) * 2 + h) * kThreads];
        LIGHTCONE_UNROLL
        for (int k = 0; k < 2; ++k) {
          const float p = product[m][c][2 * h + k];
          const double norms = row_self + a.column_self[j * kBlock + first + k];
          out[k] += p == 0.0f ? __longlong_as_double(0x7ff0000000000000LL) : norms - log_of(p, exponent_of(both, k != 0));
        }
      }
    }
}

template <int kRowTiles, bool kMany>
int launch(const DeviceHalfProductArgs* args, void* stream) {
  using S = Shape<kRowTiles>;
  const dim3 grid(divide_up(args->range.rows, S::kRows / kBlock), divide_up(args->range.columns, kBlockBlocks));
  return LIGHTCONE_LAUNCH_SHARED((half_product_kernel<kRowTiles, kMany>), grid, kThreads, S::kBytes, stream, *args);
}

}  // namespace

int launch_half_product(const DeviceHalfProductArgs* args, void* stream) {
  // The smaller block does any C, with half the products for each load: for the devices with 99 KiB (GeForce).
  return args->classes <= 16 && Shape<6>::kBytes <= most_shared_memory() ? launch<6, false>(args, stream)
                                                                         : launch<3, true>(args, stream);
}

}  // namespace lightcone
