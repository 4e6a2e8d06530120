// SPDX-License-Identifier: Apache-2.0
// Planes and label maps of the C ABI: checks what crosses it.
#include "plane/checks.h"

using lightcone::Error;
using lightcone::format;
using lightcone::guard;
using lightcone::require;
using lightcone::require_array;

using lightcone::aligned;
using lightcone::checked;
using lightcone::product;
using lightcone::require_classes;
using lightcone::require_output_rows;
using lightcone::require_triplets;

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
    lightcone::check_plane_points(source, triplets, vertices, count, shape, begin, points, out, out_stride_bytes);
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
    lightcone::check_argmax(source, label_bytes, out);
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
    lightcone::check_agreement(source, map_begin, map_end, out);
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
    const lightcone::ComponentsOutput out{regions, ids, areas, areas_capacity};
    lightcone::check_components(source, height, width, connectivity, minimum_area, out);
    lightcone::label_components(source, height, width, connectivity, minimum_area, threads, control, out);
  });
}

}  // extern "C"
