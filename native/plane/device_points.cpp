// SPDX-License-Identifier: Apache-2.0
// Points of planes on a device, in pieces of points. With a piece go the grids' coordinates and vertices of its planes
// and, where the rows are the host's, three rows for each; the points stay in the caller's device memory or come back.
#include <algorithm>
#include <cstring>

#include "backend/device_pipe.h"
#include "plane/device_planes.h"

namespace lightcone {
namespace {

constexpr int64_t kPieceBytes = int64_t{64} << 20;
constexpr int64_t kDevicePoints = int64_t{1} << 32;  // numbers of one launch: 16 GB, some milliseconds

}  // namespace

void device_plane_points(const lightcone_rows& rows, const int64_t* triplets, const double* vertices,
                         const lightcone_plane_grid& grid, int64_t begin, int64_t points, const Place& place,
                         lightcone_control* control, float* out, int64_t out_stride) {
  const int64_t per_plane = grid.s_points * grid.t_points, width = rows.width, end = begin + points;
  const int64_t element = rows.dtype == LIGHTCONE_FLOAT32 ? 4 : 8;
  // All of them first: a wrong call writes nothing.
  for (int64_t q = begin / per_plane; q * per_plane < end; ++q) require_vertices(vertices + 3 * q, q);
  const Progress progress(control, points);
  if (points == 0) return;
  const Device device(*place.choice.operations, place.choice.ordinal);
  if (place.device_input)
    require_device_memory(device, rows.data, (rows.rows - 1) * rows.stride_bytes + width * element, "rows.data");
  if (place.device_output) require_device_memory(device, out, 4 * ((points - 1) * out_stride + width), "out");

  // A plane takes of a piece: triplet, vertices, coordinates and, from the host, its rows.
  const int64_t plane_bytes = 48 + 8 * (grid.s_points + grid.t_points) + (place.device_input ? 0 : 3 * width * element);
  const int64_t budget = std::min(kPieceBytes, buffer_bytes(place, device) / 4);
  const int64_t most_planes = std::max<int64_t>(1, budget / plane_bytes);
  const int64_t fit = place.device_output ? kDevicePoints / width : budget / (4 * width);
  const int64_t by_planes = most_planes > 1 && per_plane <= INT64_MAX / most_planes ? (most_planes - 1) * per_plane : 1;
  // So many points touch at most most_planes planes; a piece of one plane's points is never cut for that.
  const int64_t piece = std::clamp<int64_t>(std::min(fit, std::max(by_planes, per_plane)), 1, points);
  const int64_t planes = std::min((piece + per_plane - 1) / per_plane + 1, (end - 1) / per_plane - begin / per_plane + 1);

  const auto planes_of = [&](int64_t k, int64_t* first) {
    const int64_t from = begin + k * piece, to = std::min(end, from + piece);
    *first = from / per_plane;
    return (to - 1) / per_plane - *first + 1;
  };
  const int64_t vertices_at = DevicePipe::rounded(24 * planes);
  const int64_t s_at = vertices_at + DevicePipe::rounded(24 * planes);
  const int64_t t_at = s_at + DevicePipe::rounded(8 * planes * grid.s_points);
  const int64_t rows_at = t_at + DevicePipe::rounded(8 * planes * grid.t_points);
  const int64_t in_bytes = rows_at + (place.device_input ? 0 : 3 * planes * width * element);

  const DeviceStream stream(device);
  const DeviceEvent before(device);
  if (place.device_input || place.device_output) stream.follow(before, place.stream);
  DevicePipe pipe(device, stream, progress, in_bytes, place.device_output ? 0 : 4 * piece * width);
  pipe.run(
      (points + piece - 1) / piece,
      [&](int64_t k, char* pinned) {
        int64_t first = 0;
        const int64_t count = planes_of(k, &first);
        int64_t* const names = reinterpret_cast<int64_t*>(pinned);
        std::memcpy(pinned + vertices_at, vertices + 3 * first, static_cast<size_t>(24 * count));
        for (int64_t q = 0; q < count; ++q) {
          plane_coordinates(vertices + 3 * (first + q), grid,
                            reinterpret_cast<double*>(pinned + s_at) + q * grid.s_points,
                            reinterpret_cast<double*>(pinned + t_at) + q * grid.t_points);
          for (int64_t c = 0; c < 3; ++c) {
            const int64_t image = triplets[3 * (first + q) + c];
            names[3 * q + c] = place.device_input ? image : 3 * q + c;
            if (!place.device_input)
              std::memcpy(pinned + rows_at + (3 * q + c) * width * element,
                          static_cast<const char*>(rows.data) + image * rows.stride_bytes,
                          static_cast<size_t>(width * element));
          }
        }
        return in_bytes;
      },
      [&](int64_t k, char* in, char* back) {
        int64_t first = 0;
        planes_of(k, &first);
        const int64_t from = begin + k * piece;
        DevicePlanePointsArgs args{};
        args.rows = place.device_input ? rows.data : in + rows_at;
        args.wide = element == 8;
        args.width = width;
        args.row_stride = place.device_input ? rows.stride_bytes / element : width;
        args.triplets = reinterpret_cast<const int64_t*>(in);
        args.vertices = reinterpret_cast<const double*>(in + vertices_at);
        args.s = reinterpret_cast<const double*>(in + s_at);
        args.t = reinterpret_cast<const double*>(in + t_at);
        args.s_points = grid.s_points;
        args.t_points = grid.t_points;
        args.begin = from - first * per_plane;
        args.points = std::min(piece, end - from);
        args.out = place.device_output ? out + (from - begin) * out_stride : reinterpret_cast<float*>(back);
        args.out_stride = place.device_output ? out_stride : width;
        device.check(device.operations().plane.points(&args, stream.get()), "launch the points of planes");
        return place.device_output ? 0 : 4 * args.points * width;
      },
      [&](int64_t k, const char* pinned) {
        const int64_t from = k * piece, count = std::min(piece, points - from);
        if (!place.device_output)
          for (int64_t p = 0; p < count; ++p)
            std::memcpy(out + (from + p) * out_stride, pinned + 4 * p * width, static_cast<size_t>(4 * width));
        progress.add(count);
      });
}

}  // namespace lightcone
