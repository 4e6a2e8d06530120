// SPDX-License-Identifier: Apache-2.0
// Planes and label maps of the C ABI at a place: checks what crosses it, and goes on to the CPU or the device.
#include "plane/checks.h"
#include "plane/device_planes.h"

using lightcone::guard;
using lightcone::Place;
using lightcone::require_struct;
using lightcone::Work;

namespace {

double count_of(int64_t a, int64_t b) { return static_cast<double>(a) * static_cast<double>(b); }
// Bytes that cross the bus.
double crossing(double bytes, int32_t memory) { return memory == LIGHTCONE_MEMORY_DEVICE ? 0 : bytes; }

const lightcone_place& checked_place(const lightcone_place* place) {
  require_struct(place, "place", "lightcone_place_init");
  return *place;
}

}  // namespace

// The work of each is in the model's multiply-adds (choice.cpp), from what a CPU thread was measured to do.
extern "C" {

lightcone_status lightcone_plane_points_at_place(const lightcone_rows* rows, const int64_t* triplets,
                                                 const double* vertices, int64_t count,
                                                 const lightcone_plane_grid* grid, int64_t begin, int64_t points,
                                                 lightcone_place* place, lightcone_control* control, float* out,
                                                 int64_t out_stride_bytes) {
  return guard([&] {
    const lightcone_place& asked = checked_place(place);
    const lightcone_rows& source = lightcone::checked(rows);
    const lightcone_plane_grid& shape = lightcone::checked(grid);
    lightcone::check_plane_points(source, triplets, vertices, count, shape, begin, points, out, out_stride_bytes);
    const double numbers = count_of(points, source.width);
    // 4 GB a second and thread.
    const Place where =
        lightcone::resolve(asked, {100 * numbers, crossing(4 * numbers, asked.output), ""}, {true, true});
    if (where.cpu()) {
      lightcone::plane_points(source, triplets, vertices, shape, begin, points, where.threads, control, out,
                              out_stride_bytes / 4);
    } else {
      lightcone::device_plane_points(source, triplets, vertices, shape, begin, points, where, control, out,
                                     out_stride_bytes / 4);
    }
    lightcone::say_place(where, place);
  });
}

lightcone_status lightcone_argmax_at_place(const lightcone_rows* rows, int32_t label_bytes, lightcone_place* place,
                                           lightcone_control* control, void* out) {
  return guard([&] {
    const lightcone_place& asked = checked_place(place);
    const lightcone_rows& source = lightcone::checked(rows);
    lightcone::check_argmax(source, label_bytes, out);
    const double bytes = count_of(source.rows, source.width) * (source.dtype == LIGHTCONE_FLOAT32 ? 4 : 8);
    // 5 GB a second and thread.
    const Place where = lightcone::resolve(asked, {20 * bytes, crossing(bytes, asked.input), ""}, {true, true});
    if (where.cpu()) {
      lightcone::argmax_labels(source, label_bytes, where.threads, control, out);
    } else {
      lightcone::device_argmax(source, label_bytes, where, control, out);
    }
    lightcone::say_place(where, place);
  });
}

lightcone_status lightcone_agreement_at_place(const lightcone_label_maps* maps, const uint8_t* mask,
                                              lightcone_place* place, lightcone_control* control, int64_t* out) {
  return guard([&] {
    const lightcone_place& asked = checked_place(place);
    const lightcone_label_maps& source = lightcone::checked(maps);
    lightcone::check_agreement(source, 0, source.maps, out);
    const double bytes = count_of(source.maps, source.points) * source.label_bytes;
    // 200 GB of pairs a second and thread.
    const Place where = lightcone::resolve(
        asked, {0.25 * bytes * static_cast<double>(source.maps), crossing(bytes, asked.input), ""}, {true, false});
    if (where.cpu()) {
      lightcone::label_agreement(source, 0, source.maps, mask, where.threads, control, out);
    } else {
      lightcone::device_agreement(source, mask, where, control, out);
    }
    lightcone::say_place(where, place);
  });
}

lightcone_status lightcone_components_at_place(const lightcone_label_maps* maps, int64_t height, int64_t width,
                                               int32_t connectivity, int64_t minimum_area, lightcone_place* place,
                                               lightcone_control* control, int64_t* regions, int32_t* ids,
                                               int64_t* areas, int64_t areas_capacity) {
  return guard([&] {
    const lightcone_place& asked = checked_place(place);
    const lightcone_label_maps& source = lightcone::checked(maps);
    const lightcone::ComponentsOutput out{regions, ids, areas, areas_capacity};
    lightcone::check_components(source, height, width, connectivity, minimum_area, out);
    const double labels = count_of(source.maps, source.points);
    // 360 million points a second and thread.
    const Place where = lightcone::resolve(
        asked,
        {280 * labels,
         crossing(labels * source.label_bytes, asked.input) + (ids != nullptr ? crossing(4 * labels, asked.output) : 0),
         ""},
        {true, true});
    if (where.cpu()) {
      lightcone::label_components(source, height, width, connectivity, minimum_area, where.threads, control, out);
    } else {
      lightcone::device_components(source, height, width, connectivity, minimum_area, where, control, out);
    }
    lightcone::say_place(where, place);
  });
}

}  // extern "C"
