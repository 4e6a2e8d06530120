// SPDX-License-Identifier: Apache-2.0
// Sound calls of the distances.
#include "hostile.h"

namespace hostile {
namespace {

using Options = lightcone_distances_options;

Argument options(const Options& sound, Store& store) {
  Argument a = structure("options", sound, store);
  const auto wrong = [&](const std::string& what, void (*change)(Options&)) { spoil<Options>(a, what, store, change); };
  for (const auto& [name, field] : {std::pair<const char*, int32_t Options::*>{"metric", &Options::metric},
                                    {"refine", &Options::refine},
                                    {"infinity", &Options::infinity},
                                    {"isa", &Options::isa},
                                    {"out_dtype", &Options::out_dtype},
                                    {"layout", &Options::layout},
                                    {"precision", &Options::precision},
                                    {"device", &Options::device}})
    for (const int32_t value : {-1, 99, INT32_MAX, INT32_MIN})
      spoil<Options>(a, std::string(name) + " " + std::to_string(value), store,
                     [f = field, value](Options& o) { o.*f = value; });
  for (const auto& [name, field] : {std::pair<const char*, int64_t Options::*>{"sample_begin", &Options::sample_begin},
                                    {"sample_end", &Options::sample_end},
                                    {"row_begin", &Options::row_begin},
                                    {"row_end", &Options::row_end},
                                    {"sample_blocks", &Options::sample_blocks},
                                    {"replicates", &Options::replicates}})
    for (const int64_t value : {int64_t{-2}, int64_t{5}, INT64_MIN, INT64_MAX})
      // Five replicates are sound, of blocks.
      if (value != 5 || field != &Options::replicates || sound.sample_blocks == 0)
        spoil<Options>(a, std::string(name) + " " + std::to_string(value), store,
                       [f = field, value](Options& o) { o.*f = value; });
  wrong("sample_step 0", [](Options& o) { o.sample_step = 0; });
  wrong("sample_step -1", [](Options& o) { o.sample_step = INT64_MIN; });
  wrong("sample_blocks 1", [](Options& o) { o.sample_blocks = 1; });
  wrong("panel_bytes -1", [](Options& o) { o.panel_bytes = -1; });
  wrong("infinity_cap -1", [](Options& o) { o.infinity = LIGHTCONE_INFINITY_CAP, o.infinity_cap = -1; });
  wrong("infinity_cap NaN", [](Options& o) { o.infinity = LIGHTCONE_INFINITY_CAP, o.infinity_cap = NAN; });
  wrong("infinity_cap inf", [](Options& o) { o.infinity = LIGHTCONE_INFINITY_CAP, o.infinity_cap = INFINITY; });
  wrong("tiles of float64", [](Options& o) { o.layout = LIGHTCONE_LAYOUT_TILES, o.out_dtype = LIGHTCONE_FLOAT64; });
  return a;
}

}  // namespace

std::vector<Call> distance_calls(const Handles& h, Store& store) {
  static float d[9], errors[9], replicates[5 * 9];
  static int64_t bytes;
  lightcone_distances_report sound;
  lightcone_distances_report_init(&sound);
  Options plain, blocks;
  lightcone_distances_options_init(&plain);
  blocks = plain;
  blocks.sample_blocks = 2;
  Options drawn = blocks;
  drawn.replicates = 5;
  const std::vector<int64_t> few = {-1, 0, INT64_MIN, INT64_MAX}, few_classes = {-1, 0, 1, INT64_MIN, INT64_MAX};
  std::vector<Call> calls;
  calls.push_back(call("lightcone_distances", lightcone_distances,
                       {predictions(h), options(plain, store), control(h), out_bytes("out", d, sizeof d),
                        report("report", sound, store)}));
  calls.push_back(call("lightcone_distances_errors", lightcone_distances_errors,
                       {predictions(h), options(drawn, store), control(h), out_bytes("out", d, sizeof d),
                        out_bytes("std_errors", errors, sizeof errors),
                        out_bytes("replicates", replicates, sizeof replicates), report("report", sound, store)}));
  calls.push_back(call("lightcone_distances_against", lightcone_distances_against,
                       {predictions(h, "rows"), predictions(h, "columns"), options(blocks, store), control(h),
                        out_bytes("out", d, sizeof d), out_bytes("std_errors", errors, sizeof errors),
                        report("report", sound, store)}));
  static const support::Table other_table = support::random_logits(3, 5, 2, 1, 1, 8);
  static const support::Predictions other = support::predictions(other_table);
  calls.back().arguments[0].attacks.push_back({"of other samples", pointer(other.handle.get()),
                                               LIGHTCONE_INVALID_ARGUMENT});
  calls.push_back(call("lightcone_distances_memory", lightcone_distances_memory,
                       {size("models", 3, few), size("samples", 4, few), size("classes", 2, few_classes),
                        options(plain, store), out("bytes", &bytes, 1)}));
  calls.push_back(call("lightcone_distances_against_memory", lightcone_distances_against_memory,
                       {size("rows", 3, few), size("columns", 3, few), size("samples", 4, few),
                        size("classes", 2, few_classes), options(plain, store), out("bytes", &bytes, 1)}));
  static int32_t device;
  static char reason[64];
  calls.push_back(call("lightcone_distances_device", lightcone_distances_device,
                       {size("models", 3, few), size("samples", 4, few), size("classes", 2, few_classes),
                        options(plain, store), out("device", &device, 1), out("reason", reason, 64),
                        size("reason_bytes", 64, {-1, 0, INT64_MIN})}));
  return calls;
}

}  // namespace hostile
