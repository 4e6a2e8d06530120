// SPDX-License-Identifier: Apache-2.0
// Progress, geodesics and re-indexed runs of the C ABI at a place: checks what crosses it, and goes on to the CPU or the
// device.
#include "base/abi.h"
#include "geometry/checks.h"
#include "geometry/device_geometry.h"

using lightcone::guard;
using lightcone::Place;
using lightcone::require;
using lightcone::require_array;
using lightcone::require_struct;
using lightcone::validated;

extern "C" {

void lightcone_place_init(lightcone_place* place) {
  if (place == nullptr) return;
  *place = {};
  place->size = sizeof *place;
}

lightcone_status lightcone_progress_at_place(const lightcone_predictions* predictions, const int32_t* labels,
                                             int64_t label_count, lightcone_place* place, lightcone_control* control,
                                             double* out) {
  return guard([&] {
    require_struct(place, "place", "lightcone_place_init");
    const lightcone::Predictions& table = validated(predictions);
    require_array(labels, {label_count}, "labels");
    require_array(out, {table.models()}, "out");
    const Place where = lightcone::resolve(*place, lightcone::progress_work(table), {false, false});
    if (where.cpu()) {
      lightcone::progress(table, labels, label_count, where.threads, control, out);
    } else {
      lightcone::check_labels(table, labels, label_count);
      lightcone::device_progress(table, labels, where, control, out);
    }
    lightcone::say_place(where, place);
  });
}

lightcone_status lightcone_geodesic_between_at_place(const lightcone_predictions* predictions, int64_t from,
                                                     int64_t to, const double* t, int64_t points,
                                                     lightcone_place* place, lightcone_control* control, double* out) {
  return guard([&] {
    require_struct(place, "place", "lightcone_place_init");
    const lightcone::Predictions& table = validated(predictions);
    require(points >= 1, "a geodesic needs at least 1 point");
    require_array(t, {points}, "t");
    require_array(out, {points, table.samples(), table.classes()}, "out");
    lightcone::check_geodesic(table, from, to, t, points);
    const Place where = lightcone::resolve(
        *place, lightcone::geodesic_work(table, points, place->output == LIGHTCONE_MEMORY_DEVICE), {false, true});
    if (where.cpu()) {
      lightcone::geodesic_between(table, from, to, t, points, where.threads, control, out);
    } else {
      lightcone::device_geodesics(table, {{from, to, points}}, t, where, control, out);
    }
    lightcone::say_place(where, place);
  });
}

lightcone_status lightcone_trajectory_at_place(const lightcone_predictions* predictions, const int64_t* run_begin,
                                               int64_t runs, const double* index,
                                               const lightcone_trajectories_options* options, int64_t run,
                                               lightcone_place* place, lightcone_control* control, double* out) {
  return guard([&] {
    require_struct(place, "place", "lightcone_place_init");
    const lightcone::Predictions& table = validated(predictions);
    const lightcone::Reindexed path = lightcone::checked_reindex(run_begin, runs, index, table.models(), options);
    require_array(out, {path.points, table.samples(), table.classes()}, "out");
    lightcone::require_run(path, run);
    const Place where = lightcone::resolve(
        *place, lightcone::geodesic_work(table, path.points, place->output == LIGHTCONE_MEMORY_DEVICE), {false, true});
    if (where.cpu()) {
      lightcone_trajectories_options here = *options;
      here.threads = where.threads;
      lightcone::trajectory(table, path, here, run, control, out);
    } else {
      lightcone::device_geodesics(table, lightcone::segments_of(path, run), path.fraction.data() + run * path.points,
                                  where, control, out);
    }
    lightcone::say_place(where, place);
  });
}

}  // extern "C"
