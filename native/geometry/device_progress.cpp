// SPDX-License-Identifier: Apache-2.0
// Progress on a device. Rows cross the bus in pieces, whatever models they belong to, and become coordinates in the
// plane of ignorance and truth, 24 bytes a row, kept for a group of models; with a group's last piece its models are
// searched, a block each. The bits depend on neither the pieces nor the groups.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "backend/device_pipe.h"
#include "base/gather.h"
#include "base/team.h"
#include "geometry/device_geometry.h"

namespace lightcone {
namespace {

constexpr int64_t kPieceBytes = int64_t{64} << 20;  // 1 ms of a fast bus
constexpr int64_t kMostModels = 65536;              // searched in one launch: milliseconds where samples are few
constexpr int64_t kTaskBytes = 262144;              // of rows that a thread gathers at once
constexpr int64_t kRowPlane = 3 * 8;

}  // namespace

Work progress_work(const Predictions& table) {
  const double numbers = static_cast<double>(table.models()) * static_cast<double>(table.samples()) *
                         static_cast<double>(table.classes());
  // A CPU thread was measured to take 4 GB of float32 rows a second, 25 multiply-adds a byte at the model's rate.
  return {100.0 * numbers, (table.wide() ? 8.0 : 4.0) * numbers, ""};
}

void device_progress(const Predictions& table, const int32_t* labels, const Place& place, lightcone_control* control,
                     double* out) {
  const int64_t models = table.models(), samples = table.samples(), classes = table.classes();
  const int64_t element = table.wide() ? 8 : 4;
  const Progress progress(control, models * samples);
  Team team(place.threads);
  const Device device(*place.choice.operations, place.choice.ordinal);

  const int64_t memory = buffer_bytes(place, device);
  const int64_t row_bytes = classes * element + 1;
  const int64_t group = std::clamp<int64_t>(memory / 2 / (kRowPlane * samples), 1, std::min(models, kMostModels));
  const int64_t piece =
      std::clamp<int64_t>(std::min(kPieceBytes, memory / 4) / row_bytes, 1, std::min(group * samples, int64_t{1} << 31));
  const int64_t kinds_at = DevicePipe::rounded(piece * classes * element);
  const int64_t slot = kinds_at + piece;
  const int64_t needed = 2 * slot + group * samples * kRowPlane + 4 * samples + 8 * models, free = device.memory_free();
  if (needed > free)
    throw Error(LIGHTCONE_OUT_OF_MEMORY,
                format("progress takes %.0f MiB on the device, which has %.0f free: give a smaller memory_bytes, or use "
                       "the device cpu (a model takes %.0f MiB)",
                       static_cast<double>(needed) / (1 << 20), static_cast<double>(free) / (1 << 20),
                       static_cast<double>(samples * kRowPlane) / (1 << 20)));

  const DeviceBuffer planes(device, group * samples * kRowPlane), device_labels(device, 4 * samples),
      found(device, 8 * models);
  const DeviceStream stream(device);
  send(device, stream, progress, device_labels.as<void>(), labels, 4 * samples);

  const int64_t group_pieces = (group * samples + piece - 1) / piece, groups = (models + group - 1) / group;
  const auto rows_of = [&](int64_t g) { return std::min(group, models - g * group) * samples; };
  const int64_t pieces = (groups - 1) * group_pieces + (rows_of(groups - 1) + piece - 1) / piece;
  struct Piece {
    int64_t group, begin, count;  // rows of the group
  };
  const auto piece_of = [&](int64_t k) {
    const int64_t g = k / group_pieces, begin = k % group_pieces * piece;
    return Piece{g, begin, std::min(piece, rows_of(g) - begin)};
  };
  std::vector<Predictions::Scratch> scratch(static_cast<size_t>(team.size()));
  const int64_t task_rows = std::max<int64_t>(1, kTaskBytes / row_bytes);
  const DeviceGeometryKernels& kernels = device.operations().geometry;
  const double theta = std::acos(1.0 / std::sqrt(static_cast<double>(classes)));

  DevicePipe pipe(device, stream, progress, slot, 0);
  pipe.run(
      pieces,
      [&](int64_t k, char* pinned) {
        const Piece p = piece_of(k);
        uint8_t* const kinds = reinterpret_cast<uint8_t*>(pinned + kinds_at);
        team.run((p.count + task_rows - 1) / task_rows, [&](int64_t task, int thread) {
          progress.check();
          const int64_t end = std::min(p.count, (task + 1) * task_rows);
          for (int64_t row = task * task_rows; row < end;) {
            const int64_t at = p.begin + row, sample = at % samples, count = std::min(end - row, samples - sample);
            gather_rows(table, p.group * group + at / samples, {sample, 1, count}, element,
                        scratch[static_cast<size_t>(thread)], pinned + row * classes * element, kinds + row);
            row += count;
          }
        });
        return kinds_at + p.count;
      },
      [&](int64_t k, char* in, char*) {
        const Piece p = piece_of(k);
        double* const a = planes.as<double>();
        double* const y = a + group * samples;
        double* const q = y + group * samples;
        DeviceProgressPlaneArgs plane{};
        plane.source = {in, reinterpret_cast<const uint8_t*>(in + kinds_at), nullptr, element == 8, 1, p.count, classes, 0};
        plane.labels = device_labels.as<int32_t>();
        plane.samples = samples;
        plane.first = p.begin;
        plane.a = a, plane.y = y, plane.q = q;
        device.check(kernels.progress_plane(&plane, stream.get()), "launch the planes of progress");
        if (p.begin + p.count == rows_of(p.group)) {
          const DeviceProgressSolveArgs solve{a,       y,     q, rows_of(p.group) / samples, samples,
                                              theta, found.as<double>() + p.group * group};
          device.check(kernels.progress_solve(&solve, stream.get()), "launch the search of progress");
        }
        return int64_t{0};
      },
      [&](int64_t k, const char*) { progress.add(piece_of(k).count); });
  bring(device, stream, progress, out, found.as<void>(), 8 * models);
}

}  // namespace lightcone
