// SPDX-License-Identifier: Apache-2.0
// Sqrt-probabilities of a chunk of samples in the two layouts that the kernels read:
//
//   float32 panels  [strip of models][n][c][strip]  s k_n; for bhattacharyya_tile; strip is the kernels'
//   float64 rows    [model][c][stride]              s; for bhattacharyya_pair
//
// Why k_n differs from sample to sample: a row that is the same on every sample (ignorance, a constant
// model) would be rounded to float32 the same way every time, and that error, up to 6e-8, would not average
// out over N as the others do. Multiplying sample n of every model by one pseudo-random k_n makes all
// rounding random and costs nothing: BC_n gains the factor k_n^2, whose logarithms are summed in float64
// and taken off at the end.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <new>
#include <vector>

#include "base/kernels.h"
#include "base/predictions.h"
#include "base/team.h"
#include "distance/grid.h"

namespace lightcone {

// Memory for panels, zero pages of the system. Aligned to huge pages, and asking for them: the kernels walk whole
// panels, and a page walk every 4 KiB costs several percent. Mapped and not from malloc, which may be set to keep
// what is freed: the planned memory of a call is what it takes.
class AlignedBuffer {
 public:
  explicit AlignedBuffer(int64_t bytes)
      : mapped_bytes_(static_cast<size_t>(bytes) + kAlignment) {
    mapped_ = ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped_ == MAP_FAILED) throw std::bad_alloc();
    data_ = reinterpret_cast<char*>((reinterpret_cast<uintptr_t>(mapped_) + kAlignment - 1) / kAlignment * kAlignment);
    ::madvise(data_, static_cast<size_t>(bytes), MADV_HUGEPAGE);  // advice: failure changes nothing
  }
  ~AlignedBuffer() { ::munmap(mapped_, mapped_bytes_); }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(data_);
  }

 private:
  static constexpr size_t kAlignment = size_t{1} << 21;
  size_t mapped_bytes_;
  void* mapped_;
  char* data_;
};

// The samples [first, first + count) of `all`.
inline SampleRange slice(SampleRange all, int64_t first, int64_t count) {
  return {all.begin + first * all.step, all.step, count};
}

// k_n of each sample of the chunk, a function of the sample's index alone; returns sum_n log k_n^2.
double fill_scale(SampleRange chunk, double* scale);

// Fills the float32 panels; smallest[block] becomes the smallest s in the block's chunk.
void fill_panels(const Predictions& table, const Kernels& kernels, SampleRange chunk, Team& team,
                 const Progress& progress, const double* scale, float* panels, double* smallest);

// Fills the float64 rows of all models for a chunk, padded to `stride` samples with the row (1, 0, ...),
// whose distance to itself is 0. underflowed[model] becomes true when an s below 1e-140 stands in it
// that is not an exact zero probability: its float64 products can underflow.
void fill_rows64(const Predictions& table, const Kernels& kernels, SampleRange chunk, int64_t stride,
                 Team& team, const Progress& progress, double* rows, std::vector<char>* underflowed);

}  // namespace lightcone
