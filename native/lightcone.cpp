// SPDX-License-Identifier: Apache-2.0
// The library's own part of the C ABI: versions, instruction sets, control, predictions and ceilings. Each family has its
// part in its folder (distance/abi.cpp and so on); base/abi.h is what they share.
#include "lightcone.h"

#include <cstring>

#include "base/abi.h"
#include "base/ceilings.h"
#include "base/control.h"
#include "base/kernels.h"
#include "base/predictions.h"

namespace {
// A fixed buffer, not a string: reporting that memory is out must not need memory.
thread_local char last_error[2048] = "";
}  // namespace

namespace lightcone {

lightcone_status record_error(lightcone_status status, const char* message) {
  std::strncpy(last_error, message, sizeof last_error - 1);
  last_error[sizeof last_error - 1] = '\0';
  return status;
}

}  // namespace lightcone

using lightcone::Error;
using lightcone::format;
using lightcone::guard;
using lightcone::require;
using lightcone::require_array;
using lightcone::validated;

extern "C" {

int32_t lightcone_abi_version(void) { return LIGHTCONE_ABI_VERSION; }
const char* lightcone_version(void) { return LIGHTCONE_VERSION; }
const char* lightcone_compiler(void) { return LIGHTCONE_COMPILER; }
const char* lightcone_last_error(void) { return last_error; }

lightcone_status lightcone_isa_resolve(int32_t isa, int32_t* out) {
  return guard([&] {
    require_array(out, {1}, "out");
    *out = lightcone::kernels(isa).isa;
  });
}

const char* lightcone_isa_name(int32_t isa) { return lightcone::isa_name(isa); }

lightcone_status lightcone_control_create(lightcone_control** out) {
  return guard([&] {
    require_array(out, {1}, "out");
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
    require_array(out, {1}, "out");
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
    require_array(out, {samples, table.classes()}, "out");
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

lightcone_status lightcone_ceiling_fma(int32_t isa, int32_t dtype, int32_t threads, double* fma_per_second) {
  return guard([&] {
    require_array(fma_per_second, {1}, "fma_per_second");
    *fma_per_second = lightcone::ceiling_fma(isa, dtype, threads);
  });
}

lightcone_status lightcone_ceiling_read(int64_t bytes, int32_t threads, double* bytes_per_second) {
  return guard([&] {
    require_array(bytes_per_second, {1}, "bytes_per_second");
    *bytes_per_second = lightcone::ceiling_read(bytes, threads);
  });
}

}  // extern "C"
