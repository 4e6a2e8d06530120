// SPDX-License-Identifier: Apache-2.0
// Connected components against a flood fill, on maps whose answer is known and on random ones.
#include "support.h"

using namespace support;

namespace {

struct Components {
  std::vector<int64_t> regions, areas;
  std::vector<int32_t> ids;
};

constexpr int64_t kCapacity = 4;

template <class Label>
Components components(const std::vector<Label>& labels, int64_t maps, int64_t height, int64_t width,
                      int32_t connectivity, int64_t minimum = 1, int threads = 2) {
  lightcone_label_maps view;
  lightcone_label_maps_init(&view);
  view.data = labels.data();
  view.maps = maps;
  view.points = height * width;
  view.stride_bytes = height * width * static_cast<int64_t>(sizeof(Label));
  view.label_bytes = sizeof(Label);
  Components c{std::vector<int64_t>(static_cast<size_t>(maps), -7),
               std::vector<int64_t>(static_cast<size_t>(maps * kCapacity), -7),
               std::vector<int32_t>(labels.size(), -7)};
  const lightcone_status status =
      lightcone_components(&view, height, width, connectivity, minimum, threads, nullptr, c.regions.data(),
                           c.ids.data(), c.areas.data(), kCapacity);
  INFO(lightcone_last_error());
  REQUIRE(status == LIGHTCONE_OK);
  // The counts alone take another way through the code.
  std::vector<int64_t> regions(c.regions.size(), -7);
  REQUIRE(lightcone_components(&view, height, width, connectivity, minimum, 1, nullptr, regions.data(), nullptr,
                               nullptr, 0) == LIGHTCONE_OK);
  CHECK(regions == c.regions);
  return c;
}

// The definition: start at each point that has no component yet and follow equal neighbours.
template <class Label>
Components flood(const std::vector<Label>& labels, int64_t maps, int64_t height, int64_t width, int32_t connectivity,
                 int64_t minimum) {
  Components c{{}, std::vector<int64_t>(static_cast<size_t>(maps * kCapacity)),
               std::vector<int32_t>(labels.size(), -2)};
  for (int64_t m = 0; m < maps; ++m) {
    const Label* map = labels.data() + m * height * width;
    int32_t* ids = c.ids.data() + m * height * width;
    int64_t regions = 0;
    for (int64_t first = 0; first < height * width; ++first) {
      if (ids[first] != -2) continue;
      std::vector<int64_t> found = {first};
      ids[first] = -1;
      for (size_t k = 0; k < found.size(); ++k) {
        const int64_t y = found[k] / width, x = found[k] % width;
        for (int64_t dy = -1; dy <= 1; ++dy)
          for (int64_t dx = -1; dx <= 1; ++dx) {
            if (connectivity == 4 && dy != 0 && dx != 0) continue;
            const int64_t v = y + dy, u = x + dx;
            if (v < 0 || v >= height || u < 0 || u >= width) continue;
            const int64_t other = v * width + u;
            if (ids[other] != -2 || map[other] != map[first]) continue;
            ids[other] = -1;
            found.push_back(other);
          }
      }
      if (static_cast<int64_t>(found.size()) < minimum) continue;
      for (const int64_t p : found) ids[p] = static_cast<int32_t>(regions);
      if (regions < kCapacity)
        c.areas[static_cast<size_t>(m * kCapacity + regions)] = static_cast<int64_t>(found.size());
      ++regions;
    }
    c.regions.push_back(regions);
  }
  return c;
}

template <class Label>
void check(const std::vector<Label>& labels, int64_t maps, int64_t height, int64_t width) {
  CAPTURE(height);
  CAPTURE(width);
  for (const int32_t connectivity : {4, 8})
    for (const int64_t minimum : {1, 2, 5}) {
      const Components got = components(labels, maps, height, width, connectivity, minimum);
      const Components wanted = flood(labels, maps, height, width, connectivity, minimum);
      CHECK(got.regions == wanted.regions);
      CHECK(got.areas == wanted.areas);
      CHECK(got.ids == wanted.ids);
    }
}

}  // namespace

TEST_CASE("components: a checkerboard of two labels has 2 regions with 8 neighbours and H W with 4") {
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{2, 2}, {50, 50}, {7, 65}, {64, 64}, {33, 129}}) {
    std::vector<uint8_t> map(static_cast<size_t>(height * width));
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x) map[static_cast<size_t>(y * width + x)] = (x + y) % 2;
    CHECK(components(map, 1, height, width, 8).regions[0] == 2);
    CHECK(components(map, 1, height, width, 4).regions[0] == height * width);
  }
}

TEST_CASE("components: combs and spirals, whose runs are joined late, are two regions") {
  const int64_t size = 129;
  std::vector<uint8_t> up(static_cast<size_t>(size * size)), down(up), spiral(up);
  for (int64_t y = 0; y < size; ++y)
    for (int64_t x = 0; x < size; ++x) {
      // Teeth joined by the last row, and by the first; the gaps are joined at the other end.
      up[static_cast<size_t>(y * size + x)] = y == size - 1 || (x % 2 == 0 && y > 0);
      down[static_cast<size_t>(y * size + x)] = y == 0 || (x % 2 == 0 && y < size - 1);
    }
  int64_t y = 0, x = -1, dy = 0, dx = 1;
  for (int64_t length = size, turn = 0; length > 0; ++turn) {  // arms size, size - 1, size - 1, size - 3, size - 3 ...
    for (int64_t k = 0; k < length; ++k) spiral[static_cast<size_t>((y += dy) * size + (x += dx))] = 1;
    const int64_t turned = dy;
    dy = dx;
    dx = -turned;
    if (turn == 0) length -= 1;
    else if (turn % 2 == 0) length -= 2;
  }
  for (const std::vector<uint8_t>& map : {up, down, spiral}) {
    CHECK(components(map, 1, size, size, 4).regions[0] == 2);
    check(map, 1, size, size);
  }
}

TEST_CASE("components: equal to a flood fill on random maps of many sizes") {
  std::mt19937_64 random(17);
  for (const auto& [height, width] :
       {std::pair<int64_t, int64_t>{1, 1}, {1, 2}, {2, 1}, {1, 64}, {1, 65}, {1, 200}, {64, 1}, {200, 1}, {2, 63},
        {3, 64}, {5, 65}, {17, 127}, {20, 128}, {9, 129}, {50, 50}, {40, 193}})
    for (const uint64_t classes : {1, 2, 3, 10}) {
      const int64_t maps = 5;
      std::vector<uint8_t> labels(static_cast<size_t>(maps * height * width));
      std::vector<uint16_t> wide(labels.size());
      for (size_t k = 0; k < labels.size(); ++k) {
        // Runs of some length: each label repeats its left neighbour half of the time.
        labels[k] = k > 0 && random() % 2 == 0 ? labels[k - 1] : static_cast<uint8_t>(random() % classes);
        wide[k] = static_cast<uint16_t>(labels[k] * 257);  // labels that differ in both bytes
      }
      check(labels, maps, height, width);
      check(wide, maps, height, width);
    }
}

TEST_CASE("components: areas add up to the map, and small regions are left out") {
  // A 3 x 4 map: one region of 9, one of 2, one of 1.
  const std::vector<uint8_t> map = {0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 2};
  Components c = components(map, 1, 3, 4, 4);
  CHECK(c.regions[0] == 3);
  CHECK(c.areas == std::vector<int64_t>{9, 2, 1, 0});
  c = components(map, 1, 3, 4, 4, 2);
  CHECK(c.regions[0] == 2);
  CHECK(c.ids == std::vector<int32_t>{0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, -1});
  CHECK(components(map, 1, 3, 4, 4, 10).regions[0] == 0);
}

TEST_CASE("components: a line of labels has one region more than it has changes") {
  const std::vector<uint8_t> line = {3, 3, 1, 1, 1, 3, 0};
  CHECK(components(line, 1, 1, 7, 4).regions[0] == 4);
}

TEST_CASE("components: a linear classifier on a plane has at most C regions") {
  // argmax of C affine functions: each region is convex, hence connected; a sliver thinner than the grid may split
  // with 4 neighbours, these seeds do not with 8.
  const int64_t size = 50, classes = 10;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::vector<double> f(3 * classes);
    for (double& v : f) v = normal(random);
    std::vector<float> logits(static_cast<size_t>(size * size * classes));
    for (int64_t k = 0; k < size * size; ++k)
      for (int64_t c = 0; c < classes; ++c)
        logits[static_cast<size_t>(k * classes + c)] = static_cast<float>(
            f[static_cast<size_t>(3 * c)] + f[static_cast<size_t>(3 * c + 1)] * static_cast<double>(k / size) / 25 +
            f[static_cast<size_t>(3 * c + 2)] * static_cast<double>(k % size) / 25);
    lightcone_rows rows;
    lightcone_rows_init(&rows);
    rows.data = logits.data();
    rows.rows = size * size;
    rows.width = classes;
    rows.stride_bytes = classes * 4;
    std::vector<uint8_t> map(static_cast<size_t>(size * size));
    REQUIRE(lightcone_argmax(&rows, 1, 1, nullptr, map.data()) == LIGHTCONE_OK);
    std::vector<bool> seen(static_cast<size_t>(classes));
    for (const uint8_t label : map) seen[label] = true;
    const int64_t distinct = std::count(seen.begin(), seen.end(), true);
    CHECK(components(map, 1, size, size, 8).regions[0] == distinct);
  }
}

TEST_CASE("components: wrong calls are refused, and a cancelled one stops") {
  std::vector<uint8_t> labels(12);
  lightcone_label_maps view;
  lightcone_label_maps_init(&view);
  view.data = labels.data();
  view.maps = 1;
  view.points = 12;
  view.stride_bytes = 12;
  int64_t regions = 0;
  const auto status = [&](int64_t height, int64_t width, int32_t connectivity, int64_t minimum,
                          lightcone_control* control = nullptr) {
    return lightcone_components(&view, height, width, connectivity, minimum, 1, control, &regions, nullptr, nullptr,
                                0);
  };
  CHECK(status(3, 4, 8, 1) == LIGHTCONE_OK);
  CHECK(status(3, 5, 8, 1) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status(-3, -4, 8, 1) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status(INT64_MAX, 4, 8, 1) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status(3, 4, 6, 1) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status(3, 4, 8, 0) == LIGHTCONE_INVALID_ARGUMENT);
  lightcone_control* raw = nullptr;
  REQUIRE(lightcone_control_create(&raw) == LIGHTCONE_OK);
  const ControlHandle control(raw);
  CHECK(status(3, 4, 8, 1, raw) == LIGHTCONE_OK);
  CHECK(lightcone_control_done(raw) == 12);
  lightcone_control_cancel(raw);
  CHECK(status(3, 4, 8, 1, raw) == LIGHTCONE_CANCELLED);
}
