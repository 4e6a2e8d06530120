// SPDX-License-Identifier: Apache-2.0
// Distances on the device against the definition in extended precision and against the CPU engine.
#include "device.h"

using namespace support;

TEST_CASE("all sorts of models, small") {
  const int64_t models = 30, samples = 21, classes = 10;
  const Table t = hostile(models, samples, classes, LIGHTCONE_LOGITS, 7);
  const Predictions p = predictions(t);
  const Rows rows(t);
  const Measured m = measure(p, models, options_for(LIGHTCONE_DEVICE_CUDA));
  for (int64_t i = 0; i < models; ++i)
    for (int64_t j = 0; j < models; ++j) {
      CAPTURE(i);
      CAPTURE(j);
      const double d = m.d[static_cast<size_t>(i * models + j)];
      const long double e = i == j ? 0 : metric_distance(LIGHTCONE_METRIC_BHATTACHARYYA, rows, i, rows, j);
      if (std::isinf(e)) {
        CHECK(d == kInf);
      } else {
        CHECK(std::fabs(static_cast<double>(d - e)) <= 2e-6 * static_cast<double>(e) + 2e-18);
      }
    }
}
