// SPDX-License-Identifier: Apache-2.0
// Label maps: from numbers (argmax), their areas, and the band around their boundaries.
#include <algorithm>
#include <vector>

#include "base/team.h"
#include "plane/histogram.h"
#include "plane/planes.h"

namespace lightcone {
namespace {

int64_t pieces(int64_t count, int64_t piece) { return (count + piece - 1) / piece; }

// The rectangle's running maximum over 2 radius + 1 entries of a line, by the distance to the last set one.
void spread_line(const uint8_t* in, int64_t count, int64_t step, int64_t radius, uint8_t* out) {
  int64_t since = INT64_MAX / 2;
  for (int64_t k = 0; k < count; ++k) {
    since = in[k * step] != 0 ? 0 : since + 1;
    out[k * step] = since <= radius;
  }
  since = INT64_MAX / 2;
  for (int64_t k = count - 1; k >= 0; --k) {
    since = in[k * step] != 0 ? 0 : since + 1;
    out[k * step] |= since <= radius;
  }
}

template <class Label>
void band_of(const Label* map, int64_t height, int64_t width, int64_t radius, uint8_t* out) {
  // The points with a differing neighbour, then all within radius - 1 of those, which is a square: rows, columns.
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      bool differs = false;
      for (int64_t v = std::max<int64_t>(0, y - 1); v <= std::min(height - 1, y + 1); ++v)
        for (int64_t u = std::max<int64_t>(0, x - 1); u <= std::min(width - 1, x + 1); ++u)
          differs = differs || map[v * width + u] != map[y * width + x];
      out[y * width + x] = differs;
    }
  if (radius == 1) return;
  std::vector<uint8_t> wide(static_cast<size_t>(height * width));
  for (int64_t y = 0; y < height; ++y) spread_line(out + y * width, width, 1, radius - 1, wide.data() + y * width);
  for (int64_t x = 0; x < width; ++x) spread_line(wide.data() + x, height, width, radius - 1, out + x);
}

}  // namespace

bool labels_in_range(const Kernels& kernels, const lightcone_label_maps& maps, int64_t map, int64_t begin,
                     int64_t count, int64_t classes, FirstPosition* bad) {
  const int64_t first = kernels.plane.first_label_from(row_of(maps, map) + begin * maps.label_bytes, count,
                                                       maps.label_bytes, classes);
  if (first >= 0) bad->report(map * maps.points + begin + first);
  return first < 0;
}

void require_labels(const lightcone_label_maps& maps, int64_t classes, const FirstPosition& bad) {
  if (!bad.any()) return;
  const int64_t map = bad.value() / maps.points, point = bad.value() % maps.points;
  const uint8_t* row = row_of(maps, map);
  const int label = maps.label_bytes == 1 ? row[point] : reinterpret_cast<const uint16_t*>(row)[point];
  throw Error(LIGHTCONE_INVALID_DATA, format("map %lld has the label %d at point %lld; there are classes 0 to %lld",
                                             (long long)map, label, (long long)point, (long long)(classes - 1)));
}

void argmax_labels(const lightcone_rows& rows, int32_t label_bytes, int threads, lightcone_control* control,
                   void* out) {
  const Kernels& table = kernels(LIGHTCONE_ISA_AUTO);
  const int64_t piece = std::max<int64_t>(1, kLabelPiece / rows.width);
  const Progress done(control, rows.rows);
  FirstPosition bad;
  Team team(threads);
  team.run(pieces(rows.rows, piece), [&](int64_t task, int) {
    done.check();
    const int64_t begin = task * piece, count = std::min(piece, rows.rows - begin);
    const int64_t row = table.plane.argmax(static_cast<const char*>(rows.data) + begin * rows.stride_bytes,
                                           rows.dtype, count, rows.width, rows.stride_bytes, label_bytes,
                                           static_cast<char*>(out) + begin * label_bytes);
    if (row >= 0) bad.report(begin + row);
    done.add(count);
  });
  if (bad.any())
    throw Error(LIGHTCONE_INVALID_DATA,
                format("row %lld has a NaN and no largest class", (long long)bad.value()));
}

void label_areas(const lightcone_label_maps& maps, int64_t classes, const uint8_t* mask, int threads,
                 lightcone_control* control, int64_t* out) {
  const Kernels& table = kernels(LIGHTCONE_ISA_AUTO);
  const int64_t per_map = pieces(maps.points, kLabelPiece);
  const Progress done(control, maps.maps * maps.points);
  std::fill(out, out + maps.maps * classes, 0);
  FirstPosition bad;
  Team team(threads);
  std::vector<Histogram> work(static_cast<size_t>(team.size()), Histogram(classes));
  team.run(maps.maps * per_map, [&](int64_t task, int thread) {
    done.check();
    const int64_t map = task / per_map, begin = task % per_map * kLabelPiece;
    const int64_t count = std::min(kLabelPiece, maps.points - begin);
    if (!labels_in_range(table, maps, map, begin, count, classes, &bad)) return;
    Histogram& histogram = work[static_cast<size_t>(thread)];
    histogram.clear();
    const auto add = [&](const auto* labels) {
      histogram.add(count, mask == nullptr ? nullptr : mask + begin, [&](int64_t k) { return labels[k]; });
    };
    if (maps.label_bytes == 1) add(row_of(maps, map) + begin);
    else add(reinterpret_cast<const uint16_t*>(row_of(maps, map)) + begin);
    for (int64_t c = 0; c < classes; ++c) add_atomically(out + map * classes + c, histogram.count(c));
    done.add(count);
  });
  require_labels(maps, classes, bad);
}

void boundary_band(const void* map, int32_t label_bytes, int64_t height, int64_t width, int64_t radius,
                   uint8_t* out) {
  radius = std::min(radius, std::max(height, width));  // which reaches every point
  if (radius == 0) std::fill(out, out + height * width, 0);
  else if (label_bytes == 1) band_of(static_cast<const uint8_t*>(map), height, width, radius, out);
  else band_of(static_cast<const uint16_t*>(map), height, width, radius, out);
}

}  // namespace lightcone
