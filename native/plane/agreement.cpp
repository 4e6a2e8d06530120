// SPDX-License-Identifier: Apache-2.0
// Agreement of all pairs of label maps, and the confusion of some. Counts are whole numbers: neither the order
// of the points nor that of the threads changes them.
#include <algorithm>
#include <vector>

#include "base/team.h"
#include "plane/histogram.h"
#include "plane/planes.h"

namespace lightcone {
namespace {

// Maps in a tile of pairs. Two blocks of kAgreementBytes of them take half of a second-level cache of 2 MiB, and
// each label read from memory is then compared with kTile others.
constexpr int64_t kTile = 128;

// Blocks of points per task: adding a tile's counts to the result, once per task, costs about 1% of it.
constexpr int64_t kBlocks = 32;

struct TilePair {
  int64_t row, column;  // first maps
};

// Of the maps [begin, end) and all from begin on.
std::vector<TilePair> tile_pairs(int64_t begin, int64_t end, int64_t maps) {
  std::vector<TilePair> pairs;
  for (int64_t i = begin; i < end; i += kTile)
    for (int64_t j = i; j < maps; j += kTile) pairs.push_back({i, j});
  return pairs;
}

struct AgreementWork {
  std::vector<int64_t> counts = std::vector<int64_t>(static_cast<size_t>(kTile * kTile));
  std::vector<const uint8_t*> rows = std::vector<const uint8_t*>(kTile), columns = rows;
  std::vector<uint8_t> mask = std::vector<uint8_t>(kAgreementBytes);
};

// A mask, 0 or not per point, as bytes as wide as the labels: no bit or all bits set.
void widen_mask(const uint8_t* mask, int64_t bytes, int32_t label_bytes, uint8_t* out) {
  if (label_bytes == 1)
    for (int64_t k = 0; k < bytes; ++k) out[k] = mask[k] != 0 ? 0xff : 0;
  else
    for (int64_t k = 0; k < bytes / 2; ++k) out[2 * k] = out[2 * k + 1] = mask[k] != 0 ? 0xff : 0;
}

int64_t counted_points(int64_t points, const uint8_t* mask) {
  if (mask == nullptr) return points;
  return points - std::count(mask, mask + points, uint8_t{0});
}

// Up to this many classes the four tables of C x C counts stay in a first-level cache; beyond, the counts go
// straight to the result.
constexpr int64_t kTableClasses = 32;

template <class Label>
void confuse_many(const Label* a, const Label* b, const uint8_t* mask, int64_t count, int64_t classes, int64_t* out) {
  for (int64_t k = 0; k < count; ++k) out[a[k] * classes + b[k]] += mask == nullptr || mask[k] != 0;
}

}  // namespace

void label_agreement(const lightcone_label_maps& maps, int64_t begin_map, int64_t end_map, const uint8_t* mask,
                     int threads, lightcone_control* control, int64_t* out) {
  const Kernels& table = kernels(LIGHTCONE_ISA_AUTO);
  const int64_t count = maps.maps, bytes = maps.points * maps.label_bytes;
  const int64_t out_rows = end_map - begin_map, out_columns = count - begin_map;
  const int64_t task_bytes = kBlocks * kAgreementBytes, chunks = (bytes + task_bytes - 1) / task_bytes;
  const std::vector<TilePair> pairs = tile_pairs(begin_map, end_map, count);
  const int64_t pair_count = static_cast<int64_t>(pairs.size());
  const Progress done(control, pair_count * bytes);
  std::fill(out, out + out_rows * out_columns, 0);
  Team team(threads);
  std::vector<AgreementWork> work(static_cast<size_t>(team.size()));
  // All tiles of one stretch of points before the next: it is in the last cache for all but the first.
  team.run(chunks * pair_count, [&](int64_t task, int thread) {
    AgreementWork& w = work[static_cast<size_t>(thread)];
    const TilePair& tiles = pairs[static_cast<size_t>(task % pair_count)];
    // A tile on the diagonal has the columns beyond the last row too.
    const int64_t rows = std::min(kTile, end_map - tiles.row), columns = std::min(kTile, count - tiles.column);
    std::fill(w.counts.begin(), w.counts.begin() + rows * kTile, 0);
    const int64_t begin = task / pair_count * task_bytes, end = std::min(bytes, begin + task_bytes);
    for (int64_t at = begin; at < end; at += kAgreementBytes) {
      done.check();
      const int64_t length = std::min(kAgreementBytes, end - at);
      for (int64_t i = 0; i < rows; ++i) w.rows[static_cast<size_t>(i)] = row_of(maps, tiles.row + i) + at;
      for (int64_t j = 0; j < columns; ++j) w.columns[static_cast<size_t>(j)] = row_of(maps, tiles.column + j) + at;
      if (mask != nullptr) widen_mask(mask + at / maps.label_bytes, length, maps.label_bytes, w.mask.data());
      table.plane.agreement({w.rows.data(), w.columns.data(), rows, columns,
                             mask == nullptr ? nullptr : w.mask.data(), length, maps.label_bytes,
                             tiles.row == tiles.column, w.counts.data(), kTile});
    }
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = tiles.row == tiles.column ? i + 1 : 0; j < columns; ++j)
        add_atomically(out + (tiles.row + i - begin_map) * out_columns + tiles.column + j - begin_map,
                       w.counts[static_cast<size_t>(i * kTile + j)]);
    done.add(end - begin);
  });
  const int64_t considered = counted_points(maps.points, mask);
  for (int64_t i = 0; i < out_rows; ++i) {
    out[i * out_columns + i] = considered;
    for (int64_t j = i + 1; j < out_rows; ++j) out[j * out_columns + i] = out[i * out_columns + j];
  }
}

void label_confusion(const lightcone_label_maps& maps, int64_t classes, const uint8_t* mask, const int64_t* pairs,
                     int64_t count, int threads, lightcone_control* control, int64_t* out) {
  const Kernels& table = kernels(LIGHTCONE_ISA_AUTO);
  const Progress done(control, count * maps.points);
  const int64_t cells = classes * classes;
  std::fill(out, out + count * cells, 0);
  FirstPosition bad;
  Team team(threads);
  const auto in_range = [&](int64_t pair, int64_t begin, int64_t length) {
    const bool first = labels_in_range(table, maps, pairs[2 * pair], begin, length, classes, &bad);
    const bool second = labels_in_range(table, maps, pairs[2 * pair + 1], begin, length, classes, &bad);
    return first && second;
  };
  const auto piece_of = [&](int64_t pair, int64_t begin, auto&& body) {
    const uint8_t *a = row_of(maps, pairs[2 * pair]), *b = row_of(maps, pairs[2 * pair + 1]);
    const uint8_t* counted = mask == nullptr ? nullptr : mask + begin;
    if (maps.label_bytes == 1) body(a + begin, b + begin, counted);
    else
      body(reinterpret_cast<const uint16_t*>(a) + begin, reinterpret_cast<const uint16_t*>(b) + begin, counted);
  };
  const int64_t per_pair = (maps.points + kLabelPiece - 1) / kLabelPiece;
  if (classes <= kTableClasses) {
    std::vector<Histogram> work(static_cast<size_t>(team.size()), Histogram(cells));
    team.run(count * per_pair, [&](int64_t task, int thread) {
      done.check();
      const int64_t pair = task / per_pair, begin = task % per_pair * kLabelPiece;
      const int64_t length = std::min(kLabelPiece, maps.points - begin);
      if (!in_range(pair, begin, length)) return;
      Histogram& histogram = work[static_cast<size_t>(thread)];
      histogram.clear();
      piece_of(pair, begin, [&](const auto* a, const auto* b, const uint8_t* counted) {
        const uint16_t rows = static_cast<uint16_t>(classes);
        histogram.add(length, counted,
                      [&](int64_t k) { return static_cast<uint16_t>(static_cast<uint16_t>(a[k] * rows) + b[k]); });
      });
      for (int64_t cell = 0; cell < cells; ++cell) add_atomically(out + pair * cells + cell, histogram.count(cell));
      done.add(length);
    });
  } else {
    team.run(count, [&](int64_t pair, int) {
      for (int64_t begin = 0; begin < maps.points; begin += kLabelPiece) {
        done.check();
        const int64_t length = std::min(kLabelPiece, maps.points - begin);
        if (!in_range(pair, begin, length)) return;
        piece_of(pair, begin, [&](const auto* a, const auto* b, const uint8_t* counted) {
          confuse_many(a, b, counted, length, classes, out + pair * cells);
        });
        done.add(length);
      }
    });
  }
  require_labels(maps, classes, bad);
}

}  // namespace lightcone
