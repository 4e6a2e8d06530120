// SPDX-License-Identifier: Apache-2.0
// Geodesic points on a device: for each segment between two models, pieces of samples: their two rows cross the bus,
// become square roots and an angle, and then the points, straight to the caller's device memory or back to the host.
#include <algorithm>
#include <cstring>
#include <vector>

#include "backend/device_pipe.h"
#include "base/gather.h"
#include "base/team.h"
#include "geometry/device_geometry.h"

namespace lightcone {
namespace {

constexpr int64_t kPieceBytes = int64_t{64} << 20;

struct Piece {
  const GeodesicSegment* segment;
  int64_t point;         // first of this piece, of all
  int64_t points;        // of the segment in this piece
  int64_t begin, count;  // samples
};

}  // namespace

Work geodesic_work(const Predictions& table, int64_t points, bool device_output) {
  const double numbers =
      static_cast<double>(points) * static_cast<double>(table.samples()) * static_cast<double>(table.classes());
  // A number is 8 bytes that a CPU thread writes at some 4 GB a second, and that cross the bus where they go back.
  return {200.0 * numbers, device_output ? 0.0 : 8.0 * numbers, ""};
}

std::vector<GeodesicSegment> segments_of(const Reindexed& path, int64_t run) {
  std::vector<GeodesicSegment> segments;
  for (int64_t k = 0; k < path.points; ++k) {
    const size_t at = static_cast<size_t>(run * path.points + k);
    if (segments.empty() || segments.back().from != path.lower[at] || segments.back().to != path.upper[at])
      segments.push_back({path.lower[at], path.upper[at], 0});
    ++segments.back().points;
  }
  return segments;
}

void device_geodesics(const Predictions& table, const std::vector<GeodesicSegment>& segments, const double* t,
                      const Place& place, lightcone_control* control, double* out) {
  const int64_t samples = table.samples(), classes = table.classes(), element = table.wide() ? 8 : 4;
  int64_t points = 0;
  for (const GeodesicSegment& s : segments) points += s.points;
  const Progress progress(control, points * samples);
  Team team(place.threads);
  const Device device(*place.choice.operations, place.choice.ordinal);
  if (place.device_output) require_device_memory(device, out, 8 * points * samples * classes, "out");

  // Samples of a piece, and points at once: two rows and one point of each sample at least.
  const int64_t budget = std::min(kPieceBytes, buffer_bytes(place, device) / 8);
  const int64_t most_samples = std::clamp<int64_t>(budget / (32 * classes + 16), 1, samples);
  const int64_t point_bytes = 8 * most_samples * classes;
  const int64_t most_points = std::clamp<int64_t>(budget / point_bytes, 1, points);
  const int64_t kinds_at = DevicePipe::rounded(2 * most_samples * classes * element);

  std::vector<Piece> pieces;
  int64_t first = 0;
  for (const GeodesicSegment& segment : segments) {
    for (int64_t begin = 0; begin < samples; begin += most_samples)
      for (int64_t k = 0; k < segment.points; k += most_points)
        pieces.push_back({&segment, first + k, std::min(most_points, segment.points - k), begin,
                          std::min(most_samples, samples - begin)});
    first += segment.points;
  }

  const DeviceBuffer positions(device, 8 * points), roots(device, 16 * most_samples * classes),
      angles(device, 8 * most_samples);
  const DeviceStream stream(device);
  const DeviceEvent before(device);
  if (place.device_output) stream.follow(before, place.stream);
  send(device, stream, progress, positions.as<void>(), t, 8 * points);
  std::vector<Predictions::Scratch> scratch(static_cast<size_t>(team.size()));
  const DeviceGeometryKernels& kernels = device.operations().geometry;

  DevicePipe pipe(device, stream, progress, kinds_at + 2 * most_samples, place.device_output ? 0 : most_points * point_bytes);
  pipe.run(
      static_cast<int64_t>(pieces.size()),
      [&](int64_t k, char* pinned) {
        const Piece& p = pieces[static_cast<size_t>(k)];
        team.run(2, [&](int64_t end, int thread) {
          gather_rows(table, end == 0 ? p.segment->from : p.segment->to, {p.begin, 1, p.count}, element,
                      scratch[static_cast<size_t>(thread)], pinned + end * p.count * classes * element,
                      reinterpret_cast<uint8_t*>(pinned + kinds_at) + end * p.count);
        });
        return kinds_at + 2 * p.count;
      },
      [&](int64_t k, char* in, char* back) {
        const Piece& p = pieces[static_cast<size_t>(k)];
        DeviceGeodesicEndsArgs ends{};
        ends.source = {in, reinterpret_cast<const uint8_t*>(in + kinds_at), nullptr, element == 8, 2, p.count, classes, 0};
        ends.roots = roots.as<double>();
        ends.angle = angles.as<double>();
        device.check(kernels.geodesic_ends(&ends, stream.get()), "launch the ends of a geodesic");
        DeviceGeodesicPointsArgs args{};
        args.roots = ends.roots;
        args.angle = ends.angle;
        args.samples = p.count;
        args.classes = classes;
        args.t = positions.as<double>() + p.point;
        args.points = p.points;
        args.out = place.device_output ? out + (p.point * samples + p.begin) * classes : reinterpret_cast<double*>(back);
        args.out_samples = place.device_output ? samples : p.count;
        device.check(kernels.geodesic_points(&args, stream.get()), "launch the points of a geodesic");
        return place.device_output ? 0 : 8 * p.points * p.count * classes;
      },
      [&](int64_t k, const char* pinned) {
        const Piece& p = pieces[static_cast<size_t>(k)];
        const size_t bytes = static_cast<size_t>(8 * p.count * classes);
        for (int64_t point = 0; !place.device_output && point < p.points; ++point)
          std::memcpy(out + ((p.point + point) * samples + p.begin) * classes,
                      pinned + static_cast<size_t>(point) * bytes, bytes);
        progress.add(p.points * p.count);
      });
}

}  // namespace lightcone
