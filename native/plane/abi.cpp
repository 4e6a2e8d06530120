// SPDX-License-Identifier: Apache-2.0
// Planes and label maps of the C ABI: checks what crosses it.
#include <cmath>
#include <cstddef>

#include "base/abi.h"
#include "plane/planes.h"

using lightcone::Error;
using lightcone::format;
using lightcone::guard;
using lightcone::require;
using lightcone::require_array;
using lightcone::require_struct;

namespace {

bool aligned(const void* address, int64_t bytes) { return reinterpret_cast<uintptr_t>(address) % bytes == 0; }

// The product, or an error: no size that reaches a loop or an allocation has wrapped around.
int64_t product(int64_t a, int64_t b, const char* what) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result))
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%s: %lld times %lld does not fit in 63 bits", what, (long long)a,
                                                   (long long)b));
  return result;
}

void require_stride(int64_t count, int64_t width, int64_t element, int64_t stride, const char* what) {
  if (stride < product(width, element, what) || stride % element != 0)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("%s: a stride of %lld bytes; it must be a multiple of %lld and at least %lld", what,
                       (long long)stride, (long long)element, (long long)(width * element)));
  product(count, stride, what);
}

const lightcone_rows& checked(const lightcone_rows* rows) {
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

const lightcone_label_maps& checked(const lightcone_label_maps* maps) {
  require_struct(maps, "maps", "lightcone_label_maps_init");
  require(maps->data != nullptr, "maps.data is null");
  require(maps->maps >= 1 && maps->points >= 1, "there must be at least one map and one point");
  require(maps->label_bytes == 1 || maps->label_bytes == 2, "maps.label_bytes must be 1 or 2");
  require(aligned(maps->data, maps->label_bytes), "maps.data is not aligned to its labels");
  require_stride(maps->maps, maps->points, maps->label_bytes, maps->stride_bytes, "maps");
  product(maps->maps, maps->points, "maps");
  return *maps;
}

const lightcone_plane_grid& checked(const lightcone_plane_grid* grid) {
  require_struct(grid, "grid", "lightcone_plane_grid_init");
  require(grid->s_points >= 1 && grid->t_points >= 1, "a grid has at least one point on each axis");
  product(grid->s_points, grid->t_points, "grid");
  require(std::isfinite(grid->margin_low) && std::isfinite(grid->margin_high) && grid->margin_low >= 0 &&
              grid->margin_high >= 0,
          "the grid's margins must be finite and not negative");
  return *grid;
}

void require_triplets(const lightcone_rows& rows, const int64_t* triplets, int64_t count) {
  require(count >= 1, "there must be at least one triplet");
  require_array(triplets, {count, 3}, "triplets");
  for (int64_t k = 0; k < 3 * count; ++k)
    if (triplets[k] < 0 || triplets[k] >= rows.rows)
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("triplet %lld names image %lld; there are images 0 to %lld", (long long)(k / 3),
                         (long long)triplets[k], (long long)(rows.rows - 1)));
}

void require_output_rows(const float* out, int64_t points, int64_t width, int64_t stride_bytes) {
  require(out != nullptr, "out is null");
  require(aligned(out, 4), "out is not aligned to float32");
  require_stride(points, width, 4, stride_bytes, "out");
}

void require_classes(const lightcone_label_maps& maps, int64_t classes) {
  require(classes >= 1 && classes <= (maps.label_bytes == 1 ? 256 : 65536),
          "classes must be 1 to 256 for uint8 labels and 1 to 65,536 for uint16");
}

}  // namespace

extern "C" {

void lightcone_rows_init(lightcone_rows* rows) {
  if (rows == nullptr) return;
  *rows = {};
  rows->size = sizeof(lightcone_rows);
  rows->dtype = LIGHTCONE_FLOAT32;
}

void lightcone_plane_grid_init(lightcone_plane_grid* grid) {
  if (grid == nullptr) return;
  *grid = {sizeof(lightcone_plane_grid), 50, 50, 0.1, 0.1};
}

void lightcone_label_maps_init(lightcone_label_maps* maps) {
  if (maps == nullptr) return;
  *maps = {};
  maps->size = sizeof(lightcone_label_maps);
  maps->label_bytes = 1;
}

lightcone_status lightcone_plane_vertices(const lightcone_rows* images, const int64_t* triplets, int64_t count,
                                          int32_t threads, lightcone_control* control, double* out) {
  return guard([&] {
    const lightcone_rows& rows = checked(images);
    require_triplets(rows, triplets, count);
    require_array(out, {count, 3}, "out");
    lightcone::plane_vertices(rows, triplets, count, threads, control, out);
  });
}

lightcone_status lightcone_plane_coordinates(const double* vertices, const lightcone_plane_grid* grid, double* s,
                                             double* t) {
  return guard([&] {
    const lightcone_plane_grid& shape = checked(grid);
    require_array(vertices, {3}, "vertices");
    require_array(s, {shape.s_points}, "s");
    require_array(t, {shape.t_points}, "t");
    lightcone::plane_coordinates(vertices, shape, s, t);
  });
}

lightcone_status lightcone_plane_points(const lightcone_rows* rows, const int64_t* triplets, const double* vertices,
                                        int64_t count, const lightcone_plane_grid* grid, int64_t begin,
                                        int64_t points, int32_t threads, lightcone_control* control, float* out,
                                        int64_t out_stride_bytes) {
  return guard([&] {
    const lightcone_rows& source = checked(rows);
    const lightcone_plane_grid& shape = checked(grid);
    require_triplets(source, triplets, count);
    require_array(vertices, {count, 3}, "vertices");
    const int64_t total = product(shape.s_points * shape.t_points, count, "the points of all grids");
    if (begin < 0 || points < 0 || begin > total - points)
      throw Error(LIGHTCONE_INVALID_ARGUMENT, format("points %lld + %lld are not among the %lld of all grids",
                                                     (long long)begin, (long long)points, (long long)total));
    require_output_rows(out, points, source.width, out_stride_bytes);
    lightcone::plane_points(source, triplets, vertices, shape, begin, points, threads, control, out,
                            out_stride_bytes / 4);
  });
}

lightcone_status lightcone_plane_points_at(const lightcone_rows* rows, const int64_t* triplet, const double* vertices,
                                           const double* coordinates, int64_t points, float* out,
                                           int64_t out_stride_bytes) {
  return guard([&] {
    const lightcone_rows& source = checked(rows);
    require_triplets(source, triplet, 1);
    require(points >= 1, "there must be at least one point");
    require_array(vertices, {3}, "vertices");
    require_array(coordinates, {points, 2}, "coordinates");
    require_output_rows(out, points, source.width, out_stride_bytes);
    lightcone::plane_points_at(source, triplet, vertices, coordinates, points, out, out_stride_bytes / 4);
  });
}

lightcone_status lightcone_argmax(const lightcone_rows* rows, int32_t label_bytes, int32_t threads,
                                  lightcone_control* control, void* out) {
  return guard([&] {
    const lightcone_rows& source = checked(rows);
    require(label_bytes == 1 || label_bytes == 2, "label_bytes must be 1 or 2");
    require(out != nullptr && aligned(out, label_bytes), "out is null or not aligned to its labels");
    require(source.width <= (label_bytes == 1 ? 256 : 65536),
            "too many classes for the labels: 256 fit in uint8 and 65,536 in uint16");
    lightcone::argmax_labels(source, label_bytes, threads, control, out);
  });
}

lightcone_status lightcone_label_areas(const lightcone_label_maps* maps, int64_t classes, const uint8_t* mask,
                                       int32_t threads, lightcone_control* control, int64_t* out) {
  return guard([&] {
    const lightcone_label_maps& source = checked(maps);
    require_classes(source, classes);
    require_array(out, {source.maps, classes}, "out");
    lightcone::label_areas(source, classes, mask, threads, control, out);
  });
}

lightcone_status lightcone_agreement(const lightcone_label_maps* maps, int64_t map_begin, int64_t map_end,
                                     const uint8_t* mask, int32_t threads, lightcone_control* control, int64_t* out) {
  return guard([&] {
    const lightcone_label_maps& source = checked(maps);
    if (map_begin < 0 || map_begin >= map_end || map_end > source.maps)
      throw Error(LIGHTCONE_INVALID_ARGUMENT, format("maps [%lld, %lld) are not some of the %lld there are",
                                                     (long long)map_begin, (long long)map_end,
                                                     (long long)source.maps));
    const int64_t rows = map_end - map_begin, columns = source.maps - map_begin;
    require_array(out, {rows, columns}, "out");
    product(product(rows, columns, "agreement"), source.stride_bytes, "agreement");
    lightcone::label_agreement(source, map_begin, map_end, mask, threads, control, out);
  });
}

lightcone_status lightcone_confusion(const lightcone_label_maps* maps, int64_t classes, const uint8_t* mask,
                                     const int64_t* pairs, int64_t count, int32_t threads, lightcone_control* control,
                                     int64_t* out) {
  return guard([&] {
    const lightcone_label_maps& source = checked(maps);
    require_classes(source, classes);
    require(count >= 1, "there must be at least one pair");
    require_array(pairs, {count, 2}, "pairs");
    require_array(out, {count, classes, classes}, "out");
    product(count, source.points, "confusion");
    for (int64_t k = 0; k < 2 * count; ++k)
      if (pairs[k] < 0 || pairs[k] >= source.maps)
        throw Error(LIGHTCONE_INVALID_ARGUMENT,
                    format("pair %lld names map %lld; there are maps 0 to %lld", (long long)(k / 2),
                           (long long)pairs[k], (long long)(source.maps - 1)));
    lightcone::label_confusion(source, classes, mask, pairs, count, threads, control, out);
  });
}

lightcone_status lightcone_boundary_band(const void* map, int32_t label_bytes, int64_t height, int64_t width,
                                         int64_t radius, uint8_t* out) {
  return guard([&] {
    require(map != nullptr && out != nullptr, "a pointer is null");
    require(label_bytes == 1 || label_bytes == 2, "label_bytes must be 1 or 2");
    require(aligned(map, label_bytes), "map is not aligned to its labels");
    require(height >= 1 && width >= 1, "a map has at least one row and one column");
    require(radius >= 0, "radius must not be negative");
    product(product(height, width, "map"), label_bytes, "map");
    lightcone::boundary_band(map, label_bytes, height, width, radius, out);
  });
}

lightcone_status lightcone_components(const lightcone_label_maps* maps, int64_t height, int64_t width,
                                      int32_t connectivity, int64_t minimum_area, int32_t threads,
                                      lightcone_control* control, int64_t* regions, int32_t* ids, int64_t* areas,
                                      int64_t areas_capacity) {
  return guard([&] {
    const lightcone_label_maps& source = checked(maps);
    require(height >= 1 && width >= 1, "a map has at least one row and one column");
    if (product(height, width, "map") != source.points)
      throw Error(LIGHTCONE_INVALID_ARGUMENT, format("maps of %lld points are not %lld x %lld",
                                                     (long long)source.points, (long long)height, (long long)width));
    require(source.points < INT32_MAX, "a map of 2^31 - 1 points or more: cut it into smaller ones");
    require(connectivity == 4 || connectivity == 8, "connectivity must be 4 or 8");
    require(minimum_area >= 1, "minimum_area must be at least 1");
    require(areas == nullptr || areas_capacity >= 1, "areas_capacity must be at least 1");
    require_array(regions, {source.maps}, "regions");
    if (ids != nullptr) require_array(ids, {source.maps, source.points}, "ids");
    if (areas != nullptr) require_array(areas, {source.maps, areas_capacity}, "areas");
    lightcone::label_components(source, height, width, connectivity, minimum_area, threads, control,
                                {regions, ids, areas, areas_capacity});
  });
}

}  // extern "C"
