// SPDX-License-Identifier: Apache-2.0
// Sound calls of the geometry.
#include "hostile.h"

namespace hostile {

std::vector<Call> geometry_calls(const Handles& h, Store&) {
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
  return calls;
}

}  // namespace hostile
