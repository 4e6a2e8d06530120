// SPDX-License-Identifier: Apache-2.0
// Connected components of equal labels, all labels in one pass. A row is cut into runs of equal labels; a run is
// joined with those of the row above that it touches and whose label is its own, in a forest over the runs
// whose roots are the first runs of their components. Neighbouring rows are merged like two sorted lists.
#include <algorithm>
#include <vector>

#include "base/team.h"
#include "plane/planes.h"

namespace lightcone {
namespace {

// Rows, and runs, of a large map between two looks at the control: milliseconds.
constexpr int64_t kRowsPerLook = 64, kRunsPerLook = 1 << 20;

class MapComponents {
 public:
  // Components of one map, of any area. Run k covers the points [start(k), start(k + 1)) in row order.
  template <class Label>
  int64_t label(const Kernels& kernels, const Label* map, int64_t height, int64_t width, bool diagonal,
                const Progress& done) {
    cut(kernels, map, height, width, done);
    int64_t components = runs_;
    for (int64_t y = 1; y < height; ++y) {
      if (y % kRowsPerLook == 0) done.check();
      components -= diagonal ? join_rows<Label, true>(map, y, width) : join_rows<Label, false>(map, y, width);
    }
    return components;
  }

  // After label(): areas by root, roots flattened. Returns the components of at least `minimum` points.
  int64_t measure(int64_t minimum, const Progress& done) {
    area_.assign(static_cast<size_t>(runs_), 0);
    int64_t large = 0;
    for (int32_t k = 0; k < runs_; ++k) {
      if (k % kRunsPerLook == 0) done.check();
      parent(k) = parent(parent(k));  // a parent comes first and is flat already
      area_[static_cast<size_t>(parent(k))] += start(k + 1) - start(k);
    }
    for (int32_t k = 0; k < runs_; ++k) large += parent(k) == k && area_[static_cast<size_t>(k)] >= minimum;
    return large;
  }

  // After measure().
  void write_areas(int64_t minimum, int64_t* areas, int64_t capacity, const Progress& done) const {
    int64_t next = 0;
    for (int32_t k = 0; k < runs_ && next < capacity; ++k) {
      if (k % kRunsPerLook == 0) done.check();
      if (parent(k) == k && area_[static_cast<size_t>(k)] >= minimum) areas[next++] = area_[static_cast<size_t>(k)];
    }
    std::fill(areas + next, areas + capacity, 0);
  }

  // After measure().
  void write_ids(int64_t minimum, int32_t* ids, const Progress& done) {
    id_.resize(static_cast<size_t>(runs_));
    int32_t next = 0;
    for (int32_t k = 0; k < runs_; ++k) {
      if (k % kRunsPerLook == 0) done.check();
      const size_t root = static_cast<size_t>(parent(k));
      if (parent(k) == k) id_[root] = area_[root] >= minimum ? next++ : -1;
      std::fill(ids + start(k), ids + start(k + 1), id_[root]);
    }
  }

 private:
  int32_t& parent(int32_t run) { return parent_[static_cast<size_t>(run)]; }
  int32_t parent(int32_t run) const { return parent_[static_cast<size_t>(run)]; }
  int32_t start(int32_t run) const { return start_[static_cast<size_t>(run)]; }

  template <class Label>
  void cut(const Kernels& kernels, const Label* map, int64_t height, int64_t width, const Progress& done) {
    const int64_t words = (width + 63) / 64;
    changes_.resize(static_cast<size_t>(height * words));
    for (int64_t y = 0; y < height; y += kRowsPerLook) {
      done.check();
      kernels.plane.label_changes(map + y * width, std::min(kRowsPerLook, height - y), width, sizeof(Label),
                                  changes_.data() + y * words);
    }
    start_.resize(static_cast<size_t>(height * width + 1));
    row_.resize(static_cast<size_t>(height + 1));
    int32_t* next = start_.data();
    const uint64_t* changes = changes_.data();
    for (int64_t y = 0; y < height; ++y) {
      if (y % kRowsPerLook == 0) done.check();
      row_[static_cast<size_t>(y)] = static_cast<int32_t>(next - start_.data());
      for (int64_t w = 0; w < words; ++w)
        for (uint64_t bits = *changes++; bits != 0; bits &= bits - 1)
          *next++ = static_cast<int32_t>(y * width + w * 64 + __builtin_ctzll(bits));
    }
    runs_ = static_cast<int32_t>(next - start_.data());
    row_[static_cast<size_t>(height)] = runs_;
    *next = static_cast<int32_t>(height * width);
    parent_.resize(static_cast<size_t>(runs_));
    for (int32_t k = 0; k < runs_; ++k) parent(k) = k;
  }

  // Path halving: every step hangs a run one generation higher.
  int32_t root(int32_t run) {
    while (parent(run) != run) {
      parent(run) = parent(parent(run));
      run = parent(run);
    }
    return run;
  }

  // 1 if they were apart.
  int64_t join(int32_t a, int32_t b) {
    a = root(a);
    b = root(b);
    if (a == b) return 0;
    parent(std::max(a, b)) = std::min(a, b);
    return 1;
  }

  // Joins the runs of row y with those of row y - 1; returns how many joins there were.
  template <class Label, bool kDiagonal>
  int64_t join_rows(const Label* map, int64_t y, int64_t width) {
    int32_t above = row_[static_cast<size_t>(y - 1)], here = row_[static_cast<size_t>(y)];
    const int32_t above_end = here, here_end = row_[static_cast<size_t>(y + 1)];
    const int32_t shift = static_cast<int32_t>(width);
    int64_t joins = 0;
    const auto same = [&](int32_t a, int32_t b) { return map[start(a)] == map[start(b)]; };
    while (above < above_end && here < here_end) {
      if (same(above, here)) joins += join(above, here);
      const int32_t above_stop = start(above + 1) + shift, here_stop = start(here + 1);
      if (kDiagonal && above_stop == here_stop && here + 1 < here_end) {
        // Both end here: each touches the other's successor at a corner.
        if (same(above, here + 1)) joins += join(above, here + 1);
        if (same(above + 1, here)) joins += join(above + 1, here);
      }
      above += above_stop <= here_stop;
      here += here_stop <= above_stop;
    }
    return joins;
  }

  std::vector<uint64_t> changes_;
  std::vector<int32_t> start_, row_, parent_, id_;
  std::vector<int64_t> area_;
  int32_t runs_ = 0;
};

}  // namespace

void label_components(const lightcone_label_maps& maps, int64_t height, int64_t width, int connectivity,
                      int64_t minimum_area, int threads, lightcone_control* control, const ComponentsOutput& out) {
  const Kernels& table = kernels(LIGHTCONE_ISA_AUTO);
  const Progress done(control, maps.maps * maps.points);
  const bool diagonal = connectivity == 8;
  Team team(threads);
  std::vector<MapComponents> work(static_cast<size_t>(team.size()));
  team.run(maps.maps, [&](int64_t map, int thread) {
    done.check();
    MapComponents& components = work[static_cast<size_t>(thread)];
    const uint8_t* labels = row_of(maps, map);
    int64_t regions =
        maps.label_bytes == 1
            ? components.label(table, labels, height, width, diagonal, done)
            : components.label(table, reinterpret_cast<const uint16_t*>(labels), height, width, diagonal, done);
    if (minimum_area > 1 || out.ids != nullptr || out.areas != nullptr)
      regions = components.measure(minimum_area, done);
    if (out.ids != nullptr) components.write_ids(minimum_area, out.ids + map * maps.points, done);
    if (out.areas != nullptr)
      components.write_areas(minimum_area, out.areas + map * out.areas_capacity, out.areas_capacity, done);
    out.regions[map] = regions;
    done.add(maps.points);
  });
}

}  // namespace lightcone
