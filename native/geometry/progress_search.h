// SPDX-License-Identifier: Apache-2.0
// The one-dimensional search of progress (Eq 4) over the coordinates of a model's samples, and memory for those of
// several models. Both ways of taking progress use them: of a table by itself, and while distances read it.
#pragma once

#include <vector>

#include "base/control.h"
#include "base/kernels.h"

namespace lightcone {

// Planes of models (progress_kernel.h), each padded to whole vectors with samples that add nothing.
class ProgressPlanes {
 public:
  // wide: in float64, which a table needs that has some (Predictions::wide).
  ProgressPlanes(bool wide, int64_t models, int64_t samples);
  ProgressPlane model(int64_t m) const;
  static int64_t bytes(bool wide, int64_t models, int64_t samples) {
    return models * 3 * padded(samples) * (wide ? 8 : 4);
  }
  static int64_t padded(int64_t samples) { return (samples + kPlaneVector - 1) / kPlaneVector * kPlaneVector; }

 private:
  bool wide_;
  int64_t padded_;
  mutable std::vector<double> numbers_;
};

class ProgressSearch {
 public:
  ProgressSearch(const Kernels& kernels, int64_t samples, int64_t classes, const Progress& done);
  // A model; its samples become known in order, filled(n) those before n; then its progress, in [0, 1]. The result
  // depends on the coordinates alone.
  void begin(ProgressPlane plane);
  void filled(int64_t n);
  double finish();

 private:
  double minimum() const;
  double coarse(int64_t end, double at) const;
  double careful(double at) const;
  double exact(double low, double high) const;
  double boundary(double low, double high, int below) const;
  int sign_at(double alpha) const;
  int sign(const ProgressSlope& f) const;
  ProgressSlope slope(double alpha) const;
  ProgressSlope quick(int64_t begin, int64_t end, double alpha) const;
  bool curved(const ProgressSlope& f) const { return f.second > 1e-4 * count_; }

  const Kernels& kernels_;
  const Progress& done_;
  const int64_t samples_, padded_, prefix_;
  const double theta_, count_, tolerance_;
  ProgressPlane plane_{};
  double start_ = -1;       // angle of the running sums; below 0: not known yet
  ProgressSlope sums_{};    // of the samples before
  int64_t evaluated_ = 0;
};

}  // namespace lightcone
