// SPDX-License-Identifier: Apache-2.0
// The distances of the C ABI: checks what crosses it.
#include <cstdio>
#include <string>

#include "base/abi.h"
#include "distance/distances.h"

using lightcone::DistanceOutput;
using lightcone::guard;
using lightcone::Predictions;
using lightcone::require;
using lightcone::require_address;
using lightcone::require_array;
using lightcone::require_sizes;
using lightcone::require_struct;
using lightcone::validated;

namespace {

void measure(const Predictions& rows, const Predictions& columns, const lightcone_distances_options* options,
             lightcone_control* control, const DistanceOutput& out, lightcone_distances_report* report) {
  require_struct(options, "options", "lightcone_distances_options_init");
  const size_t element = options->out_dtype == LIGHTCONE_FLOAT64 ? 8 : 4;
  require_sizes({rows.models(), columns.models()}, 8, "out");
  require_address(out.distances, element, "out");
  if (out.standard_errors != nullptr) require_address(out.standard_errors, element, "std_errors");
  if (options->replicates != 0) {
    require_sizes({options->replicates, rows.models(), columns.models()}, 8, "replicates");
    require_address(out.replicates, element, "replicates");
  }
  if (report != nullptr) require_struct(report, "report", "lightcone_distances_report_init");
  lightcone_distances_report result;
  lightcone_distances_report_init(&result);
  lightcone::distances(rows, columns, *options, lightcone::Progress(control, 0), out, &result);
  if (report != nullptr) *report = result;
}

}  // namespace

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
    const Predictions& table = validated(predictions);
    measure(table, table, options, control, {out, nullptr, nullptr}, report);
  });
}

lightcone_status lightcone_distances_errors(const lightcone_predictions* predictions,
                                            const lightcone_distances_options* options,
                                            lightcone_control* control, void* out, void* std_errors,
                                            void* replicates, lightcone_distances_report* report) {
  return guard([&] {
    const Predictions& table = validated(predictions);
    require_struct(options, "options", "lightcone_distances_options_init");
    require(std_errors != nullptr, "std_errors is null");
    require(options->sample_blocks != 0, "sample_blocks is 0: standard errors take at least 2 blocks of samples");
    measure(table, table, options, control, {out, std_errors, replicates}, report);
  });
}

lightcone_status lightcone_distances_against(const lightcone_predictions* rows, const lightcone_predictions* columns,
                                             const lightcone_distances_options* options, lightcone_control* control,
                                             void* out, void* std_errors, lightcone_distances_report* report) {
  return guard([&] {
    const Predictions& from = validated(rows);
    const Predictions& to = validated(columns);
    require_struct(options, "options", "lightcone_distances_options_init");
    require(options->replicates == 0, "bootstrap replicates are made by lightcone_distances_errors alone");
    require((std_errors != nullptr) == (options->sample_blocks != 0),
            "std_errors and sample_blocks go together: give both or neither");
    // One table against itself is a square of its own, not a triangle: its diagonal is computed.
    if (rows == columns) {
      const Predictions copy(to);
      measure(copy, to, options, control, {out, std_errors, nullptr}, report);
    } else {
      measure(from, to, options, control, {out, std_errors, nullptr}, report);
    }
  });
}

lightcone_status lightcone_distances_memory(int64_t models, int64_t samples, int64_t classes,
                                            const lightcone_distances_options* options, int64_t* bytes) {
  return guard([&] {
    require_struct(options, "options", "lightcone_distances_options_init");
    require_array(bytes, {1}, "bytes");
    *bytes = lightcone::distances_memory(-1, models, samples, classes, *options);
  });
}

lightcone_status lightcone_distances_against_memory(int64_t rows, int64_t columns, int64_t samples, int64_t classes,
                                                    const lightcone_distances_options* options, int64_t* bytes) {
  return guard([&] {
    require_struct(options, "options", "lightcone_distances_options_init");
    require_array(bytes, {1}, "bytes");
    require(rows >= 1, "rows is below 1");
    *bytes = lightcone::distances_memory(rows, columns, samples, classes, *options);
  });
}

lightcone_status lightcone_distances_device(int64_t models, int64_t samples, int64_t classes,
                                            const lightcone_distances_options* options, int32_t* device, char* reason,
                                            int64_t reason_bytes) {
  return guard([&] {
    require_struct(options, "options", "lightcone_distances_options_init");
    require_array(device, {1}, "device");
    require_array(reason, {reason_bytes}, "reason");
    require(reason_bytes >= 1, "reason has no room");
    std::string why;
    *device = lightcone::distances_device(models, samples, classes, *options, &why);
    std::snprintf(reason, static_cast<size_t>(reason_bytes), "%s", why.c_str());
  });
}

}  // extern "C"
