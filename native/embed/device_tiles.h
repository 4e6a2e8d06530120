// SPDX-License-Identifier: Apache-2.0
// A packed matrix of distances that lies on a device, and its products with blocks of vectors, centred there: the driver,
// which knows of the device only DeviceOperations.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "backend/choice.h"
#include "backend/device.h"
#include "embed/embed.h"

namespace lightcone {

// Device memory of a matrix and its products, planned before the first allocation.
struct DeviceTilesPlan {
  DeviceTilesPlan(int64_t models, int64_t most_columns);

  int64_t models, blocks, padded, most_columns;
  int64_t parts;        // of the block columns, each summed by thread blocks of its own
  int64_t tile_bytes;   // of the packed matrix
  int64_t block_bytes;  // of a padded block of vectors
  int64_t sums_bytes;
  int64_t device_bytes() const;
  static constexpr int64_t kSlotBytes = int64_t{32} << 20;  // of one of two pinned buffers
};

// Where eigenpairs by blocks of so many columns are projected to be found first; a device only if they fit there.
Choice choose_embedding(int64_t models, int64_t columns, int32_t device, int32_t ordinal, int threads);

class DeviceTiles {
 public:
  // weights (models) of mean 1, or null for ones.
  DeviceTiles(const Choice& choice, int64_t models, int64_t most_columns, const double* weights);

  const DeviceTilesPlan& plan() const { return plan_; }
  void put(const Band& band, int threads, lightcone_control* control);
  // x and y (models, columns): host memory, or both on the device.
  void multiply(int32_t product, const double* x, double* y, int64_t columns, bool on_device, int threads,
                lightcone_control* control);

 private:
  // One piece at a time through the two pinned buffers; done when it returns.
  void upload(void* to, const void* from, int64_t bytes, int threads, const Progress& progress);
  void download(void* to, const void* from, int64_t bytes, int threads, const Progress& progress);
  // The sums of the columns of (parts, models, columns) into sums_.
  const double* column_sums(const double* in, const double* weights, int64_t columns, int64_t parts, int64_t part_stride);
  void centre(const double* in, const double* alpha, const double* beta, const double* sums, int64_t padded,
              int64_t columns, int64_t parts, int64_t part_stride, double* out);

  const Device device_;
  const DeviceTilesPlan plan_;
  std::mutex mutex_;  // one call at a time: they share the buffers
  const DeviceBuffer tiles_, centred_, products_, sums_, vectors_;
  const PinnedBuffer pinned_[2];
  const DeviceStream stream_;
  const DeviceEvent copied_[2];
  int64_t put_end_ = 0;  // block rows [0, put_end_) are there
};

}  // namespace lightcone
