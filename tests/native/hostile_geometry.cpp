// SPDX-License-Identifier: Apache-2.0
// Sound calls of the geometry.
#include "hostile.h"

namespace hostile {
namespace {

using Options = lightcone_trajectories_options;
using Outputs = lightcone_trajectories_outputs;

// Three points of two runs, of the models {0, 1} and {2}.
const int64_t kRunBegin[3] = {0, 2, 3};
const double kIndex[3] = {0.1, 0.9, 0.5};

Argument options(Store& store) {
  Options sound;
  lightcone_trajectories_options_init(&sound);
  sound.points = 3;
  Argument a = structure("options", sound, store);
  for (const int64_t value : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX})
    spoil<Options>(a, "points " + std::to_string(value), store, [value](Options& o) { o.points = value; });
  for (const int32_t value : {-1, 99, INT32_MAX, INT32_MIN}) {
    spoil<Options>(a, "tail " + std::to_string(value), store, [value](Options& o) { o.tail = value; });
    spoil<Options>(a, "range " + std::to_string(value), store, [value](Options& o) { o.range = value; });
  }
  spoil<Options>(a, "common and stretch", store,
                 [](Options& o) { o.tail = LIGHTCONE_TAIL_STRETCH, o.range = LIGHTCONE_RANGE_COMMON; });
  return a;
}

Argument run_begin() {
  static const int64_t empty[3] = {0, 0, 3}, falling[3] = {0, 3, 2}, beyond[3] = {0, 2, 4};
  Argument a = in("run_begin", kRunBegin);
  for (const int64_t* wrong : {empty, falling, beyond})
    a.attacks.push_back({"that cuts no runs", pointer(wrong), LIGHTCONE_OK});
  return a;
}

Argument index() {
  static const double missing[3] = {0.1, NAN, 0.5};
  Argument a = in("index", kIndex);
  a.attacks.push_back({"NaN", pointer(missing), LIGHTCONE_OK});
  return a;
}

const std::vector<int64_t> kNoRuns = {-1, 0, 4, INT64_MIN, INT64_MAX};

}  // namespace

std::vector<Call> geometry_calls(const Handles& h, Store& store) {
  static const int32_t labels[4] = {0, 1, 1, 0}, beyond[4] = {0, 1, 2, 0}, negative[4] = {0, -1, 0, 0};
  static const double p[] = {0.25, 0.75, 0.5, 0.5}, q[] = {0.5, 0.5, 1, 0}, t[] = {0, 0.5, 1};
  static const double outside[] = {0, 1.5, 1}, missing[] = {0, NAN, 1}, off[] = {0.25, 0.25, 0.5, 0.5},
                      below[] = {-0.25, 1.25, 0.5, 0.5};
  static const double weights[] = {1, 0, 2}, no_weights[] = {0, 0, 0}, negative_weight[] = {1, -1, 1};
  static double progress[3], points[24], mean[8];
  static double pairs[4], configurations[4], point_pairs[12], tube_widths[6], to_geodesic[6];
  static double place[3], fraction[6];
  static int64_t lower[6], upper[6];
  static const int64_t groups[2] = {0, 1}, no_groups[2] = {0, 2};
  const std::vector<int64_t> no_model = {-1, 3, INT64_MIN, INT64_MAX};
  const auto labels_argument = [&](bool optional) {
    Argument a = in("labels", labels, optional);
    for (const int32_t* wrong : {beyond, negative})
      a.attacks.push_back({"out of range", pointer(wrong), LIGHTCONE_INVALID_DATA});
    return a;
  };
  const auto t_argument = [&] {
    Argument a = in("t", t);
    for (const double* wrong : {outside, missing})
      a.attacks.push_back({"outside [0, 1]", pointer(wrong), LIGHTCONE_INVALID_ARGUMENT});
    return a;
  };
  std::vector<Call> calls;
  calls.push_back(call("lightcone_progress", lightcone_progress,
                       {predictions(h), labels_argument(false),
                        size("label_count", 4, {-1, 0, 3, 5, INT64_MIN, INT64_MAX}), threads(), control(h),
                        out("out", progress, 3)}));
  calls.push_back(call("lightcone_progress_at_place", lightcone_progress_at_place,
                       {predictions(h), labels_argument(false),
                        size("label_count", 4, {-1, 0, 3, 5, INT64_MIN, INT64_MAX}), at_place(store), control(h),
                        out("out", progress, 3)}));
  calls.push_back(call("lightcone_geodesic", lightcone_geodesic,
                       {in("p", p), in("q", q), size("samples", 2),
                        size("classes", 2, {-1, 0, 1, INT64_MIN, INT64_MAX}), t_argument(), size("points", 3),
                        out("out", points, 12)}));
  for (const int k : {0, 1})
    for (const double* wrong : {off, below})
      calls.back().arguments[k].attacks.push_back({"no distribution", pointer(wrong), LIGHTCONE_INVALID_DATA});
  calls.push_back(call("lightcone_geodesic_between", lightcone_geodesic_between,
                       {predictions(h), size("from", 0, no_model), size("to", 2, no_model), t_argument(),
                        size("points", 3), threads(), control(h), out("out", points, 24)}));
  calls.push_back(call("lightcone_geodesic_between_at_place", lightcone_geodesic_between_at_place,
                       {predictions(h), size("from", 0, no_model), size("to", 2, no_model), t_argument(),
                        size("points", 3), at_place(store), control(h), out("out", points, 24)}));
  calls.push_back(call("lightcone_centroid", lightcone_centroid,
                       {predictions(h), constant("mean", LIGHTCONE_MEAN_BHATTACHARYYA), in("weights", weights, true),
                        threads(), control(h), out("out", mean, 8)}));
  for (const double* wrong : {no_weights, negative_weight, missing})
    calls.back().arguments[2].attacks.push_back({"no weights", pointer(wrong), LIGHTCONE_OK});
  calls.push_back(call("lightcone_reindex", lightcone_reindex,
                       {run_begin(), size("runs", 2, kNoRuns), index(), size("models", 3), options(store),
                        out("t", place, 3), out("lower", lower, 6), out("upper", upper, 6),
                        out("fraction", fraction, 6)}));
  calls.push_back(call("lightcone_trajectory", lightcone_trajectory,
                       {predictions(h), run_begin(), size("runs", 2, kNoRuns), index(), options(store),
                        size("run", 1, {-1, 2, INT64_MIN, INT64_MAX}), control(h), out("out", points, 24)}));
  calls.push_back(call("lightcone_trajectory_at_place", lightcone_trajectory_at_place,
                       {predictions(h), run_begin(), size("runs", 2, kNoRuns), index(), options(store),
                        size("run", 1, {-1, 2, INT64_MIN, INT64_MAX}), at_place(store), control(h),
                        out("out", points, 24)}));

  Outputs sound;
  lightcone_trajectories_outputs_init(&sound);
  sound.pairs = pairs, sound.configurations = configurations, sound.point_pairs = point_pairs;
  sound.tube_widths = tube_widths, sound.to_geodesic = to_geodesic;
  Argument outputs = structure("outputs", sound, store);
  for (const auto& [name, field] : {std::pair<const char*, double* Outputs::*>{"pairs", &Outputs::pairs},
                                    {"configurations", &Outputs::configurations},
                                    {"point_pairs", &Outputs::point_pairs},
                                    {"tube_widths", &Outputs::tube_widths},
                                    {"to_geodesic", &Outputs::to_geodesic}})
    spoil<Outputs>(outputs, std::string(name) + " misaligned", store, [f = field](Outputs& o) {
      o.*f = reinterpret_cast<double*>(reinterpret_cast<char*>(o.*f) + 1);
    });
  calls.push_back(call("lightcone_trajectories", lightcone_trajectories,
                       {predictions(h), run_begin(), size("runs", 2, kNoRuns), index(), options(store),
                        labels_argument(false), in("groups", groups), size("group_count", 2), control(h), outputs}));
  calls.back().arguments[6].attacks.push_back({"of a third", pointer(no_groups), LIGHTCONE_OK});
  return calls;
}

}  // namespace hostile
