// SPDX-License-Identifier: Apache-2.0
// Sound calls of the planes and label maps.
#include "hostile.h"

namespace hostile {
namespace {

using Rows = lightcone_rows;
using Grid = lightcone_plane_grid;
using Maps = lightcone_label_maps;

// Four images of five pixels, of which any three are a plane.
const float kImages[4 * 5] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0};

Argument rows(const std::string& name, Store& store) {
  Rows sound;
  lightcone_rows_init(&sound);
  sound.data = kImages, sound.rows = 4, sound.width = 5, sound.stride_bytes = 20;
  Argument a = structure(name, sound, store);
  const auto wrong = [&](const char* what, void (*change)(Rows&)) { spoil<Rows>(a, what, store, change); };
  wrong("data null", [](Rows& r) { r.data = nullptr; });
  wrong("data misaligned", [](Rows& r) { r.data = reinterpret_cast<const char*>(kImages) + 1; });
  wrong("rows 0", [](Rows& r) { r.rows = 0; });
  wrong("rows -1", [](Rows& r) { r.rows = -1; });
  wrong("rows 2^63 - 1", [](Rows& r) { r.rows = INT64_MAX; });
  wrong("width 0", [](Rows& r) { r.width = 0; });
  wrong("width -1", [](Rows& r) { r.width = INT64_MIN; });
  wrong("width 2^63 - 1", [](Rows& r) { r.width = INT64_MAX; });
  wrong("stride 0", [](Rows& r) { r.stride_bytes = 0; });
  wrong("stride 19", [](Rows& r) { r.stride_bytes = 19; });
  wrong("stride 22", [](Rows& r) { r.stride_bytes = 22; });
  wrong("stride -20", [](Rows& r) { r.stride_bytes = -20; });
  wrong("stride 2^63 - 4", [](Rows& r) { r.stride_bytes = INT64_MAX - 3; });
  wrong("dtype 0", [](Rows& r) { r.dtype = 0; });
  wrong("dtype 99", [](Rows& r) { r.dtype = 99; });
  return a;
}

Argument grid(Store& store) {
  Grid sound;
  lightcone_plane_grid_init(&sound);
  sound.s_points = 3, sound.t_points = 2;
  Argument a = structure("grid", sound, store);
  for (const int64_t value : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
    spoil<Grid>(a, "s_points " + std::to_string(value), store, [value](Grid& g) { g.s_points = value; });
    spoil<Grid>(a, "t_points " + std::to_string(value), store, [value](Grid& g) { g.t_points = value; });
  }
  for (const double value : {-0.1, double{NAN}, support::kInf}) {
    spoil<Grid>(a, "margin_low " + std::to_string(value), store, [value](Grid& g) { g.margin_low = value; });
    spoil<Grid>(a, "margin_high " + std::to_string(value), store, [value](Grid& g) { g.margin_high = value; });
  }
  return a;
}

// Two maps of 2 x 3 labels below 3, of two bytes.
const uint16_t kLabels[2 * 6] = {0, 1, 2, 0, 1, 2, 0, 0, 0, 1, 1, 1};

Argument maps(Store& store) {
  Maps sound;
  lightcone_label_maps_init(&sound);
  sound.data = kLabels, sound.maps = 2, sound.points = 6, sound.stride_bytes = 12, sound.label_bytes = 2;
  Argument a = structure("maps", sound, store);
  const auto wrong = [&](const char* what, void (*change)(Maps&)) { spoil<Maps>(a, what, store, change); };
  wrong("data null", [](Maps& m) { m.data = nullptr; });
  wrong("data misaligned", [](Maps& m) { m.data = reinterpret_cast<const char*>(kLabels) + 1; });
  wrong("maps 0", [](Maps& m) { m.maps = 0; });
  wrong("maps -1", [](Maps& m) { m.maps = INT64_MIN; });
  wrong("maps 2^63 - 1", [](Maps& m) { m.maps = INT64_MAX; });
  wrong("points 0", [](Maps& m) { m.points = 0; });
  wrong("points -1", [](Maps& m) { m.points = -1; });
  wrong("points 2^63 - 1", [](Maps& m) { m.points = INT64_MAX; });
  wrong("stride 0", [](Maps& m) { m.stride_bytes = 0; });
  wrong("stride 13", [](Maps& m) { m.stride_bytes = 13; });
  wrong("stride -12", [](Maps& m) { m.stride_bytes = -12; });
  wrong("label_bytes 0", [](Maps& m) { m.label_bytes = 0; });
  wrong("label_bytes 4", [](Maps& m) { m.label_bytes = 4; });
  return a;
}

const std::vector<int64_t> kNoClasses = {-1, 0, 65537, INT64_MIN, INT64_MAX};

}  // namespace

std::vector<Call> plane_calls(const Handles& h, Store& store) {
  static const int64_t triplets[6] = {0, 1, 2, 1, 2, 3}, beyond[6] = {0, 1, 4, 1, 2, 3},
                       negative[6] = {-1, 1, 2, 1, 2, 3}, twice[6] = {0, 1, 1, 1, 2, 3};
  static const double vertices[6] = {1, 0, 1, 1.4142135623730951, 0.7071067811865476, 1.224744871391589},
                      coordinates[4] = {0, 0, 0.5, 0.5};
  static double found[6], s[3], t[2];
  static float points[12 * 5];
  static uint16_t labels[4];
  static uint8_t band[6];
  static int64_t counts[18], regions[2], areas[4];
  static int32_t ids[12];
  static const uint8_t mask[6] = {1, 1, 0, 1, 1, 1};
  static const int64_t pairs[4] = {0, 1, 1, 1}, no_pairs[4] = {0, 2, 1, 1};
  const std::vector<int64_t> strides = {-20, 0, 16, 22, INT64_MIN, INT64_MAX - 3};
  const auto triplet_argument = [&] {
    Argument a = in("triplets", triplets);
    for (const int64_t* wrong : {beyond, negative})
      a.attacks.push_back({"beyond", pointer(wrong), LIGHTCONE_INVALID_ARGUMENT});
    return a;
  };
  std::vector<Call> calls;
  calls.push_back(call("lightcone_plane_vertices", lightcone_plane_vertices,
                       {rows("images", store), triplet_argument(), size("count", 2), threads(), control(h),
                        out("out", found, 6)}));
  calls.back().arguments[1].attacks.push_back({"with one image twice", pointer(twice), LIGHTCONE_INVALID_DATA});
  calls.push_back(call("lightcone_plane_coordinates", lightcone_plane_coordinates,
                       {in("vertices", vertices), grid(store), out("s", s, 3), out("t", t, 2)}));
  calls.push_back(call("lightcone_plane_points", lightcone_plane_points,
                       {rows("rows", store), triplet_argument(), in("vertices", vertices), size("count", 2),
                        grid(store), size("begin", 0, {-1, 1, INT64_MIN, INT64_MAX}),
                        size("points", 12, {-1, 13, INT64_MIN, INT64_MAX}), threads(), control(h),
                        out("out", points, 60), size("out_stride_bytes", 20, strides)}));
  calls.push_back(call("lightcone_plane_points_at", lightcone_plane_points_at,
                       {rows("rows", store), triplet_argument(), in("vertices", vertices),
                        in("coordinates", coordinates), size("points", 2), out("out", points, 10),
                        size("out_stride_bytes", 20, strides)}));
  calls.push_back(call("lightcone_argmax", lightcone_argmax,
                       {rows("rows", store), constant("label_bytes", 2), threads(), control(h),
                        out("out", labels, 4)}));
  calls.push_back(call("lightcone_label_areas", lightcone_label_areas,
                       {maps(store), size("classes", 3, kNoClasses), in("mask", mask, true), threads(), control(h),
                        out("out", counts, 6)}));
  calls.back().arguments[1].attacks.push_back({"2, with a label 2", whole(2), LIGHTCONE_INVALID_DATA});
  calls.back().arguments[2].sound = pointer(nullptr);
  calls.push_back(call("lightcone_agreement", lightcone_agreement,
                       {maps(store), size("map_begin", 0, {-1, 2, INT64_MIN, INT64_MAX}),
                        size("map_end", 2, {-1, 0, 3, INT64_MIN, INT64_MAX}), in("mask", mask, true), threads(),
                        control(h), out("out", counts, 4)}));
  calls.push_back(call("lightcone_confusion", lightcone_confusion,
                       {maps(store), size("classes", 3, kNoClasses), in("mask", mask, true), in("pairs", pairs),
                        size("count", 2), threads(), control(h), out("out", counts, 18)}));
  calls.back().arguments[3].attacks.push_back({"beyond", pointer(no_pairs), LIGHTCONE_INVALID_ARGUMENT});
  calls.push_back(call("lightcone_boundary_band", lightcone_boundary_band,
                       {in("map", kLabels), constant("label_bytes", 2), size("height", 2), size("width", 3),
                        size("radius", 1, {-1, INT64_MIN}), out("out", band, 6)}));
  calls.push_back(call("lightcone_components", lightcone_components,
                       {maps(store), size("height", 2), size("width", 3), constant("connectivity", 4),
                        size("minimum_area", 1, {-1, 0, INT64_MIN}), threads(), control(h), out("regions", regions, 2),
                        out("ids", ids, 12, true), out("areas", areas, 4, true),
                        size("areas_capacity", 2)}));
  calls.push_back(call("lightcone_plane_points_at_place", lightcone_plane_points_at_place,
                       {rows("rows", store), triplet_argument(), in("vertices", vertices), size("count", 2),
                        grid(store), size("begin", 0, {-1, 1, INT64_MIN, INT64_MAX}),
                        size("points", 12, {-1, 13, INT64_MIN, INT64_MAX}), at_place(store), control(h),
                        out("out", points, 60), size("out_stride_bytes", 20, strides)}));
  calls.push_back(call("lightcone_argmax_at_place", lightcone_argmax_at_place,
                       {rows("rows", store), constant("label_bytes", 2), at_place(store), control(h),
                        out("out", labels, 4)}));
  calls.push_back(call("lightcone_agreement_at_place", lightcone_agreement_at_place,
                       {maps(store), in("mask", mask, true), at_place(store), control(h), out("out", counts, 4)}));
  calls.push_back(call("lightcone_components_at_place", lightcone_components_at_place,
                       {maps(store), size("height", 2), size("width", 3), constant("connectivity", 4),
                        size("minimum_area", 1, {-1, 0, INT64_MIN}), at_place(store), control(h),
                        out("regions", regions, 2), out("ids", ids, 12, true), out("areas", areas, 4, true),
                        size("areas_capacity", 2)}));
  return calls;
}

}  // namespace hostile
