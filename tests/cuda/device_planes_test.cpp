// SPDX-License-Identifier: Apache-2.0
// Planes and label maps on the device against the CPU engine and the definitions.
#include "device_array.h"

using namespace support;

namespace {

template <class T>
lightcone_rows rows_of(const std::vector<T>& data, int64_t width, int64_t stride) {
  lightcone_rows rows;
  lightcone_rows_init(&rows);
  rows.data = data.data();
  rows.rows = static_cast<int64_t>(data.size()) / stride;
  rows.width = width;
  rows.stride_bytes = stride * static_cast<int64_t>(sizeof(T));
  rows.dtype = sizeof(T) == 4 ? LIGHTCONE_FLOAT32 : LIGHTCONE_FLOAT64;
  return rows;
}

template <class Label>
lightcone_label_maps maps_of(const std::vector<Label>& data, int64_t points, int64_t stride) {
  lightcone_label_maps maps;
  lightcone_label_maps_init(&maps);
  maps.data = data.data();
  maps.maps = static_cast<int64_t>(data.size()) / stride;
  maps.points = points;
  maps.stride_bytes = stride * static_cast<int64_t>(sizeof(Label));
  maps.label_bytes = sizeof(Label);
  return maps;
}

lightcone_place in_place(lightcone_place place, bool input, bool output, const CallerStream& stream) {
  place.input = input ? LIGHTCONE_MEMORY_DEVICE : LIGHTCONE_MEMORY_HOST;
  place.output = output ? LIGHTCONE_MEMORY_DEVICE : LIGHTCONE_MEMORY_HOST;
  place.stream = stream.get();
  return place;
}

template <class T>
void check_points(int64_t width) {
  const int64_t images = 6, stride = width + 3, triplet_count = 4, out_stride = width + 1;
  std::mt19937_64 random(static_cast<uint64_t>(width));
  std::normal_distribution<double> normal;
  std::vector<T> data(static_cast<size_t>(images * stride));
  for (T& x : data) x = static_cast<T>(normal(random));
  const int64_t triplets[] = {0, 1, 2, 3, 4, 5, 5, 0, 2, 1, 4, 3};
  lightcone_rows rows = rows_of(data, width, stride);
  // A plane needs two numbers; those of width 1 are another layer's, on vertices of their own.
  double vertices[12] = {1, 0.25, 2, 3, -0.5, 1, 1, 1, 1, 2, 0.125, 3};
  if (width > 2)
    REQUIRE(lightcone_plane_vertices(&rows, triplets, triplet_count, 1, nullptr, vertices) == LIGHTCONE_OK);
  lightcone_plane_grid grid;
  lightcone_plane_grid_init(&grid);
  grid.s_points = 7, grid.t_points = 5;
  const int64_t begin = 11, points = 35 * 4 - 13;
  std::vector<float> wanted(static_cast<size_t>(points * out_stride), 9), cpu(wanted);
  for (int64_t k = 0; k < points; ++k) {
    const int64_t q = (begin + k) / 35, i = (begin + k) % 35;
    double s[7], t[5];
    REQUIRE(lightcone_plane_coordinates(vertices + 3 * q, &grid, s, t) == LIGHTCONE_OK);
    const volatile double b = t[i % 5] / vertices[3 * q + 2], shift = vertices[3 * q + 1] * b;
    const double a = (s[i / 5] - shift) / vertices[3 * q];
    const T* x[3];
    for (int c = 0; c < 3; ++c) x[c] = data.data() + triplets[3 * q + c] * stride;
    for (int64_t d = 0; d < width; ++d) {
      const double origin = static_cast<double>(x[0][d]);
      wanted[static_cast<size_t>(k * out_stride + d)] = static_cast<float>(
          std::fma(static_cast<double>(x[2][d]) - origin, b, std::fma(static_cast<double>(x[1][d]) - origin, a, origin)));
    }
  }
  REQUIRE(lightcone_plane_points(&rows, triplets, vertices, triplet_count, &grid, begin, points, 1, nullptr, cpu.data(),
                                 4 * out_stride) == LIGHTCONE_OK);
  for (const int64_t bytes : kBudgets)
    for (const bool input : {false, true})
      for (const bool output : {false, true}) {
        INFO("width " << width << ", " << bytes << " bytes, " << input << output);
        const CallerStream stream;
        const DeviceArray<T> there(data, stream);
        const DeviceArray<float> memory(std::vector<float>(wanted.size(), 9), stream);
        std::vector<float> host(wanted.size(), 9);
        lightcone_place place = in_place(place_on(LIGHTCONE_DEVICE_CUDA, bytes), input, output, stream);
        lightcone_rows source = rows;
        if (input) source.data = there.get();
        const lightcone_status status = lightcone_plane_points_at_place(
            &source, triplets, vertices, triplet_count, &grid, begin, points, &place, nullptr,
            output ? memory.get() : host.data(), 4 * out_stride);
        INFO(lightcone_last_error());
        REQUIRE(status == LIGHTCONE_OK);
        CHECK(place.ran == LIGHTCONE_DEVICE_CUDA);
        const std::vector<float> found = output ? memory.read() : host;
        CHECK(found == wanted);
        size_t apart = 0;  // a CPU without FMA: a rounding further
        for (size_t k = 0; k < found.size(); ++k)
          apart += !(std::fabs(found[k] - cpu[k]) <= 0x1p-23f * std::fabs(cpu[k]) + 1e-12f);
        CHECK(apart == 0);
      }
}

template <class T, class Label>
void check_argmax(int64_t rows, int64_t classes) {
  const int64_t stride = classes + 2;
  std::mt19937_64 random(static_cast<uint64_t>(classes));
  std::vector<T> data(static_cast<size_t>(rows * stride));
  for (T& x : data) x = static_cast<T>(random() % 7) - 3;  // ties
  for (int64_t c = 0; c < classes; ++c) data[static_cast<size_t>(c)] = -static_cast<T>(kInf);
  data[static_cast<size_t>(stride)] = -T{0};
  data[static_cast<size_t>((rows - 1) * stride + classes - 1)] = static_cast<T>(kInf);
  std::vector<Label> wanted(static_cast<size_t>(rows));
  const lightcone_rows source = rows_of(data, classes, stride);
  REQUIRE(lightcone_argmax(&source, sizeof(Label), 1, nullptr, wanted.data()) == LIGHTCONE_OK);
  for (const int64_t bytes : kBudgets)
    for (const bool input : {false, true})
      for (const bool output : {false, true}) {
        INFO(rows << " rows of " << classes << ", " << bytes << " bytes, " << input << output);
        const CallerStream stream;
        const DeviceArray<T> there(data, stream);
        const DeviceArray<Label> memory(wanted.size());
        std::vector<Label> host(wanted.size(), 9);
        lightcone_place place = in_place(place_on(LIGHTCONE_DEVICE_CUDA, bytes), input, output, stream);
        lightcone_rows view = source;
        if (input) view.data = there.get();
        void* const out = output ? static_cast<void*>(memory.get()) : host.data();
        const lightcone_status status = lightcone_argmax_at_place(&view, sizeof(Label), &place, nullptr, out);
        INFO(lightcone_last_error());
        REQUIRE(status == LIGHTCONE_OK);
        CHECK((output ? memory.read() : host) == wanted);
        if (input) continue;
        // The first row with a NaN is named, wherever it stands.
        for (const int64_t c : {int64_t{0}, classes - 1}) {
          std::vector<T> bad = data;
          bad[static_cast<size_t>((rows / 2) * stride + c)] = static_cast<T>(NAN);
          bad[static_cast<size_t>((rows - 1) * stride)] = static_cast<T>(NAN);
          view.data = bad.data();
          CHECK(lightcone_argmax_at_place(&view, sizeof(Label), &place, nullptr, out) == LIGHTCONE_INVALID_DATA);
          CHECK(std::string(lightcone_last_error()).find("row " + std::to_string(rows / 2) + " ") != std::string::npos);
        }
      }
}

template <class Label>
void check_agreement(int64_t maps, int64_t points, unsigned classes) {
  const int64_t stride = points + 5;
  std::mt19937_64 random(static_cast<uint64_t>(maps + points));
  std::vector<Label> data(static_cast<size_t>(maps * stride));
  for (Label& l : data) l = static_cast<Label>(random() % classes);
  std::vector<uint8_t> mask(static_cast<size_t>(points));
  for (uint8_t& m : mask) m = random() % 3 == 0 ? 0 : static_cast<uint8_t>(1 + random() % 255);
  const lightcone_label_maps source = maps_of(data, points, stride);
  for (const uint8_t* counted : {static_cast<const uint8_t*>(nullptr), static_cast<const uint8_t*>(mask.data())}) {
    std::vector<int64_t> wanted(static_cast<size_t>(maps * maps), -1);
    REQUIRE(lightcone_agreement(&source, 0, maps, counted, 1, nullptr, wanted.data()) == LIGHTCONE_OK);
    for (const int64_t bytes : {0, 200000, 600})
      for (const bool input : {false, true}) {
        // Of long maps, one piece and several.
        if (points > 3000 && (bytes == 600 || input != (bytes != 0))) continue;
        INFO(maps << " maps of " << points << ", " << bytes << " bytes, " << input);
        const CallerStream stream;
        const DeviceArray<Label> there(data, stream);
        std::vector<int64_t> found(wanted.size(), -1);
        lightcone_place place = in_place(place_on(LIGHTCONE_DEVICE_CUDA, bytes), input, false, stream);
        lightcone_label_maps view = source;
        if (input) view.data = there.get();
        const lightcone_status status = lightcone_agreement_at_place(&view, counted, &place, nullptr, found.data());
        INFO(lightcone_last_error());
        REQUIRE(status == LIGHTCONE_OK);
        CHECK(found == wanted);
      }
  }
}

template <class Label>
void check_components(const std::vector<Label>& data, int64_t height, int64_t width, int64_t stride) {
  const lightcone_label_maps source = maps_of(data, height * width, stride);
  const int64_t capacity = 3;
  for (const int32_t connectivity : {4, 8})
    for (const int64_t minimum : {1, 3}) {
      const size_t ids_count = static_cast<size_t>(source.maps * height * width), areas_count = static_cast<size_t>(source.maps * capacity);
      std::vector<int64_t> regions(static_cast<size_t>(source.maps)), areas(areas_count);
      std::vector<int32_t> ids(ids_count);
      REQUIRE(lightcone_components(&source, height, width, connectivity, minimum, 1, nullptr, regions.data(), ids.data(),
                                   areas.data(), capacity) == LIGHTCONE_OK);
      for (const int64_t bytes : kBudgets)
        for (const bool input : {false, true})
          for (const bool output : {false, true}) {
            INFO(source.maps << " maps " << height << " x " << width << ", " << bytes << " bytes, " << input << output);
            const CallerStream stream;
            const DeviceArray<Label> there(data, stream);
            const DeviceArray<int32_t> memory(ids_count);
            std::vector<int64_t> found(regions.size(), -7), found_areas(areas_count, -7);
            std::vector<int32_t> host(ids_count, -7);
            lightcone_place place = in_place(place_on(LIGHTCONE_DEVICE_CUDA, bytes), input, output, stream);
            lightcone_label_maps view = source;
            if (input) view.data = there.get();
            const lightcone_status status = lightcone_components_at_place(
                &view, height, width, connectivity, minimum, &place, nullptr, found.data(),
                output ? memory.get() : host.data(), found_areas.data(), capacity);
            INFO(lightcone_last_error());
            REQUIRE(status == LIGHTCONE_OK);
            CHECK(found == regions);
            CHECK(found_areas == areas);
            CHECK((output ? memory.read() : host) == ids);
            std::vector<int64_t> alone(regions.size(), -7);
            REQUIRE(lightcone_components_at_place(&view, height, width, connectivity, minimum, &place, nullptr,
                                                  alone.data(), nullptr, nullptr, 0) == LIGHTCONE_OK);
            CHECK(alone == regions);
          }
    }
}

template <class Label>
std::vector<Label> random_maps(int64_t maps, int64_t stride, unsigned classes, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Label> data(static_cast<size_t>(maps * stride));
  for (Label& l : data) l = static_cast<Label>(random() % classes * (sizeof(Label) == 2 ? 1000 : 1));
  return data;
}

// A line one point wide that winds through the map: the longest paths a forest has.
std::vector<uint8_t> serpent(int64_t height, int64_t width) {
  std::vector<uint8_t> map(static_cast<size_t>(height * width));
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      map[static_cast<size_t>(y * width + x)] = y % 2 == 0 || x == (y % 4 == 1 ? width - 1 : 0);
  return map;
}

}  // namespace

TEST_CASE("plane points are the CPU's with FMA, from and to either memory") {
  for (const int64_t width : {1, 5, 31, 256, 300}) {
    check_points<float>(width);
    check_points<double>(width);
  }
}

TEST_CASE("argmax is the CPU's, ties, infinities and NaNs, from and to either memory") {
  check_argmax<float, uint8_t>(300, 10);
  check_argmax<double, uint16_t>(17, 2);
  check_argmax<float, uint16_t>(9, 1000);
  check_argmax<double, uint8_t>(21, 33);
  check_argmax<float, uint8_t>(5, 256);
  check_argmax<float, uint8_t>(4, 32);
}

TEST_CASE("agreement is the CPU's count for count") {
  check_agreement<uint8_t>(1, 1, 1);
  check_agreement<uint8_t>(3, 31, 2);
  check_agreement<uint8_t>(65, 257, 10);
  check_agreement<uint8_t>(5, 17000, 256);  // more words than a block takes
  check_agreement<uint16_t>(7, 1001, 1000);
  check_agreement<uint16_t>(2, 64, 65536);
}

TEST_CASE("components are the CPU's, number for number, small maps and large") {
  for (const unsigned classes : {1u, 2u, 3u}) {
    check_components(random_maps<uint8_t>(9, 7 * 11 + 3, classes, classes), 7, 11, 7 * 11 + 3);
    check_components(random_maps<uint16_t>(3, 50 * 40, classes, 7 + classes), 50, 40, 50 * 40);
  }
  check_components(random_maps<uint8_t>(2, 70 * 67, 2, 5), 70, 67, 70 * 67);    // beyond shared memory
  check_components(random_maps<uint16_t>(1, 70 * 67, 3, 6), 70, 67, 70 * 67);
  check_components(random_maps<uint8_t>(4, 1, 2, 8), 1, 1, 1);
  check_components(random_maps<uint8_t>(2, 100, 2, 9), 100, 1, 100);
  check_components(random_maps<uint8_t>(2, 100, 2, 9), 1, 100, 100);
  check_components(serpent(64, 64), 64, 64, 64 * 64);  // the largest small map
  check_components(serpent(65, 66), 65, 66, 65 * 66);
}

TEST_CASE("what planes cannot do on a device is refused, and nothing is left behind") {
  const std::vector<uint8_t> data = random_maps<uint8_t>(6, 100, 3, 1);
  const lightcone_label_maps maps = maps_of(data, 100, 100);
  std::vector<int64_t> counts(36), regions(6), areas(6);
  lightcone_place place = place_on(LIGHTCONE_DEVICE_CUDA, 600);
  place.output = LIGHTCONE_MEMORY_DEVICE;
  CHECK(lightcone_agreement_at_place(&maps, nullptr, &place, nullptr, counts.data()) == LIGHTCONE_UNSUPPORTED);
  place.output = LIGHTCONE_MEMORY_HOST;
  place.input = LIGHTCONE_MEMORY_DEVICE;  // it is not
  CHECK(lightcone_agreement_at_place(&maps, nullptr, &place, nullptr, counts.data()) == LIGHTCONE_INVALID_ARGUMENT);
  CHECK(lightcone_components_at_place(&maps, 10, 10, 4, 1, &place, nullptr, regions.data(), nullptr, nullptr, 0) ==
        LIGHTCONE_INVALID_ARGUMENT);
  place.input = LIGHTCONE_MEMORY_HOST;
  LightconeEmulation* e = emulation();
  if (e == nullptr) return;
  const EmulationScope scope;
  const int64_t live = e->live;
  int failures = 0;
  for (int64_t LightconeEmulation::* what :
       {&LightconeEmulation::fail_allocation, &LightconeEmulation::fail_launch, &LightconeEmulation::fail_copy})
    for (int64_t nth = 1; nth < 40; ++nth)
      for (const bool agreement : {false, true}) {
        e->*what = nth;
        const lightcone_status status =
            agreement ? lightcone_agreement_at_place(&maps, nullptr, &place, nullptr, counts.data())
                      : lightcone_components_at_place(&maps, 10, 10, 4, 1, &place, nullptr, regions.data(), nullptr,
                                                      areas.data(), 1);
        const bool failed = e->*what == 0;
        failures += failed;
        CHECK((status != LIGHTCONE_OK) == failed);
        CHECK(e->live == live);
        e->*what = 0;
      }
  CHECK(failures > 40);
  e->memory_total = 200;  // the counts of six maps take 288
  CHECK(lightcone_agreement_at_place(&maps, nullptr, &place, nullptr, counts.data()) == LIGHTCONE_OUT_OF_MEMORY);
}
