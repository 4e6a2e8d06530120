// SPDX-License-Identifier: Apache-2.0
// Decision regions: planes through triplets of images, label maps on them, what two maps have in common and how
// many pieces one has. Arguments are checked in abi.cpp.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/control.h"
#include "base/kernels.h"
#include "lightcone.h"

namespace lightcone {

// Work between two looks at the control, in labels: a few milliseconds at the slowest.
constexpr int64_t kLabelPiece = int64_t{1} << 18;

// The smallest of the positions that several threads report, so that the error does not depend on their order.
class FirstPosition {
 public:
  void report(int64_t position) {
    int64_t seen = first_.load(std::memory_order_relaxed);
    while (position < seen && !first_.compare_exchange_weak(seen, position, std::memory_order_relaxed)) {
    }
  }
  bool any() const { return first_.load() != INT64_MAX; }
  int64_t value() const { return first_.load(); }

 private:
  std::atomic<int64_t> first_{INT64_MAX};
};

// Counts of whole numbers: the order of the threads does not matter.
inline void add_atomically(int64_t* sum, int64_t count) {
  if (count != 0) __atomic_fetch_add(sum, count, __ATOMIC_RELAXED);
}

inline const uint8_t* row_of(const lightcone_label_maps& maps, int64_t map) {
  return static_cast<const uint8_t*>(maps.data) + map * maps.stride_bytes;
}

// Reports the first label of a piece that is no class; position = map points + point.
bool labels_in_range(const Kernels& kernels, const lightcone_label_maps& maps, int64_t map, int64_t begin,
                     int64_t count, int64_t classes, FirstPosition* bad);
// Throws INVALID_DATA for the position that was reported, if any.
void require_labels(const lightcone_label_maps& maps, int64_t classes, const FirstPosition& bad);

void plane_vertices(const lightcone_rows& images, const int64_t* triplets, int64_t count, int threads,
                    lightcone_control* control, double* out);
// Throws INVALID_ARGUMENT where they cannot be those of a plane.
void require_vertices(const double* vertices, int64_t triplet);
void plane_coordinates(const double* vertices, const lightcone_plane_grid& grid, double* s, double* t);
void plane_points(const lightcone_rows& rows, const int64_t* triplets, const double* vertices,
                  const lightcone_plane_grid& grid, int64_t begin, int64_t points, int threads,
                  lightcone_control* control, float* out, int64_t out_stride);
void plane_points_at(const lightcone_rows& rows, const int64_t* triplet, const double* vertices,
                     const double* coordinates, int64_t points, float* out, int64_t out_stride);

void argmax_labels(const lightcone_rows& rows, int32_t label_bytes, int threads, lightcone_control* control,
                   void* out);
void label_areas(const lightcone_label_maps& maps, int64_t classes, const uint8_t* mask, int threads,
                 lightcone_control* control, int64_t* out);
void boundary_band(const void* map, int32_t label_bytes, int64_t height, int64_t width, int64_t radius,
                   uint8_t* out);

void label_agreement(const lightcone_label_maps& maps, int64_t begin, int64_t end, const uint8_t* mask, int threads,
                     lightcone_control* control, int64_t* out);
void label_confusion(const lightcone_label_maps& maps, int64_t classes, const uint8_t* mask, const int64_t* pairs,
                     int64_t count, int threads, lightcone_control* control, int64_t* out);

struct ComponentsOutput {
  int64_t* regions;        // (maps)
  int32_t* ids;            // (maps, points) or null
  int64_t* areas;          // (maps, areas_capacity) or null
  int64_t areas_capacity;
};
void label_components(const lightcone_label_maps& maps, int64_t height, int64_t width, int connectivity,
                      int64_t minimum_area, int threads, lightcone_control* control, const ComponentsOutput& out);

}  // namespace lightcone
