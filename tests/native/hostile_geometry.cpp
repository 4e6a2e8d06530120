// SPDX-License-Identifier: Apache-2.0
// Sound calls of the geometry.
#include "hostile.h"

namespace hostile {
namespace {

using Options = lightcone_trajectories_options;
using Outputs = lightcone_trajectories_outputs;

Argument options(Store& store) {
  Options sound;
  lightcone_trajectories_options_init(&sound);
  sound.points = 3;
  Argument a = structure("options", sound, store);
  for (const auto& [name, field] : {std::pair<const char*, int32_t Options::*>{"tail", &Options::tail},
                                    {"range", &Options::range},
                                    {"isa", &Options::isa}})
    for (const int32_t value : {-1, 99, INT32_MAX, INT32_MIN})
      spoil<Options>(a, std::string(name) + " " + std::to_string(value), store,
                     [f = field, value](Options& o) { o.*f = value; });
  for (const int64_t value : {int64_t{-1}, int64_t{0}, INT64_MIN, INT64_MAX})
    spoil<Options>(a, "points " + std::to_string(value), store, [value](Options& o) { o.points = value; });
  spoil<Options>(a, "panel_bytes -1", store, [](Options& o) { o.panel_bytes = -1; });
  return a;
}

}  // namespace

std::vector<Call> geometry_calls(const Handles& h, Store& store) {
  static const int32_t labels[4] = {0, 1, 1, 0};
  static const double p[] = {0.25, 0.75, 0.5, 0.5}, q[] = {0.5, 0.5, 1, 0}, t[] = {0, 0.5, 1};
  static double out_progress[3], out_geodesic[12];
  std::vector<Call> calls;
  calls.push_back(call("lightcone_progress", lightcone_progress,
                       {predictions(h), in("labels", labels),
                        size("label_count", 4, {-1, 0, 3, 5, INT64_MIN, INT64_MAX}), threads(), control(h),
                        out("out", out_progress, 3)}));
  static const int32_t beyond[4] = {0, 1, 2, 0}, negative[4] = {0, -1, 0, 0};
  for (const int32_t* wrong : {beyond, negative})
    calls.back().arguments[1].attacks.push_back({"out of range", pointer(wrong), LIGHTCONE_INVALID_DATA});
  calls.push_back(call("lightcone_geodesic", lightcone_geodesic,
                       {in("p", p), in("q", q), size("samples", 2),
                        size("classes", 2, {-1, 0, 1, INT64_MIN, INT64_MAX}), in("t", t), size("points", 3),
                        out("out", out_geodesic, 12)}));
  static const double outside[] = {0, 1.5, 1}, missing[] = {0, NAN, 1}, off[] = {0.25, 0.25, 0.5, 0.5},
                      below[] = {-0.25, 1.25, 0.5, 0.5};
  for (const double* wrong : {outside, missing})
    calls.back().arguments[4].attacks.push_back({"outside [0, 1]", pointer(wrong), LIGHTCONE_INVALID_ARGUMENT});
  for (const int k : {0, 1})
    for (const double* wrong : {off, below})
      calls.back().arguments[k].attacks.push_back({"no distribution", pointer(wrong), LIGHTCONE_INVALID_DATA});

  static double out_path[24];
  calls.push_back(call("lightcone_geodesic_between", lightcone_geodesic_between,
                       {predictions(h), size("from", 0, {-1, 3, INT64_MIN, INT64_MAX}),
                        size("to", 2, {-1, 3, INT64_MIN, INT64_MAX}), in("t", t), size("points", 3), threads(),
                        control(h), out("out", out_path, 24)}));
  static const double weights[] = {1, 0, 2}, none[] = {0, 0, 0}, less[] = {1, 1, -1}, lost[] = {1, NAN, 1};
  static double out_centroid[8];
  calls.push_back(call("lightcone_centroid", lightcone_centroid,
                       {predictions(h), constant("mean", LIGHTCONE_MEAN_JEFFREYS), in("weights", weights, true),
                        threads(), control(h), out("out", out_centroid, 8)}));
  for (const double* wrong : {none, less, lost})
    calls.back().arguments[2].attacks.push_back({"no weights", pointer(wrong), LIGHTCONE_INVALID_DATA});

  // Two runs of two and one models, three points.
  static const int64_t begin[] = {0, 2, 3}, empty[] = {0, 0, 3}, far[] = {0, 2, 4}, groups[] = {0, 1}, gap[] = {0, 0};
  static const double index[] = {0.1, 0.6, 0.4}, infinite[] = {0.1, INFINITY, 0.4};
  static double place_t[3], place_fraction[6], pairs[4], point_pairs[12], configurations[4], tubes[6], away[6];
  static int64_t lower[6], upper[6];
  const auto runs = [&](Argument a) {
    for (const int64_t* wrong : {empty, far})
      a.attacks.push_back({"no runs", pointer(wrong), LIGHTCONE_INVALID_ARGUMENT});
    return a;
  };
  const auto series = [&](Argument a) {
    a.attacks.push_back({"infinite", pointer(infinite), LIGHTCONE_INVALID_DATA});
    return a;
  };
  const std::vector<int64_t> few = {-1, 0, 4, INT64_MIN, INT64_MAX};
  calls.push_back(call("lightcone_reindex", lightcone_reindex,
                       {runs(in("run_begin", begin)), size("runs", 2, few), series(in("index", index)),
                        size("models", 3, {-1, 0, 1, INT64_MIN, INT64_MAX}), options(store), out("t", place_t, 3),
                        out("lower", lower, 6), out("upper", upper, 6), out("fraction", place_fraction, 6)}));
  calls.push_back(call("lightcone_trajectory", lightcone_trajectory,
                       {predictions(h), runs(in("run_begin", begin)), size("runs", 2, few), series(in("index", index)),
                        options(store), size("run", 0, {-1, 2, INT64_MIN, INT64_MAX}), control(h),
                        out("out", out_path, 24)}));
  Outputs all;
  lightcone_trajectories_outputs_init(&all);
  all.pairs = pairs;
  all.point_pairs = point_pairs;
  all.configurations = configurations;
  all.tube_widths = tubes;
  all.to_geodesic = away;
  Argument outputs = structure("outputs", all, store);
  for (double* Outputs::*field : {&Outputs::pairs, &Outputs::point_pairs, &Outputs::configurations,
                                  &Outputs::tube_widths, &Outputs::to_geodesic})
    spoil<Outputs>(outputs, "a misaligned output", store, [field](Outputs& o) {
      o.*field = reinterpret_cast<double*>(reinterpret_cast<char*>(o.*field) + 1);
    });
  calls.push_back(call("lightcone_trajectories", lightcone_trajectories,
                       {predictions(h), runs(in("run_begin", begin)), size("runs", 2, few), series(in("index", index)),
                        options(store), in("labels", labels), in("groups", groups),
                        size("group_count", 2, {-1, 0, 1, 3, INT64_MIN, INT64_MAX}), control(h), outputs}));
  calls.back().arguments[5].attacks.push_back({"out of range", pointer(beyond), LIGHTCONE_INVALID_DATA});
  calls.back().arguments[6].attacks.push_back({"with a gap", pointer(gap), LIGHTCONE_INVALID_DATA});
  return calls;
}

}  // namespace hostile
