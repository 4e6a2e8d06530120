// SPDX-License-Identifier: Apache-2.0
// Source rows [model][n][c] to the float16 panel of half_product.cu, and the norms of what the rounding left.
//
// A thread for each row; neighbouring threads have neighbouring samples, which are adjacent where they are read, and a
// warp writes the 16-byte pieces of four neighbouring models, whole sectors. Memory binds: 4 C bytes in, 2 C out.
#include "cuda/base/mma.h"
#include "cuda/distance/launchers.h"
#include "cuda/distance/source_row.h"

namespace lightcone {
namespace {

template <class T>
__global__ void __launch_bounds__(kSourceThreads) half_panel_kernel(const LIGHTCONE_ARGS DeviceHalfPanelArgs a) {
  const int64_t model = int64_t{blockIdx.x} * kSourceModels + threadIdx.x / kSourceSamples;
  const int64_t sample = int64_t{blockIdx.y} * kSourceSamples + threadIdx.x % kSourceSamples;
  if (sample >= a.source.samples) return;
  const bool there = model < a.source.models;
  const SourceRow<T> row(a.source, there ? model : 0, sample);
  const double scale = a.source.scale[sample] * kHalfScale;
  const int64_t classes = a.source.classes, padded = a.source.padded;
  const auto word = [&](int64_t c) {
    const uint32_t low = there ? half_bits(static_cast<float>(row.s(c) * scale)) : 0;
    const uint32_t high = there && c + 1 < classes ? half_bits(static_cast<float>(row.s(c + 1) * scale)) : 0;
    return low | high << 16;
  };
  uint32_t* const out = a.panel + sample * half_words(classes) * padded;
  int64_t c = 0;
  for (; c + 8 <= classes; c += 8) {
    uint4 words;
    words.x = word(c), words.y = word(c + 2), words.z = word(c + 4), words.w = word(c + 6);
    *reinterpret_cast<uint4*>(out + c / 2 * padded + model * 4) = words;
  }
  const int64_t rest = half_rest(classes);
  for (int64_t k = 0; k < rest; ++k) out[c / 2 * padded + model * rest + k] = word(c + 2 * k);
}

// The samples of a model one after the other, so that the bits depend on the chunk alone.
__global__ void __launch_bounds__(kSourceThreads) half_self_kernel(const LIGHTCONE_ARGS DeviceHalfPanelArgs a) {
  const int64_t model = int64_t{blockIdx.x} * kSourceThreads + threadIdx.x, padded = a.source.padded;
  if (model >= padded) return;
  const int64_t groups = a.source.classes / 8, rest = half_rest(a.source.classes);
  double sum = 0;
  for (int64_t n = 0; n < a.source.samples; ++n) {
    const uint32_t* const from = a.panel + n * half_words(a.source.classes) * padded;
    float square = 0;
    const auto add = [&](uint32_t word) {
      const float low = half_value(static_cast<uint16_t>(word & 0xffffu)), high = half_value(static_cast<uint16_t>(word >> 16));
      square += low * low;
      square += high * high;
    };
    for (int64_t g = 0; g < groups; ++g) {
      const uint4 words = *reinterpret_cast<const uint4*>(from + g * 4 * padded + model * 4);
      add(words.x), add(words.y), add(words.z), add(words.w);
    }
    for (int64_t k = 0; k < rest; ++k) add(from[groups * 4 * padded + model * rest + k]);
    sum += log(static_cast<double>(square));
  }
  a.self[model] = model < a.source.models ? 0.5 * sum : 0.0;
}

}  // namespace

int launch_half_panel(const DeviceHalfPanelArgs* args, void* stream) {
  const dim3 grid = source_grid(args->source);
  const int code = args->source.wide
                       ? LIGHTCONE_LAUNCH(half_panel_kernel<double>, grid, kSourceThreads, stream, *args)
                       : LIGHTCONE_LAUNCH(half_panel_kernel<float>, grid, kSourceThreads, stream, *args);
  if (code != 0) return code;
  return LIGHTCONE_LAUNCH(half_self_kernel, dim3(divide_up(args->source.padded, kSourceThreads)), kSourceThreads, stream,
                          *args);
}

}  // namespace lightcone
