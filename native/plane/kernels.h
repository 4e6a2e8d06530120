// SPDX-License-Identifier: Apache-2.0
// The plane family's hot operations. Each is documented where it is written.
#pragma once

#include <cstdint>

namespace lightcone {

// Bytes of each label map that the agreement kernel takes at once: 63 vectors of AVX-512, 252 of SSE2. A lane counts
// at most one per vector, and there may be one more vector at the end of a map: 8 bits hold it.
constexpr int64_t kAgreementBytes = 4032;

// Label maps whose pairs are counted together, kAgreementBytes of each.
struct AgreementBlock {
  const uint8_t* const* rows;     // (row_count) first labels
  const uint8_t* const* columns;  // (column_count)
  int64_t row_count;
  int64_t column_count;
  const uint8_t* mask;  // null, or bytes as wide as the labels: all bits set where a point counts
  int64_t bytes;        // of labels per map, <= kAgreementBytes, a multiple of label_bytes
  int32_t label_bytes;  // 1 or 2
  bool diagonal;        // rows == columns: only j > i is wanted, the rest is scratch
  int64_t* counts;      // (row_count, counts_stride) +=
  int64_t counts_stride;
};

struct PlaneKernels {
  void (*plane_points)(const double* x1, const double* v1, const double* v2, int64_t width, const double* a,
                       const double* b, int64_t points, float* out, int64_t stride);
  int64_t (*argmax)(const void* rows, int32_t dtype, int64_t count, int64_t classes, int64_t stride_bytes,
                    int32_t label_bytes, void* labels);
  void (*agreement)(const AgreementBlock& block);
  void (*label_changes)(const void* map, int64_t height, int64_t width, int32_t label_bytes, uint64_t* changes);
  int64_t (*first_label_from)(const void* labels, int64_t count, int32_t label_bytes, int64_t bound);
};

}  // namespace lightcone
