// SPDX-License-Identifier: Apache-2.0
// What the planes and label maps of the C ABI check before anything runs, on whatever device. Arrays that may be memory
// of a device are not read here.
#pragma once

#include <cmath>
#include <cstddef>

#include "base/abi.h"
#include "plane/planes.h"

namespace lightcone {

inline bool aligned(const void* address, int64_t bytes) { return reinterpret_cast<uintptr_t>(address) % bytes == 0; }

// The product, or an error: no size that reaches a loop or an allocation has wrapped around.
inline int64_t product(int64_t a, int64_t b, const char* what) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result))
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%s: %lld times %lld does not fit in 63 bits", what, (long long)a,
                                                   (long long)b));
  return result;
}

inline void require_stride(int64_t count, int64_t width, int64_t element, int64_t stride, const char* what) {
  if (stride < product(width, element, what) || stride % element != 0)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("%s: a stride of %lld bytes; it must be a multiple of %lld and at least %lld", what,
                       (long long)stride, (long long)element, (long long)(width * element)));
  product(count, stride, what);
}

inline const lightcone_rows& checked(const lightcone_rows* rows) {
  require_struct(rows, "rows", "lightcone_rows_init");
  require(rows->data != nullptr, "rows.data is null");
  require(rows->rows >= 1 && rows->width >= 1, "rows must have at least one row and one column");
  require(rows->dtype == LIGHTCONE_FLOAT32 || rows->dtype == LIGHTCONE_FLOAT64,
          "rows.dtype must be LIGHTCONE_FLOAT32 or LIGHTCONE_FLOAT64");
  const int64_t element = rows->dtype == LIGHTCONE_FLOAT32 ? 4 : 8;
  require(aligned(rows->data, element), "rows.data is not aligned to its element size");
  require_stride(rows->rows, rows->width, element, rows->stride_bytes, "rows");
  return *rows;
}

inline const lightcone_label_maps& checked(const lightcone_label_maps* maps) {
  require_struct(maps, "maps", "lightcone_label_maps_init");
  require(maps->data != nullptr, "maps.data is null");
  require(maps->maps >= 1 && maps->points >= 1, "there must be at least one map and one point");
  require(maps->label_bytes == 1 || maps->label_bytes == 2, "maps.label_bytes must be 1 or 2");
  require(aligned(maps->data, maps->label_bytes), "maps.data is not aligned to its labels");
  require_stride(maps->maps, maps->points, maps->label_bytes, maps->stride_bytes, "maps");
  product(maps->maps, maps->points, "maps");
  return *maps;
}

inline const lightcone_plane_grid& checked(const lightcone_plane_grid* grid) {
  require_struct(grid, "grid", "lightcone_plane_grid_init");
  require(grid->s_points >= 1 && grid->t_points >= 1, "a grid has at least one point on each axis");
  product(grid->s_points, grid->t_points, "grid");
  require(std::isfinite(grid->margin_low) && std::isfinite(grid->margin_high) && grid->margin_low >= 0 &&
              grid->margin_high >= 0,
          "the grid's margins must be finite and not negative");
  return *grid;
}

inline void require_triplets(const lightcone_rows& rows, const int64_t* triplets, int64_t count) {
  require(count >= 1, "there must be at least one triplet");
  require_array(triplets, {count, 3}, "triplets");
  for (int64_t k = 0; k < 3 * count; ++k)
    if (triplets[k] < 0 || triplets[k] >= rows.rows)
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("triplet %lld names image %lld; there are images 0 to %lld", (long long)(k / 3),
                         (long long)triplets[k], (long long)(rows.rows - 1)));
}

inline void require_output_rows(const float* out, int64_t points, int64_t width, int64_t stride_bytes) {
  require(out != nullptr, "out is null");
  require(aligned(out, 4), "out is not aligned to float32");
  require_stride(points, width, 4, stride_bytes, "out");
}

inline void require_classes(const lightcone_label_maps& maps, int64_t classes) {
  require(classes >= 1 && classes <= (maps.label_bytes == 1 ? 256 : 65536),
          "classes must be 1 to 256 for uint8 labels and 1 to 65,536 for uint16");
}

inline void check_plane_points(const lightcone_rows& rows, const int64_t* triplets, const double* vertices, int64_t count,
                               const lightcone_plane_grid& grid, int64_t begin, int64_t points, const float* out,
                               int64_t out_stride_bytes) {
  require_triplets(rows, triplets, count);
  require_array(vertices, {count, 3}, "vertices");
  const int64_t total = product(grid.s_points * grid.t_points, count, "the points of all grids");
  if (begin < 0 || points < 0 || begin > total - points)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("points %lld + %lld are not among the %lld of all grids",
                                                   (long long)begin, (long long)points, (long long)total));
  require_output_rows(out, points, rows.width, out_stride_bytes);
}

inline void check_argmax(const lightcone_rows& rows, int32_t label_bytes, const void* out) {
  require(label_bytes == 1 || label_bytes == 2, "label_bytes must be 1 or 2");
  require(out != nullptr && aligned(out, label_bytes), "out is null or not aligned to its labels");
  require(rows.width <= (label_bytes == 1 ? 256 : 65536),
          "too many classes for the labels: 256 fit in uint8 and 65,536 in uint16");
}

// Of the maps [begin, end) with all from begin on.
inline void check_agreement(const lightcone_label_maps& maps, int64_t begin, int64_t end, const int64_t* out) {
  if (begin < 0 || begin >= end || end > maps.maps)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("maps [%lld, %lld) are not some of the %lld there are",
                                                   (long long)begin, (long long)end, (long long)maps.maps));
  const int64_t rows = end - begin, columns = maps.maps - begin;
  require_array(out, {rows, columns}, "out");
  product(product(rows, columns, "agreement"), maps.stride_bytes, "agreement");
}

inline void check_components(const lightcone_label_maps& maps, int64_t height, int64_t width, int32_t connectivity,
                             int64_t minimum_area, const ComponentsOutput& out) {
  require(height >= 1 && width >= 1, "a map has at least one row and one column");
  if (product(height, width, "map") != maps.points)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("maps of %lld points are not %lld x %lld", (long long)maps.points,
                                                   (long long)height, (long long)width));
  require(maps.points < INT32_MAX, "a map of 2^31 - 1 points or more: cut it into smaller ones");
  require(connectivity == 4 || connectivity == 8, "connectivity must be 4 or 8");
  require(minimum_area >= 1, "minimum_area must be at least 1");
  require(out.areas == nullptr || out.areas_capacity >= 1, "areas_capacity must be at least 1");
  require_array(out.regions, {maps.maps}, "regions");
  if (out.ids != nullptr) require_array(out.ids, {maps.maps, maps.points}, "ids");
  if (out.areas != nullptr) require_array(out.areas, {maps.maps, out.areas_capacity}, "areas");
}

}  // namespace lightcone
