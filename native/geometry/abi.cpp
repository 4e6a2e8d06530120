// SPDX-License-Identifier: Apache-2.0
// Geometry of the C ABI: progress, geodesics, centroids and trajectories: what crosses it is checked.
#include <algorithm>

#include "base/abi.h"
#include "geometry/checks.h"

using lightcone::checked_reindex;
using lightcone::guard;
using lightcone::require;
using lightcone::require_array;
using lightcone::require_struct;
using lightcone::validated;

extern "C" {

lightcone_status lightcone_progress(const lightcone_predictions* predictions, const int32_t* labels,
                                    int64_t label_count, int32_t threads, lightcone_control* control,
                                    double* out) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    require_array(labels, {label_count}, "labels");
    require_array(out, {table.models()}, "out");
    lightcone::progress(table, labels, label_count, threads, control, out);
  });
}

lightcone_status lightcone_geodesic(const double* p, const double* q, int64_t samples, int64_t classes,
                                    const double* t, int64_t points, double* out) {
  return guard([&] {
    require(samples >= 1 && classes >= 2 && points >= 1,
            "a geodesic needs at least 1 sample, 2 classes and 1 point");
    require_array(p, {samples, classes}, "p");
    require_array(q, {samples, classes}, "q");
    require_array(t, {points}, "t");
    require_array(out, {points, samples, classes}, "out");
    lightcone::geodesic(p, q, samples, classes, t, points, out);
  });
}

lightcone_status lightcone_geodesic_between(const lightcone_predictions* predictions, int64_t from, int64_t to,
                                            const double* t, int64_t points, int32_t threads,
                                            lightcone_control* control, double* out) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    require(points >= 1, "a geodesic needs at least 1 point");
    require_array(t, {points}, "t");
    require_array(out, {points, table.samples(), table.classes()}, "out");
    lightcone::geodesic_between(table, from, to, t, points, threads, control, out);
  });
}

lightcone_status lightcone_centroid(const lightcone_predictions* predictions, int32_t mean, const double* weights,
                                    int32_t threads, lightcone_control* control, double* out) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    if (weights != nullptr) require_array(weights, {table.models()}, "weights");
    require_array(out, {table.samples(), table.classes()}, "out");
    lightcone::centroid(table, mean, weights, threads, control, out);
  });
}

void lightcone_trajectories_options_init(lightcone_trajectories_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->size = sizeof *options;
  options->points = 100;
}

void lightcone_trajectories_outputs_init(lightcone_trajectories_outputs* outputs) {
  if (outputs == nullptr) return;
  *outputs = {};
  outputs->size = sizeof *outputs;
}

lightcone_status lightcone_reindex(const int64_t* run_begin, int64_t runs, const double* index, int64_t models,
                                   const lightcone_trajectories_options* options, double* t, int64_t* lower,
                                   int64_t* upper, double* fraction) {
  return guard([&] {
    const lightcone::Reindexed path = checked_reindex(run_begin, runs, index, models, options);
    require_array(t, {path.points}, "t");
    require_array(lower, {path.runs, path.points}, "lower");
    require_array(upper, {path.runs, path.points}, "upper");
    require_array(fraction, {path.runs, path.points}, "fraction");
    std::copy(path.t.begin(), path.t.end(), t);
    std::copy(path.lower.begin(), path.lower.end(), lower);
    std::copy(path.upper.begin(), path.upper.end(), upper);
    std::copy(path.fraction.begin(), path.fraction.end(), fraction);
  });
}

lightcone_status lightcone_trajectory(const lightcone_predictions* predictions, const int64_t* run_begin,
                                      int64_t runs, const double* index,
                                      const lightcone_trajectories_options* options, int64_t run,
                                      lightcone_control* control, double* out) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    const lightcone::Reindexed path = checked_reindex(run_begin, runs, index, table.models(), options);
    require_array(out, {path.points, table.samples(), table.classes()}, "out");
    lightcone::trajectory(table, path, *options, run, control, out);
  });
}

lightcone_status lightcone_trajectories(const lightcone_predictions* predictions, const int64_t* run_begin,
                                        int64_t runs, const double* index,
                                        const lightcone_trajectories_options* options, const int32_t* labels,
                                        const int64_t* groups, int64_t group_count, lightcone_control* control,
                                        const lightcone_trajectories_outputs* outputs) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    const lightcone::Reindexed path = checked_reindex(run_begin, runs, index, table.models(), options);
    require_struct(outputs, "outputs", "lightcone_trajectories_outputs_init");
    if (outputs->pairs != nullptr) require_array(outputs->pairs, {runs, runs}, "pairs");
    if (outputs->point_pairs != nullptr) require_array(outputs->point_pairs, {path.points, runs, runs}, "point_pairs");
    if (outputs->tube_widths != nullptr) require_array(outputs->tube_widths, {runs, path.points}, "tube_widths");
    const bool grouped = outputs->configurations != nullptr || outputs->tube_widths != nullptr;
    require(!grouped || (group_count >= 1 && group_count <= runs),
            "configurations and tube_widths need groups, at least 1 and at most one per run");
    if (grouped) require_array(groups, {runs}, "groups");
    if (outputs->configurations != nullptr)
      require_array(outputs->configurations, {group_count, group_count}, "configurations");
    if (outputs->to_geodesic != nullptr) {
      require_array(outputs->to_geodesic, {runs, path.points}, "to_geodesic");
      require_array(labels, {table.samples()}, "labels");
    }
    lightcone::trajectories(table, path, *options, labels, groups, grouped ? group_count : 0, control, *outputs);
  });
}

}  // extern "C"
