// SPDX-License-Identifier: Apache-2.0
// The end of each isa_*.cpp: its function table. The file defined struct Tile and included <immintrin.h>
// if it needs it; the kernels below are compiled with that file's flags.
#pragma once

#include "base/ceiling_loops.h"
#include "base/row_kernel.h"
#include "distance/bhattacharyya_kernel.h"
#include "distance/metrics.h"
#include "distance/stream_kernel.h"
#include "embed/pairwise_kernel.h"
#include "embed/product_kernel.h"
#include "geometry/geodesic_kernel.h"
#include "geometry/progress_kernel.h"
#include "plane/agreement_kernel.h"
#include "plane/argmax_kernel.h"
#include "plane/label_kernel.h"
#include "plane/points_kernel.h"

namespace {

constexpr lightcone::Kernels kernel_table(int32_t isa) {
  return {isa,
          sqrt_rows,
          {Tile::kStrip, pack, bhattacharyya_tile, bhattacharyya_finish, stream_rows, pack_streams<double>,
           pack_streams<float>, kMetricTable},
          {block_multiply, widen_tile, tile_sums, tile_pairwise},
          {progress_plane, progress_slope, geodesic_angles, geodesic_points, bhattacharyya_rows},
          {plane_points, argmax, agreement, label_changes, first_label_from},
          {fma_loop<float>, fma_loop<double>, read_loop}};
}

}  // namespace
