// SPDX-License-Identifier: Apache-2.0
#include "backend/device_pipe.h"

#include <algorithm>
#include <cstring>
#include <future>

namespace lightcone {
namespace {

// move(pinned, offset, bytes) for pieces of an array, each done before the next.
template <class Before, class Copy, class After>
void through_pinned(const Device& device, const DeviceStream& stream, const Progress& progress, int64_t bytes,
                    const Before& before, const Copy& copy, const After& after) {
  constexpr int64_t kPiece = int64_t{8} << 20;
  const PinnedBuffer pinned(device, std::min(kPiece, bytes));
  const DeviceEvent done(device);
  for (int64_t at = 0; at < bytes; at += kPiece) {
    const int64_t length = std::min(kPiece, bytes - at);
    before(pinned.as<char>(), at, length);
    copy(pinned.as<char>(), at, length);
    stream.record(done);
    try {
      done.wait(progress);
    } catch (...) {
      stream.synchronize();  // before the buffer goes
      throw;
    }
    after(pinned.as<char>(), at, length);
  }
}

}  // namespace

void send(const Device& device, const DeviceStream& stream, const Progress& progress, void* to, const void* from,
          int64_t bytes) {
  through_pinned(
      device, stream, progress, bytes,
      [&](char* pinned, int64_t at, int64_t length) {
        std::memcpy(pinned, static_cast<const char*>(from) + at, static_cast<size_t>(length));
      },
      [&](char* pinned, int64_t at, int64_t length) { stream.to_device(static_cast<char*>(to) + at, pinned, length); },
      [](char*, int64_t, int64_t) {});
}

void bring(const Device& device, const DeviceStream& stream, const Progress& progress, void* to, const void* from,
           int64_t bytes) {
  through_pinned(
      device, stream, progress, bytes, [](char*, int64_t, int64_t) {},
      [&](char* pinned, int64_t at, int64_t length) {
        stream.to_host(pinned, static_cast<const char*>(from) + at, length);
      },
      [&](char* pinned, int64_t at, int64_t length) {
        std::memcpy(static_cast<char*>(to) + at, pinned, static_cast<size_t>(length));
      });
}

DevicePipe::DevicePipe(const Device& device, const DeviceStream& compute, const Progress& progress, int64_t in_bytes,
                       int64_t out_bytes)
    : device_(device),
      compute_(compute),
      progress_(progress),
      loads_(in_bytes > 0),
      brings_(out_bytes > 0),
      slots_{Slot(device, in_bytes, out_bytes), Slot(device, in_bytes, out_bytes)},
      copies_(device),
      back_(device) {}

void DevicePipe::run(int64_t pieces, const Load& load, const Use& use, const Store& store) {
  const auto fill = [&](int64_t k) {
    Slot& slot = slots_[k % 2];
    device_.use();
    slot.copied.wait(progress_);  // the piece before last has left the pinned buffer
    const int64_t bytes = load(k, slot.pinned_in.as<char>());
    copies_.wait(slot.used);
    copies_.to_device(slot.in.as<char>(), slot.pinned_in.as<char>(), bytes);
    copies_.record(slot.copied);
  };
  const auto begin_fill = [&](int64_t k) { return std::async(std::launch::async, fill, k); };
  const auto finish = [&](int64_t k) {
    Slot& slot = slots_[k % 2];
    (brings_ ? slot.brought : slot.used).wait(progress_);
    store(k, slot.pinned_out.as<char>());
  };
  std::future<void> filled;
  if (loads_) filled = begin_fill(0);
  for (int64_t k = 0; k < pieces; ++k) {
    progress_.check();
    Slot& slot = slots_[k % 2];
    if (loads_) {
      filled.get();
      if (k + 1 < pieces) filled = begin_fill(k + 1);
      compute_.wait(slot.copied);
    }
    // Piece k - 2 is stored: its buffer may be written.
    const int64_t bytes = use(k, slot.in.as<char>(), slot.out.as<char>());
    compute_.record(slot.used);
    if (brings_) {
      back_.wait(slot.used);
      if (bytes > 0) back_.to_host(slot.pinned_out.as<char>(), slot.out.as<char>(), bytes);
      back_.record(slot.brought);
    }
    if (k > 0) finish(k - 1);
  }
  if (pieces > 0) finish(pieces - 1);
}

}  // namespace lightcone
