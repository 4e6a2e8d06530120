// SPDX-License-Identifier: Apache-2.0
// Label maps: argmax, areas, agreement, confusion and the band around boundaries, each against its plain form at
// sizes that straddle vectors, blocks and tiles.
#include "support.h"

using namespace support;

namespace {

template <class Label>
struct Maps {
  int64_t maps, points, stride;
  std::vector<Label> labels;

  Maps(int64_t m, int64_t p, int64_t gap = 0)
      : maps(m), points(p), stride(p + gap), labels(static_cast<size_t>(m * (p + gap)), 99) {}
  Label* row(int64_t m) { return labels.data() + m * stride; }
  lightcone_label_maps view() const {
    lightcone_label_maps v;
    lightcone_label_maps_init(&v);
    v.data = labels.data();
    v.maps = maps;
    v.points = points;
    v.stride_bytes = stride * static_cast<int64_t>(sizeof(Label));
    v.label_bytes = sizeof(Label);
    return v;
  }
};

template <class Label>
Maps<Label> random_maps(int64_t maps, int64_t points, int64_t classes, uint64_t seed, int64_t gap = 0) {
  Maps<Label> m(maps, points, gap);
  std::mt19937_64 random(seed);
  for (int64_t k = 0; k < maps; ++k)
    for (int64_t p = 0; p < points; ++p)
      m.row(k)[p] = static_cast<Label>(random() % static_cast<uint64_t>(classes));
  return m;
}

template <class T>
void check_argmax(int64_t rows, int64_t classes, int64_t gap, uint64_t seed) {
  CAPTURE(rows);
  CAPTURE(classes);
  std::mt19937_64 random(seed);
  const int64_t stride = classes + gap;
  std::vector<T> x(static_cast<size_t>(rows * stride), INFINITY);  // the gap must not be read as a class
  std::vector<int64_t> wanted(static_cast<size_t>(rows));
  for (int64_t r = 0; r < rows; ++r) {
    T* row = x.data() + r * stride;
    // Few values, so that most rows have ties; some rows are -inf but for one entry, or wholly.
    for (int64_t c = 0; c < classes; ++c) row[c] = static_cast<T>(static_cast<int>(random() % 5)) - 2;
    if (r % 7 == 3)
      for (int64_t c = 0; c < classes; ++c) row[c] = -INFINITY;
    if (r % 14 == 3) row[random() % static_cast<uint64_t>(classes)] = -1e30f;
    if (r % 11 == 5)
      for (int64_t c = 0; c < classes; ++c) row[c] = c % 2 == 0 ? T{-0.0} : T{0.0};
    int64_t best = 0;
    for (int64_t c = 1; c < classes; ++c)
      if (row[c] > row[best]) best = c;
    wanted[static_cast<size_t>(r)] = best;
  }
  lightcone_rows view;
  lightcone_rows_init(&view);
  view.data = x.data();
  view.dtype = sizeof(T) == 4 ? LIGHTCONE_FLOAT32 : LIGHTCONE_FLOAT64;
  view.rows = rows;
  view.width = classes;
  view.stride_bytes = stride * static_cast<int64_t>(sizeof(T));
  std::vector<uint16_t> wide(static_cast<size_t>(rows), 7);
  REQUIRE(lightcone_argmax(&view, 2, 2, nullptr, wide.data()) == LIGHTCONE_OK);
  for (size_t r = 0; r < wanted.size(); ++r) CHECK(wide[r] == wanted[r]);
  if (classes <= 256) {
    std::vector<uint8_t> narrow(static_cast<size_t>(rows), 7);
    REQUIRE(lightcone_argmax(&view, 1, 1, nullptr, narrow.data()) == LIGHTCONE_OK);
    for (size_t r = 0; r < wanted.size(); ++r) CHECK(narrow[r] == wanted[r]);
  }
  // A NaN anywhere is found and its row named; the first of two.
  for (const int64_t c : {int64_t{0}, classes / 2, classes - 1}) {
    const int64_t r = rows / 2;
    x[static_cast<size_t>(r * stride + c)] = NAN;
    x[static_cast<size_t>((rows - 1) * stride)] = NAN;
    CHECK(lightcone_argmax(&view, 2, 2, nullptr, wide.data()) == LIGHTCONE_INVALID_DATA);
    CHECK(std::string(lightcone_last_error()).find("row " + std::to_string(r) + " ") != std::string::npos);
    x[static_cast<size_t>(r * stride + c)] = 0;
  }
}

template <class Label>
void check_agreement(int64_t count, int64_t points, int64_t classes, int64_t gap) {
  CAPTURE(count);
  CAPTURE(points);
  CAPTURE(classes);
  Maps<Label> m = random_maps<Label>(count, points, classes, 5, gap);
  if (count > 2) std::copy(m.row(0), m.row(0) + points, m.row(2));  // equal maps agree everywhere
  std::mt19937_64 random(6);
  std::vector<uint8_t> mask(static_cast<size_t>(points));
  for (uint8_t& b : mask) b = static_cast<uint8_t>(random() % 3);
  const lightcone_label_maps view = m.view();
  for (const uint8_t* band : {static_cast<const uint8_t*>(nullptr), static_cast<const uint8_t*>(mask.data())}) {
    const auto counts = [&](int64_t p) { return band == nullptr || band[p] != 0; };
    std::vector<int64_t> out(static_cast<size_t>(count * count), -1), again(out);
    REQUIRE(lightcone_agreement(&view, 0, count, band, 2, nullptr, out.data()) == LIGHTCONE_OK);
    REQUIRE(lightcone_agreement(&view, 0, count, band, 1, nullptr, again.data()) == LIGHTCONE_OK);
    CHECK(out == again);
    // Bands of rows hold the same numbers from their first map on.
    for (const int64_t begin : {count / 3, count - 1}) {
      const int64_t end = std::min(count, begin + 2), columns = count - begin;
      std::vector<int64_t> rows(static_cast<size_t>((end - begin) * columns), -1);
      REQUIRE(lightcone_agreement(&view, begin, end, band, 2, nullptr, rows.data()) == LIGHTCONE_OK);
      for (int64_t i = begin; i < end; ++i)
        CHECK(std::equal(rows.begin() + (i - begin) * columns, rows.begin() + (i - begin + 1) * columns,
                         out.begin() + i * count + begin));
    }
    bool same = true;
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < count; ++j) {
        int64_t equal = 0;
        for (int64_t p = 0; p < points; ++p) equal += m.row(i)[p] == m.row(j)[p] && counts(p);
        same = same && out[static_cast<size_t>(i * count + j)] == equal;
      }
    CHECK(same);
    // Confusion of a few pairs, and the areas that are its sums.
    std::vector<int64_t> pairs = {0, count - 1, count - 1, 0, count / 2, count / 2};
    const int64_t cells = classes * classes;
    std::vector<int64_t> confusion(static_cast<size_t>(3 * cells), -1), areas(static_cast<size_t>(count * classes), -1);
    REQUIRE(lightcone_confusion(&view, classes, band, pairs.data(), 3, 2, nullptr, confusion.data()) == LIGHTCONE_OK);
    REQUIRE(lightcone_label_areas(&view, classes, band, 2, nullptr, areas.data()) == LIGHTCONE_OK);
    std::vector<int64_t> wanted(confusion.size()), wanted_areas(areas.size());
    for (int64_t p = 0; p < points; ++p) {
      if (!counts(p)) continue;
      for (int64_t k = 0; k < 3; ++k)
        ++wanted[static_cast<size_t>(k * cells + m.row(pairs[static_cast<size_t>(2 * k)])[p] * classes +
                                     m.row(pairs[static_cast<size_t>(2 * k + 1)])[p])];
      for (int64_t k = 0; k < count; ++k) ++wanted_areas[static_cast<size_t>(k * classes + m.row(k)[p])];
    }
    CHECK(confusion == wanted);
    CHECK(areas == wanted_areas);
  }
}

}  // namespace

TEST_CASE("labels: argmax takes the lowest of the largest and names a row with a NaN") {
  for (const int64_t classes : {1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 100, 256, 257, 1000})
    for (const int64_t rows : {1, 3, 255, 300}) {
      check_argmax<float>(rows, classes, 0, 1);
      check_argmax<double>(rows, classes, classes % 3, 2);
    }
  check_argmax<float>(3, 65536, 1, 3);
}

TEST_CASE("labels: argmax refuses labels that cannot hold the classes") {
  std::vector<float> x(300);
  std::vector<uint16_t> out(300);
  lightcone_rows view;
  lightcone_rows_init(&view);
  view.data = x.data();
  view.rows = 1;
  view.width = 257;
  view.stride_bytes = 257 * 4;
  CHECK(lightcone_argmax(&view, 1, 1, nullptr, out.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_argmax(&view, 2, 1, nullptr, out.data()) == LIGHTCONE_OK);
  CHECK(lightcone_argmax(&view, 3, 1, nullptr, out.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_argmax(&view, 2, 1, nullptr, reinterpret_cast<char*>(out.data()) + 1) ==
        LIGHTCONE_INVALID_ARGUMENT);
}

TEST_CASE("labels: agreement, confusion and areas count exactly") {
  for (const int64_t points : {1, 15, 16, 17, 63, 64, 65, 129, 2500, 4031, 4032, 4033, 4100}) {
    check_agreement<uint8_t>(5, points, 4, 0);
    check_agreement<uint16_t>(5, points, 4, 1);
  }
  for (const int64_t count : {1, 2, 3, 4, 6, 7, 8, 9, 127, 128, 129, 133}) check_agreement<uint8_t>(count, 300, 10, 3);
  check_agreement<uint8_t>(3, 140000, 10, 0);   // more than one task
  check_agreement<uint16_t>(3, 140000, 10, 0);
  check_agreement<uint8_t>(3, 300000, 200, 0);  // more than one piece, many classes
  check_agreement<uint16_t>(3, 70000, 300, 0);
  check_agreement<uint8_t>(3, 5000, 256, 0);
}

TEST_CASE("labels: 70,000 maps, whose pairs are beyond 32 bits") {
  const int64_t count = 70000, points = 3;
  Maps<uint8_t> m = random_maps<uint8_t>(count, points, 3, 15, 0);
  const lightcone_label_maps view = m.view();
  for (const int64_t begin : {int64_t{0}, int64_t{46400}, count - 3}) {
    const int64_t columns = count - begin;
    std::vector<int64_t> out(static_cast<size_t>(3 * columns), -1);
    REQUIRE(lightcone_agreement(&view, begin, begin + 3, nullptr, 2, nullptr, out.data()) == LIGHTCONE_OK);
    bool same = true;
    for (int64_t i = begin; i < begin + 3; ++i)
      for (int64_t j = begin; j < count; ++j) {
        int64_t equal = 0;
        for (int64_t p = 0; p < points; ++p) equal += m.row(i)[p] == m.row(j)[p];
        same = same && out[static_cast<size_t>((i - begin) * columns + j - begin)] == equal;
      }
    CHECK(same);
  }
}

TEST_CASE("labels: constant maps fill every counter") {
  // Every lane of every block counts to its maximum.
  for (const int64_t points : {4032, 8064, 12095}) {
    Maps<uint8_t> m(9, points);
    std::fill(m.labels.begin(), m.labels.end(), uint8_t{255});
    const lightcone_label_maps view = m.view();
    std::vector<int64_t> out(81);
    REQUIRE(lightcone_agreement(&view, 0, 9, nullptr, 1, nullptr, out.data()) == LIGHTCONE_OK);
    for (const int64_t count : out) CHECK(count == points);
  }
}

TEST_CASE("labels: a label that is no class is named, the first by map and point") {
  Maps<uint8_t> m = random_maps<uint8_t>(4, 300000, 10, 8);
  m.row(2)[299999] = 10;
  m.row(2)[70] = 12;
  m.row(3)[0] = 200;
  const lightcone_label_maps view = m.view();
  std::vector<int64_t> out(400);
  CHECK(lightcone_label_areas(&view, 10, nullptr, 2, nullptr, out.data()) == LIGHTCONE_INVALID_DATA);
  CHECK(std::string(lightcone_last_error()).find("map 2 has the label 12 at point 70") != std::string::npos);
  const std::vector<int64_t> pairs = {0, 3, 0, 2};
  CHECK(lightcone_confusion(&view, 10, nullptr, pairs.data(), 2, 2, nullptr, out.data()) == LIGHTCONE_INVALID_DATA);
  CHECK(std::string(lightcone_last_error()).find("map 2 has the label 12 at point 70") != std::string::npos);
  const std::vector<int64_t> good = {0, 1};
  CHECK(lightcone_confusion(&view, 10, nullptr, good.data(), 1, 2, nullptr, out.data()) == LIGHTCONE_OK);
  const std::vector<int64_t> outside = {0, 4};
  CHECK(lightcone_confusion(&view, 10, nullptr, outside.data(), 1, 2, nullptr, out.data()) ==
        LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_label_areas(&view, 257, nullptr, 2, nullptr, out.data()) == LIGHTCONE_INVALID_ARGUMENT);
  Maps<uint16_t> wide = random_maps<uint16_t>(2, 100, 300, 8);
  wide.row(1)[50] = 300;
  const lightcone_label_maps wide_view = wide.view();
  std::vector<int64_t> areas(600);
  CHECK(lightcone_label_areas(&wide_view, 300, nullptr, 1, nullptr, areas.data()) == LIGHTCONE_INVALID_DATA);
  CHECK(std::string(lightcone_last_error()).find("map 1 has the label 300 at point 50") != std::string::npos);
}

TEST_CASE("labels: the band around a boundary is every point near another label") {
  std::mt19937_64 random(9);
  for (const auto& [height, width] : {std::pair<int64_t, int64_t>{1, 1}, {1, 20}, {13, 1}, {17, 23}})
    for (const int64_t radius : {0, 1, 2, 3, 40}) {
      std::vector<uint8_t> map(static_cast<size_t>(height * width)), band(map.size(), 9);
      for (uint8_t& label : map) label = random() % 19 == 0;
      std::vector<uint8_t> wanted(map.size());
      const auto at = [&](int64_t y, int64_t x) { return map[static_cast<size_t>(y * width + x)]; };
      for (int64_t y = 0; y < height; ++y)
        for (int64_t x = 0; x < width; ++x) {
          bool near = false;
          for (int64_t v = std::max<int64_t>(0, y - radius); v <= std::min(height - 1, y + radius); ++v)
            for (int64_t u = std::max<int64_t>(0, x - radius); u <= std::min(width - 1, x + radius); ++u)
              near = near || at(v, u) != at(y, x);
          wanted[static_cast<size_t>(y * width + x)] = near;
        }
      REQUIRE(lightcone_boundary_band(map.data(), 1, height, width, radius, band.data()) == LIGHTCONE_OK);
      CHECK(band == wanted);
      const std::vector<uint16_t> wide(map.begin(), map.end());
      REQUIRE(lightcone_boundary_band(wide.data(), 2, height, width, radius, band.data()) == LIGHTCONE_OK);
      CHECK(band == wanted);
    }
  std::vector<uint8_t> band(12, 9);
  REQUIRE(lightcone_boundary_band(std::vector<uint8_t>(12).data(), 1, 3, 4, INT64_MAX, band.data()) == LIGHTCONE_OK);
  CHECK(band == std::vector<uint8_t>(12));
}

TEST_CASE("labels: wrong calls are refused") {
  Maps<uint16_t> m(2, 10);
  std::vector<int64_t> out(4);
  const auto status = [&](auto change) {
    lightcone_label_maps view = m.view();
    change(view);
    return lightcone_agreement(&view, 0, 2, nullptr, 1, nullptr, out.data());
  };
  CHECK(status([](lightcone_label_maps&) {}) == LIGHTCONE_OK);
  CHECK(status([](lightcone_label_maps& v) { v.size = 1; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.data = nullptr; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.data = static_cast<const char*>(v.data) + 1; }) ==
        LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.maps = 0; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.maps = INT64_MAX; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.points = INT64_MAX; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.points = 11; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.stride_bytes = -20; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.stride_bytes = 21; }) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(status([](lightcone_label_maps& v) { v.label_bytes = 4; }) == LIGHTCONE_INVALID_ARGUMENT);
}
