// SPDX-License-Identifier: Apache-2.0
// Source rows [model][n][c] to what the distance kernels read, models adjacent:
//
//   panel  float32 s k_n [n][c][padded], and the least s of each block of kBlock models
//   rows   float64 s [n][c][padded], with log s for rows that hold an s whose products float64 cannot
//
// Arithmetic in float64, one rounding at the end, so that a panel is that of the CPU but for its last bit in rare
// cases. Memory binds: each number is read once or twice from first-level cache and written once.
#include "cuda/distance/launchers.h"
#include "cuda/distance/source_row.h"

namespace lightcone {
namespace {

// value(row, c) of each row of the block to out[n][c][padded], 0 for models that are not there.
template <class Out, class T, class Value>
__device__ __forceinline__ void transpose(const DeviceSource& source, const SourceRow<T>& row, bool there, Out* out,
                                          Value&& value) {
  LIGHTCONE_SHARED(Out, lines, [kSourceSamples][kSourceClasses][kSourceModels + 1]);
  const int thread = static_cast<int>(threadIdx.x);
  const int sample = thread % kSourceSamples, model = thread / kSourceSamples;
  const int64_t first_model = int64_t{blockIdx.x} * kSourceModels, first_sample = int64_t{blockIdx.y} * kSourceSamples;
  for (int64_t c0 = 0; c0 < source.classes; c0 += kSourceClasses) {
    const int count = static_cast<int>(source.classes - c0 < kSourceClasses ? source.classes - c0 : kSourceClasses);
    for (int c = 0; c < count; ++c) lines[sample][c][model] = there ? value(row, c0 + c) : Out{0};
    __syncthreads();
    const int lane = thread % kSourceModels;
    for (int line = thread / kSourceModels; line < kSourceSamples * count; line += kSourceThreads / kSourceModels) {
      const int n = line / count, c = line % count;
      if (first_sample + n < source.samples)
        out[((first_sample + n) * source.classes + c0 + c) * source.padded + first_model + lane] = lines[n][c][lane];
    }
    __syncthreads();
  }
}

// Where the thread's row is in the table.
struct Place {
  int64_t model, sample;
  bool there;
  __device__ __forceinline__ explicit Place(const DeviceSource& source)
      : model(int64_t{blockIdx.x} * kSourceModels + threadIdx.x / kSourceSamples),
        sample(int64_t{blockIdx.y} * kSourceSamples + threadIdx.x % kSourceSamples),
        there(model < source.models && sample < source.samples) {}
};

template <class T>
__global__ void __launch_bounds__(kSourceThreads, 4) panel_kernel(const LIGHTCONE_ARGS DevicePanelArgs a) {
  LIGHTCONE_SHARED(unsigned, smallest, [1]);
  if (threadIdx.x == 0) smallest[0] = 0x7f7fffffu;
  __syncthreads();
  const Place at(a.source);
  const SourceRow<T> row(a.source, at.there ? at.model : 0, at.there ? at.sample : 0);
  const double scale = a.source.scale[at.there ? at.sample : 0];
  float least = 2.0f;
  transpose(a.source, row, at.there, a.panel, [&](const SourceRow<T>& r, int64_t c) {
    const double s = r.s(c);
    least = static_cast<float>(s) < least ? static_cast<float>(s) : least;
    return static_cast<float>(s * scale);
  });
  // Positive floats order as their bits do.
  if (at.there) atomicMin(&smallest[0], __float_as_uint(least));
  __syncthreads();
  if (threadIdx.x == 0) atomicMin(a.smallest + int64_t{blockIdx.x} * kSourceModels / kBlock, smallest[0]);
}

template <class T>
__global__ void __launch_bounds__(kSourceThreads, 4) rows_kernel(const LIGHTCONE_ARGS DeviceRowsArgs a) {
  const Place at(a.source);
  const SourceRow<T> row(a.source, at.there ? at.model : 0, at.there ? at.sample : 0);
  bool deep = false;
  transpose(a.source, row, at.there, a.rows, [&](const SourceRow<T>& r, int64_t c) {
    const double s = r.s(c);
    deep |= s < 1e-140 && !r.zero(c);
    return s;
  });
  if (at.sample >= a.source.samples) return;
  a.deep[at.sample * a.source.padded + at.model] = deep;
  if (!deep) return;
  for (int64_t c = 0; c < a.source.classes; ++c)
    a.logs[(at.sample * a.source.classes + c) * a.source.padded + at.model] = row.log_s(c);
}

}  // namespace

int launch_panel(const DevicePanelArgs* args, void* stream) {
  return args->source.wide
             ? LIGHTCONE_LAUNCH(panel_kernel<double>, source_grid(args->source), kSourceThreads, stream, *args)
             : LIGHTCONE_LAUNCH(panel_kernel<float>, source_grid(args->source), kSourceThreads, stream, *args);
}

int launch_rows(const DeviceRowsArgs* args, void* stream) {
  return args->source.wide
             ? LIGHTCONE_LAUNCH(rows_kernel<double>, source_grid(args->source), kSourceThreads, stream, *args)
             : LIGHTCONE_LAUNCH(rows_kernel<float>, source_grid(args->source), kSourceThreads, stream, *args);
}

}  // namespace lightcone
