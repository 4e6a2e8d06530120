// SPDX-License-Identifier: Apache-2.0
// The C ABI: checks what crosses it, and lets no exception out.
#include "lightcone.h"

#include <cstring>
#include <new>

#include "base/control.h"
#include "base/error.h"
#include "base/kernels.h"
#include "base/predictions.h"
#include "distance/distances.h"
#include "geometry/geometry.h"

namespace {

using lightcone::Error;
using lightcone::format;

// A fixed buffer, not a string: reporting that memory is out must not need memory.
thread_local char last_error[2048] = "";

lightcone_status fail(lightcone_status status, const char* message) {
  std::strncpy(last_error, message, sizeof last_error - 1);
  last_error[sizeof last_error - 1] = '\0';
  return status;
}

template <class Body>
lightcone_status guard(Body&& body) {
  try {
    body();
    last_error[0] = '\0';
    return LIGHTCONE_OK;
  } catch (const Error& error) {
    return fail(error.status(), error.what());
  } catch (const std::bad_alloc&) {
    return fail(LIGHTCONE_OUT_OF_MEMORY, "out of memory: use fewer models or a smaller panel_bytes");
  } catch (const std::exception& error) {
    return fail(LIGHTCONE_INTERNAL, error.what());
  } catch (...) {
    return fail(LIGHTCONE_INTERNAL, "unknown failure");
  }
}

void require(bool holds, const char* message) {
  if (!holds) throw Error(LIGHTCONE_INVALID_ARGUMENT, message);
}

const lightcone::Predictions& validated(const lightcone_predictions* predictions) {
  require(predictions != nullptr, "predictions is null");
  require(predictions->table.validated(),
          "the predictions are not validated: call lightcone_predictions_validate first");
  return predictions->table;
}

}  // namespace

extern "C" {

int32_t lightcone_abi_version(void) { return LIGHTCONE_ABI_VERSION; }
const char* lightcone_version(void) { return LIGHTCONE_VERSION; }
const char* lightcone_last_error(void) { return last_error; }

lightcone_status lightcone_isa_resolve(int32_t isa, int32_t* out) {
  return guard([&] {
    require(out != nullptr, "out is null");
    *out = lightcone::kernels(isa).isa;
  });
}

const char* lightcone_isa_name(int32_t isa) { return lightcone::isa_name(isa); }

lightcone_status lightcone_control_create(lightcone_control** out) {
  return guard([&] {
    require(out != nullptr, "out is null");
    *out = std::make_unique<lightcone_control>().release();
  });
}

void lightcone_control_destroy(lightcone_control* control) {
  std::unique_ptr<lightcone_control> owner(control);
}

void lightcone_control_cancel(lightcone_control* control) {
  if (control != nullptr) control->cancelled = true;
}

int64_t lightcone_control_done(const lightcone_control* control) {
  return control != nullptr ? control->done.load() : 0;
}

int64_t lightcone_control_total(const lightcone_control* control) {
  return control != nullptr ? control->total.load() : 0;
}

lightcone_status lightcone_predictions_create(int64_t models, int64_t samples, int64_t classes,
                                              lightcone_predictions** out) {
  return guard([&] {
    require(out != nullptr, "out is null");
    lightcone::Predictions table(models, samples, classes);
    *out = std::unique_ptr<lightcone_predictions>(new lightcone_predictions{std::move(table)}).release();
  });
}

void lightcone_predictions_destroy(lightcone_predictions* predictions) {
  std::unique_ptr<lightcone_predictions> owner(predictions);
}

lightcone_status lightcone_predictions_add_memory(lightcone_predictions* predictions,
                                                  const void* address, const char* name, int32_t kind,
                                                  int32_t dtype, int64_t model_begin, int64_t models,
                                                  int64_t sample_begin, int64_t samples,
                                                  int64_t model_stride_bytes) {
  return guard([&] {
    require(predictions != nullptr, "predictions is null");
    lightcone::Block block{model_begin, models, sample_begin, samples, model_stride_bytes, kind, dtype,
                           name != nullptr ? name : "predictions", static_cast<const char*>(address),
                           nullptr, 0};
    predictions->table.add(std::move(block));
  });
}

lightcone_status lightcone_predictions_add_file(lightcone_predictions* predictions, const char* path,
                                                int64_t offset, int32_t kind, int32_t dtype,
                                                int64_t model_begin, int64_t models,
                                                int64_t sample_begin, int64_t samples,
                                                int64_t model_stride_bytes) {
  return guard([&] {
    require(predictions != nullptr, "predictions is null");
    require(path != nullptr, "path is null");
    lightcone::Block block{model_begin, models, sample_begin, samples, model_stride_bytes, kind, dtype,
                           path, nullptr, nullptr, offset};
    predictions->table.add_file(path, std::move(block));
  });
}

lightcone_status lightcone_predictions_validate(lightcone_predictions* predictions, int32_t threads,
                                                lightcone_control* control) {
  return guard([&] {
    require(predictions != nullptr, "predictions is null");
    predictions->table.validate(threads, control);
  });
}

lightcone_status lightcone_predictions_read(const lightcone_predictions* predictions, int64_t model,
                                            int64_t sample_begin, int64_t samples, double* out) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    require(out != nullptr, "out is null");
    if (model < 0 || model >= table.models() || samples < 0 || sample_begin < 0 ||
        sample_begin > table.samples() - samples)
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("model %lld and samples [%lld, +%lld) do not lie in the table of %lld models and "
                         "%lld samples",
                         (long long)model, (long long)sample_begin, (long long)samples,
                         (long long)table.models(), (long long)table.samples()));
    lightcone::Predictions::Scratch scratch;
    table.log_rows(model, {sample_begin, 1, samples}, scratch, out);
  });
}

void lightcone_distances_options_init(lightcone_distances_options* options) {
  if (options == nullptr) return;
  *options = {};
  options->size = sizeof *options;
  options->metric = LIGHTCONE_METRIC_BHATTACHARYYA;
  options->out_dtype = LIGHTCONE_FLOAT32;
  options->infinity_cap = 100;
  options->sample_end = -1;
  options->sample_step = 1;
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
    require(options != nullptr, "options is null");
    require(options->size == sizeof *options,
            "options have another size: fill them with lightcone_distances_options_init");
    require(out != nullptr, "out is null");
    require(report == nullptr || report->size == sizeof *report,
            "report has another size: fill it with lightcone_distances_report_init");
    lightcone_distances_report result;
    lightcone_distances_report_init(&result);
    lightcone::distances(table, *options, control, out, &result);
    if (report != nullptr) *report = result;
  });
}

lightcone_status lightcone_progress(const lightcone_predictions* predictions, const int32_t* labels,
                                    int64_t label_count, int32_t threads, lightcone_control* control,
                                    double* out) {
  return guard([&] {
    const lightcone::Predictions& table = validated(predictions);
    require(labels != nullptr, "labels is null");
    require(out != nullptr, "out is null");
    lightcone::progress(table, labels, label_count, threads, control, out);
  });
}

lightcone_status lightcone_geodesic(const double* p, const double* q, int64_t samples, int64_t classes,
                                    const double* t, int64_t points, double* out) {
  return guard([&] {
    require(p != nullptr && q != nullptr && t != nullptr && out != nullptr, "a pointer is null");
    require(samples >= 1 && classes >= 2 && points >= 1,
            "a geodesic needs at least 1 sample, 2 classes and 1 point");
    lightcone::geodesic(p, q, samples, classes, t, points, out);
  });
}

}  // extern "C"
