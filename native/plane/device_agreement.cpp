// SPDX-License-Identifier: Apache-2.0
// Agreement on a device, in pieces of points of all maps: labels become bits, and each pair's count grows by the piece's
// equal ones (cuda/plane/agreement.cu). The counts are whole numbers and depend on no order.
#include <algorithm>
#include <cstring>

#include "backend/device_pipe.h"
#include "plane/device_planes.h"

namespace lightcone {
namespace {

constexpr int64_t kPieceBytes = int64_t{64} << 20;
constexpr double kWordCost = 16;  // of 32 points of a pair, in multiply-adds
constexpr int64_t kMostRows = 32768;

}  // namespace

void device_agreement(const lightcone_label_maps& maps, const uint8_t* mask, const Place& place,
                      lightcone_control* control, int64_t* out) {
  const int64_t count = maps.maps, points = maps.points, label = maps.label_bytes;
  const int64_t blocks = (count + kAgreementMaps - 1) / kAgreementMaps, padded = blocks * kAgreementMaps;
  const Progress progress(control, count * count * points);
  const Device device(*place.choice.operations, place.choice.ordinal);
  if (place.device_input)
    require_device_memory(device, maps.data, (count - 1) * maps.stride_bytes + points * label, "maps.data");

  // A piece: twice the labels from the host, and the same in bits; whole words.
  const int64_t budget = std::min(place.device_input ? INT64_MAX : kPieceBytes, buffer_bytes(place, device) / 4);
  const int64_t words = std::clamp<int64_t>(budget / (32 * padded * label), 1,
                                            std::min<int64_t>((points + 31) / 32, int64_t{1} << 26));
  const int64_t piece = 32 * words, mask_at = place.device_input ? 0 : DevicePipe::rounded(count * piece * label);
  const int64_t in_bytes = mask_at + piece;  // labels, of the host; mask, always the host's
  const int64_t planes = 8 * label;
  const int64_t needed = 8 * count * count + 4 * words * (planes * padded + 1) + 2 * in_bytes, free = device.memory_free();
  if (needed > free)
    throw Error(LIGHTCONE_OUT_OF_MEMORY,
                format("agreement takes %.0f MiB on the device, which has %.0f free: give a smaller memory_bytes, compare "
                       "fewer maps at once (their counts take %.0f MiB), or use the device cpu",
                       static_cast<double>(needed) / (1 << 20), static_cast<double>(free) / (1 << 20),
                       static_cast<double>(8 * count * count) / (1 << 20)));

  const DeviceBuffer counts(device, 8 * count * count), bits(device, 4 * words * planes * padded),
      counted(device, 4 * words), used(device, 4);
  const DeviceStream stream(device);
  const DeviceEvent before(device);
  if (place.device_input) stream.follow(before, place.stream);
  stream.fill(counts.as<void>(), 0, 8 * count * count);
  const bool loads = !place.device_input || mask != nullptr;
  DeviceLaunches launches(device, stream, progress);
  DevicePipe pipe(device, stream, progress, loads ? in_bytes : 0, 0);
  const auto length_of = [&](int64_t k) { return std::min(piece, points - k * piece); };
  pipe.run(
      (points + piece - 1) / piece,
      [&](int64_t k, char* pinned) {
        if (!place.device_input)
          pack_rows(static_cast<const char*>(maps.data) + k * piece * label, maps.stride_bytes, count,
                    length_of(k) * label, pinned);
        if (mask == nullptr) return count * length_of(k) * label;
        std::memcpy(pinned + mask_at, mask + k * piece, static_cast<size_t>(length_of(k)));
        return mask_at + length_of(k);
      },
      [&](int64_t k, char* in, char*) {
        const int64_t length = length_of(k);
        stream.fill(used.as<void>(), 0, 4);
        DeviceAgreementBitsArgs to_bits{};
        to_bits.maps = place.device_input ? static_cast<const char*>(maps.data) + k * piece * label : in;
        to_bits.stride_bytes = place.device_input ? maps.stride_bytes : length * label;
        to_bits.mask = mask != nullptr ? reinterpret_cast<const uint8_t*>(in + mask_at) : nullptr;
        to_bits.label_bytes = maps.label_bytes;
        to_bits.count = count;
        to_bits.padded = padded;
        to_bits.points = length;
        to_bits.bits = bits.as<uint32_t>();
        to_bits.counted = counted.as<uint32_t>();
        to_bits.used = used.as<unsigned>();
        device.check(device.operations().plane.agreement_bits(&to_bits, stream.get()), "launch the bits of labels");
        DeviceAgreementPairsArgs pairs{};
        pairs.bits = to_bits.bits;
        pairs.counted = to_bits.counted;
        pairs.used = to_bits.used;
        pairs.planes = static_cast<int32_t>(planes);
        pairs.count = count;
        pairs.padded = padded;
        pairs.words = (length + 31) / 32;
        pairs.counts = counts.as<unsigned long long>();
        const double row = kWordCost * static_cast<double>(pairs.words * kAgreementMaps * padded);
        const int64_t rows = std::clamp<int64_t>(static_cast<int64_t>(kLaunchOperations / row), 1, kMostRows);
        for (int64_t i = 0; i < blocks; i += rows) {
          progress.check();
          pairs.row_begin = i;
          pairs.rows = std::min(rows, blocks - i);
          device.check(device.operations().plane.agreement_pairs(&pairs, stream.get()), "launch the agreement");
          launches.queued(std::min(pairs.rows * kAgreementMaps, count - i * kAgreementMaps) * count * length);
        }
        return int64_t{0};
      },
      [](int64_t, const char*) {});
  launches.finish();
  bring(device, stream, progress, out, counts.as<void>(), 8 * count * count);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = i + 1; j < count; ++j) out[j * count + i] = out[i * count + j];
}

}  // namespace lightcone
