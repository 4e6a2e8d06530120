// SPDX-License-Identifier: Apache-2.0
// Argmax on a device, in pieces of rows: those of the host cross the bus, those of the device stay where they are, and
// so do the labels.
#include <algorithm>
#include <cstring>

#include "backend/device_pipe.h"
#include "plane/device_planes.h"

namespace lightcone {
namespace {

constexpr int64_t kPieceBytes = int64_t{64} << 20;
constexpr int64_t kDeviceBytes = int64_t{16} << 30;  // read by one launch: some milliseconds

}  // namespace

void device_argmax(const lightcone_rows& rows, int32_t label_bytes, const Place& place, lightcone_control* control,
                   void* out) {
  const int64_t element = rows.dtype == LIGHTCONE_FLOAT32 ? 4 : 8, row_bytes = rows.width * element;
  const Progress progress(control, rows.rows);
  const Device device(*place.choice.operations, place.choice.ordinal);
  if (place.device_input)
    require_device_memory(device, rows.data, (rows.rows - 1) * rows.stride_bytes + row_bytes, "rows.data");
  if (place.device_output) require_device_memory(device, out, rows.rows * label_bytes, "out");
  const bool both = place.device_input && place.device_output;
  const int64_t budget = both ? kDeviceBytes : std::min(kPieceBytes, buffer_bytes(place, device) / 4);
  const int64_t piece = std::clamp<int64_t>(budget / row_bytes, 1, rows.rows);

  const DeviceBuffer bad(device, 8);
  const DeviceStream stream(device);
  const DeviceEvent before(device);
  if (place.device_input || place.device_output) stream.follow(before, place.stream);
  stream.fill(bad.as<void>(), 0xff, 8);
  DevicePipe pipe(device, stream, progress, place.device_input ? 0 : piece * row_bytes,
                  place.device_output ? 0 : piece * label_bytes);
  const auto count_of = [&](int64_t k) { return std::min(piece, rows.rows - k * piece); };
  pipe.run(
      (rows.rows + piece - 1) / piece,
      [&](int64_t k, char* pinned) {
        pack_rows(static_cast<const char*>(rows.data) + k * piece * rows.stride_bytes, rows.stride_bytes, count_of(k),
                  row_bytes, pinned);
        return count_of(k) * row_bytes;
      },
      [&](int64_t k, char* in, char* back) {
        DeviceArgmaxArgs args{};
        args.rows = place.device_input ? static_cast<const char*>(rows.data) + k * piece * rows.stride_bytes : in;
        args.wide = element == 8;
        args.label_bytes = label_bytes;
        args.count = count_of(k);
        args.classes = rows.width;
        args.row_stride = place.device_input ? rows.stride_bytes / element : rows.width;
        args.labels = place.device_output ? static_cast<char*>(out) + k * piece * label_bytes : back;
        args.first = k * piece;
        args.bad = bad.as<unsigned long long>();
        device.check(device.operations().plane.argmax(&args, stream.get()), "launch the argmax");
        return place.device_output ? 0 : args.count * label_bytes;
      },
      [&](int64_t k, const char* pinned) {
        if (!place.device_output)
          std::memcpy(static_cast<char*>(out) + k * piece * label_bytes, pinned,
                      static_cast<size_t>(count_of(k) * label_bytes));
        progress.add(count_of(k));
      });
  int64_t first = -1;
  bring(device, stream, progress, &first, bad.as<void>(), 8);
  if (first >= 0)
    throw Error(LIGHTCONE_INVALID_DATA, format("row %lld has a NaN and no largest class", (long long)first));
}

}  // namespace lightcone
