// SPDX-License-Identifier: Apache-2.0
// Sound calls of the library's own functions: instruction sets, control, predictions, ceilings.
#include "hostile.h"

namespace hostile {

std::vector<Call> library_calls(const Handles& h, Store& store) {
  static int32_t isa;
  static lightcone_control* control_out;
  static lightcone_predictions* predictions_out;
  static support::Handle fresh;
  static double rate, log_rows[8];
  static const std::vector<double> rows(3 * 4 * 2, 0.5);
  std::vector<Call> calls;
  calls.push_back(call("lightcone_isa_resolve", lightcone_isa_resolve,
                       {constant("isa", LIGHTCONE_ISA_AUTO), out("out", &isa, 1)}));
  calls.push_back(call("lightcone_control_create", lightcone_control_create, {out("out", &control_out, 1)}));
  calls.back().after = [] { lightcone_control_destroy(control_out); };
  calls.push_back(call("lightcone_predictions_create", lightcone_predictions_create,
                       {size("models", 3), size("samples", 4), size("classes", 2, {-1, 0, 1, INT64_MIN, INT64_MAX}),
                        out("out", &predictions_out, 1)}));
  calls.back().after = [] { lightcone_predictions_destroy(predictions_out); };

  // Blocks go into a table of their own each time: (3, 4, 2), not validated.
  const auto into_fresh = [](std::vector<Value>& values) {
    lightcone_predictions* p = nullptr;
    REQUIRE(lightcone_predictions_create(3, 4, 2, &p) == LIGHTCONE_OK);
    fresh.reset(p);
    values[0] = pointer(p);
  };
  const Argument handle{"predictions", pointer(nullptr), {{"null", pointer(nullptr), LIGHTCONE_INVALID_ARGUMENT}}};
  const Argument inside[] = {size("model_begin", 0, {-1, 1, INT64_MIN, INT64_MAX}), size("models", 3),
                             size("sample_begin", 0, {-1, 1, INT64_MIN, INT64_MAX}), size("samples", 4),
                             size("model_stride_bytes", 64, {-64, 0, 56, INT64_MIN, INT64_MAX})};
  calls.push_back(call("lightcone_predictions_add_memory", lightcone_predictions_add_memory,
                       {handle, in("address", rows.data()), in("name", "rows", true),
                        constant("kind", LIGHTCONE_PROBABILITIES), constant("dtype", LIGHTCONE_FLOAT64), inside[0],
                        inside[1], inside[2], inside[3], inside[4]}));
  Argument& stride = calls.back().arguments.back();
  stride.attacks.push_back({"not a multiple of the element", whole(68), LIGHTCONE_INVALID_ARGUMENT});
  calls.back().before = into_fresh;
  static const support::TemporaryFile file(rows.data(), rows.size() * sizeof(double));
  calls.push_back(call("lightcone_predictions_add_file", lightcone_predictions_add_file,
                       {handle, in("path", file.path()), size("offset", 0, {-1, 1, INT64_MIN, INT64_MAX}),
                        constant("kind", LIGHTCONE_PROBABILITIES), constant("dtype", LIGHTCONE_FLOAT64), inside[0],
                        inside[1], inside[2], inside[3], inside[4]}));
  calls.back().before = into_fresh;
  for (const char* path : {"", "/", "/nowhere/P.npy", "/dev/null", "/proc/self/mem"})
    calls.back().arguments[1].attacks.push_back({path, pointer(path), LIGHTCONE_IO});

  calls.push_back(call("lightcone_predictions_validate", lightcone_predictions_validate,
                       {handle, threads(), control(h)}));
  calls.back().before = [into_fresh](std::vector<Value>& values) {
    into_fresh(values);
    REQUIRE(lightcone_predictions_add_memory(fresh.get(), rows.data(), nullptr, LIGHTCONE_PROBABILITIES,
                                             LIGHTCONE_FLOAT64, 0, 3, 0, 4, 64) == LIGHTCONE_OK);
  };
  // Nothing covers its table.
  calls.back().arguments[0].attacks.push_back({"without blocks", pointer(h.raw.get()), LIGHTCONE_INVALID_ARGUMENT});
  calls.push_back(call("lightcone_predictions_read", lightcone_predictions_read,
                       {predictions(h), size("model", 2, {-1, 3, INT64_MIN, INT64_MAX}),
                        size("sample_begin", 0, {-1, 1, INT64_MIN, INT64_MAX}),
                        size("samples", 4, {-1, 5, INT64_MIN, INT64_MAX}), out("out", log_rows, 8)}));

  static int32_t devices;
  static lightcone_device_info info;
  static const std::string library = LIGHTCONE_DEVICE_LIBRARY;
  calls.push_back(call("lightcone_backend_load", lightcone_backend_load, {in("path", library.c_str())}));
  for (const char* path : {"/", "/nowhere/liblightcone_cuda.so", "/dev/null"})
    calls.back().arguments[0].attacks.push_back({path, pointer(path), LIGHTCONE_IO});
  calls.push_back(call("lightcone_device_count", lightcone_device_count, {out("count", &devices, 1)}));
  lightcone_device_info_init(&info);
  calls.push_back(call("lightcone_device_query", lightcone_device_query,
                       {size("index", 0, {-1, INT32_MAX, INT32_MIN}), structure("out", info, store)}));

  calls.push_back(call("lightcone_ceiling_fma", lightcone_ceiling_fma,
                       {constant("isa", LIGHTCONE_ISA_AUTO), constant("dtype", LIGHTCONE_FLOAT32), threads(),
                        out("fma_per_second", &rate, 1)}));
  calls.push_back(call("lightcone_ceiling_read", lightcone_ceiling_read,
                       {size("bytes", 1 << 20, {-1, 0, 511, INT64_MIN}), threads(),
                        out("bytes_per_second", &rate, 1)}));
  return calls;
}

}  // namespace hostile
