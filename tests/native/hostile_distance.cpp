// SPDX-License-Identifier: Apache-2.0
// Sound calls of the distances.
#include "hostile.h"

namespace hostile {
namespace {

using Options = lightcone_distances_options;

Argument options(Store& store) {
  Options sound;
  lightcone_distances_options_init(&sound);
  Argument a = structure("options", sound, store);
  const auto wrong = [&](const std::string& what, void (*change)(Options&)) { spoil<Options>(a, what, store, change); };
  for (const auto& [name, field] : {std::pair<const char*, int32_t Options::*>{"metric", &Options::metric},
                                    {"refine", &Options::refine},
                                    {"infinity", &Options::infinity},
                                    {"out_dtype", &Options::out_dtype},
                                    {"layout", &Options::layout}})
    for (const int32_t value : {-1, 99, INT32_MAX, INT32_MIN})
      spoil<Options>(a, std::string(name) + " " + std::to_string(value), store,
                     [f = field, value](Options& o) { o.*f = value; });
  for (const auto& [name, field] : {std::pair<const char*, int64_t Options::*>{"sample_begin", &Options::sample_begin},
                                    {"sample_end", &Options::sample_end},
                                    {"row_begin", &Options::row_begin},
                                    {"row_end", &Options::row_end}})
    for (const int64_t value : {int64_t{5}, INT64_MAX})
      spoil<Options>(a, std::string(name) + " " + std::to_string(value), store,
                     [f = field, value](Options& o) { o.*f = value; });
  wrong("sample_begin -1", [](Options& o) { o.sample_begin = -1; });
  wrong("row_begin -1", [](Options& o) { o.row_begin = -1; });
  wrong("sample_step 0", [](Options& o) { o.sample_step = 0; });
  wrong("sample_step -1", [](Options& o) { o.sample_step = INT64_MIN; });
  wrong("infinity_cap -1", [](Options& o) { o.infinity = LIGHTCONE_INFINITY_CAP, o.infinity_cap = -1; });
  wrong("infinity_cap NaN", [](Options& o) { o.infinity = LIGHTCONE_INFINITY_CAP, o.infinity_cap = NAN; });
  wrong("infinity_cap inf", [](Options& o) { o.infinity = LIGHTCONE_INFINITY_CAP, o.infinity_cap = INFINITY; });
  return a;
}

}  // namespace

std::vector<Call> distance_calls(const Handles& h, Store& store) {
  static float d[9];
  static int64_t bytes;
  lightcone_distances_report sound;
  lightcone_distances_report_init(&sound);
  const int64_t many = INT64_MAX;
  std::vector<Call> calls;
  calls.push_back(call("lightcone_distances", lightcone_distances,
                       {predictions(h), options(store), control(h), out_bytes("out", d, sizeof d),
                        report("report", sound, store)}));
  calls.push_back(call("lightcone_distances_memory", lightcone_distances_memory,
                       {size("models", 3, {-1, 0, INT64_MIN, many}), size("samples", 4, {-1, 0, INT64_MIN}),
                        size("classes", 2, {-1, 0, 1, INT64_MIN, many}), options(store), out("bytes", &bytes, 1)}));
  return calls;
}

}  // namespace hostile
