// SPDX-License-Identifier: Apache-2.0
// The distances of the C ABI: checks what crosses it.
#include "base/abi.h"
#include "distance/distances.h"

using lightcone::guard;
using lightcone::require_address;
using lightcone::require_array;
using lightcone::require_struct;
using lightcone::validated;

extern "C" {

void lightcone_distances_options_init(lightcone_distances_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->size = sizeof *options;
  options->metric = LIGHTCONE_METRIC_BHATTACHARYYA;
  options->out_dtype = LIGHTCONE_FLOAT32;
  options->infinity_cap = 100;
  options->sample_end = -1;
  options->sample_step = 1;
  options->row_end = -1;
}

void lightcone_distances_report_init(lightcone_distances_report* report) {
  if (report == nullptr) return;
  *report = {};
  report->size = sizeof *report;
}

lightcone_status lightcone_distances(const lightcone_predictions* predictions,
                                     const lightcone_distances_options* options,
                                     lightcone_control* control, void* out,
                                     lightcone_distances_report* report) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    require_struct(options, "options", "lightcone_distances_options_init");
    require_array(static_cast<const char*>(out), {table.models(), table.models(), 8}, "out");
    require_address(out, options->out_dtype == LIGHTCONE_FLOAT64 ? 8 : 4, "out");
    if (report != nullptr) require_struct(report, "report", "lightcone_distances_report_init");
    lightcone_distances_report result;
    lightcone_distances_report_init(&result);
    lightcone::distances(table, *options, control, out, &result);
    if (report != nullptr) *report = result;
  });
}

lightcone_status lightcone_distances_memory(int64_t models, int64_t samples, int64_t classes,
                                            const lightcone_distances_options* options, int64_t* bytes) {
  return guard([&] {
    require_struct(options, "options", "lightcone_distances_options_init");
    require_array(bytes, {1}, "bytes");
    *bytes = lightcone::distances_memory(models, samples, classes, *options);
  });
}

}  // extern "C"
