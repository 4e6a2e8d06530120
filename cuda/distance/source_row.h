// SPDX-License-Identifier: Apache-2.0
// One source row as normalised sqrt-probabilities, in float64, as native/base/row_kernel.h makes them:
//
//   probabilities      s_c = sqrt(p_c) / sqrt(sum p)
//   the other two      s_c = e_c / sqrt(sum e^2),  e_c = exp((x_c - max x) / 2)
#pragma once

#include "cuda/base/kernel.h"
#include "lightcone.h"

namespace lightcone {

template <class T>
struct SourceRow {
  const T* x;
  int64_t classes;
  bool probabilities;
  double largest;  // of the logarithms
  double total;    // sum p, or sum e^2
  double factor;   // 1 / sqrt(total)

  __device__ __forceinline__ SourceRow(const DeviceSource& source, int64_t model, int64_t sample)
      : x(static_cast<const T*>(source.rows) + (model * source.samples + sample) * source.classes),
        classes(source.classes),
        probabilities(source.kinds[model * source.samples + sample] == LIGHTCONE_PROBABILITIES),
        largest(0),
        total(0) {
    if (probabilities) {
      for (int64_t c = 0; c < classes; ++c) total += static_cast<double>(x[c]);
    } else {
      largest = static_cast<double>(x[0]);
      for (int64_t c = 1; c < classes; ++c) {
        const double value = static_cast<double>(x[c]);
        largest = value > largest ? value : largest;
      }
      for (int64_t c = 0; c < classes; ++c) {
        const double e = root(c);
        total += e * e;
      }
    }
    factor = 1.0 / sqrt(total);
  }

  __device__ __forceinline__ double root(int64_t c) const {
    const double value = static_cast<double>(x[c]);
    return probabilities ? sqrt(value) : exp(0.5 * (value - largest));
  }
  __device__ __forceinline__ double s(int64_t c) const { return root(c) * factor; }
  __device__ __forceinline__ bool zero(int64_t c) const {
    return probabilities ? x[c] == T{0} : isinf(static_cast<double>(x[c]));
  }
  // log s, -inf for a zero.
  __device__ __forceinline__ double log_s(int64_t c) const {
    const double value = static_cast<double>(x[c]);
    return 0.5 * ((probabilities ? log(value) : value - largest) - log(total));
  }
};

// Blocks of kSourceModels models by kSourceSamples samples, a thread for each row, neighbouring threads on neighbouring
// samples (adjacent in memory); what they make leaves through shared memory, kSourceClasses classes at a time, so that
// neighbouring threads write neighbouring models.
constexpr int kSourceModels = 32, kSourceSamples = 8, kSourceClasses = 8;
constexpr int kSourceThreads = kSourceModels * kSourceSamples;
static_assert(kBlock % kSourceModels == 0, "the models of a thread block lie in one block of the grid");

inline dim3 source_grid(const DeviceSource& source) {
  return dim3(source.padded / kSourceModels, divide_up(source.samples, kSourceSamples));
}

}  // namespace lightcone
