// SPDX-License-Identifier: Apache-2.0
// Progress and geodesics of the C ABI: checks what crosses it.
#include "base/abi.h"
#include "geometry/geometry.h"

using lightcone::guard;
using lightcone::require;
using lightcone::require_array;
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

}  // extern "C"
