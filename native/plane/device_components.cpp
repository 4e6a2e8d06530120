// SPDX-License-Identifier: Apache-2.0
// Connected components on a device, in pieces of whole maps: small maps in one launch a piece, larger ones step by step
// (cuda/plane/components.cu). Results are the CPU's, to the last number.
#include <algorithm>
#include <cstring>

#include "backend/device_pipe.h"
#include "plane/device_planes.h"

namespace lightcone {
namespace {

constexpr int64_t kPieceBytes = int64_t{64} << 20;
constexpr int64_t kPiecePoints = int64_t{1} << 26;  // of one launch: some milliseconds

}  // namespace

void device_components(const lightcone_label_maps& maps, int64_t height, int64_t width, int connectivity,
                       int64_t minimum_area, const Place& place, lightcone_control* control,
                       const ComponentsOutput& out) {
  const int64_t points = maps.points, map_bytes = points * maps.label_bytes;
  const Progress progress(control, maps.maps * points);
  const Device device(*place.choice.operations, place.choice.ordinal);
  const bool ids_back = out.ids != nullptr && !place.device_output;
  if (place.device_input)
    require_device_memory(device, maps.data, (maps.maps - 1) * maps.stride_bytes + map_bytes, "maps.data");
  if (out.ids != nullptr && place.device_output) require_device_memory(device, out.ids, 4 * maps.maps * points, "ids");

  const bool small = points <= kSmallMapPoints;
  const int64_t area_bytes = out.areas != nullptr ? 8 * out.areas_capacity : 0;
  const int64_t free = device.memory_free();
  if (area_bytes > free / 4)
    throw Error(LIGHTCONE_OUT_OF_MEMORY,
                format("%lld areas of a map do not fit beside themselves on the device: ask for fewer, or use the device "
                       "cpu", (long long)out.areas_capacity));
  const int64_t in_map = place.device_input ? 0 : map_bytes, out_map = 8 + area_bytes + (ids_back ? 4 * points : 0);
  const int64_t scratch_map = small ? 0 : 8 * points;
  const int64_t budget = std::min(kPieceBytes, buffer_bytes(place, device) / 4);
  const int64_t piece = std::clamp<int64_t>(
      std::min(budget / std::max({in_map, out_map, scratch_map, int64_t{1}}), kPiecePoints / points), 1, maps.maps);
  const int64_t areas_at = DevicePipe::rounded(8 * piece), ids_at = areas_at + DevicePipe::rounded(area_bytes * piece);
  const int64_t out_bytes = ids_at + (ids_back ? 4 * points * piece : 0);
  const int64_t needed = 2 * (in_map * piece + out_bytes) + scratch_map * piece;
  if (needed > free)
    throw Error(LIGHTCONE_OUT_OF_MEMORY,
                format("components of a map of %lld points take %.0f MiB on the device, which has %.0f free: use the "
                       "device cpu, or fewer areas",
                       (long long)points, static_cast<double>(needed) / (1 << 20), static_cast<double>(free) / (1 << 20)));

  const DeviceBuffer parents(device, scratch_map / 2 * piece), areas_of(device, scratch_map / 2 * piece);
  const DeviceStream stream(device);
  const DeviceEvent before(device);
  if (place.device_input || place.device_output) stream.follow(before, place.stream);
  DevicePipe pipe(device, stream, progress, in_map * piece, out_bytes);
  const auto count_of = [&](int64_t k) { return std::min(piece, maps.maps - k * piece); };
  pipe.run(
      (maps.maps + piece - 1) / piece,
      [&](int64_t k, char* pinned) {
        pack_rows(row_of(maps, k * piece), maps.stride_bytes, count_of(k), map_bytes, pinned);
        return count_of(k) * map_bytes;
      },
      [&](int64_t k, char* in, char* back) {
        DeviceComponentsArgs args{};
        args.maps = place.device_input ? static_cast<const void*>(row_of(maps, k * piece)) : in;
        args.stride_bytes = place.device_input ? maps.stride_bytes : map_bytes;
        args.label_bytes = maps.label_bytes;
        args.diagonal = connectivity == 8;
        args.count = count_of(k);
        args.height = height;
        args.width = width;
        args.minimum = minimum_area;
        args.parents = parents.as<int32_t>();
        args.areas_of = areas_of.as<int32_t>();
        args.regions = reinterpret_cast<int64_t*>(back);
        args.areas = out.areas != nullptr ? reinterpret_cast<int64_t*>(back + areas_at) : nullptr;
        args.capacity = out.areas_capacity;
        if (out.ids != nullptr)
          args.ids = ids_back ? reinterpret_cast<int32_t*>(back + ids_at) : out.ids + k * piece * points;
        const DevicePlaneKernels& kernels = device.operations().plane;
        device.check(small ? kernels.components_small(&args, stream.get()) : kernels.components_large(&args, stream.get()),
                     "launch the components");
        return out_bytes;
      },
      [&](int64_t k, const char* pinned) {
        const int64_t first = k * piece, count = count_of(k);
        std::memcpy(out.regions + first, pinned, static_cast<size_t>(8 * count));
        if (out.areas != nullptr)
          std::memcpy(out.areas + first * out.areas_capacity, pinned + areas_at, static_cast<size_t>(area_bytes * count));
        if (ids_back)
          std::memcpy(out.ids + first * points, pinned + ids_at, static_cast<size_t>(4 * points * count));
        progress.add(count * points);
      });
}

}  // namespace lightcone
