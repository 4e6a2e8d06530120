// SPDX-License-Identifier: Apache-2.0
// A device in use by one call, and its owners of memory, streams and events: every code is checked, and what is
// released is released whatever happened before.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "backend/device_operations.h"
#include "base/control.h"

namespace lightcone {

class Device {
 public:
  Device(const DeviceOperations& operations, int32_t ordinal);

  const DeviceOperations& operations() const { return operations_; }
  const DeviceFacts& facts() const { return facts_; }
  int32_t ordinal() const { return ordinal_; }
  int64_t memory_free() const;
  // On another thread than the one that made it, before that thread calls it.
  void use() const { check(operations_.use(ordinal_), "be used"); }

  // Throws for a code that is not 0: "<name> could not <what>: <why>".
  void check(int code, const char* what) const;

 private:
  const DeviceOperations& operations_;
  const int32_t ordinal_;
  DeviceFacts facts_{};
};

// Device memory (or pinned host memory) of a number of bytes.
template <bool kPinned>
class DeviceMemory {
 public:
  DeviceMemory(const Device& device, int64_t bytes) : device_(device) {
    if (bytes == 0) return;
    const DeviceOperations& ops = device.operations();
    device.check(kPinned ? ops.allocate_pinned(bytes, &data_) : ops.allocate(bytes, &data_),
                 kPinned ? "allocate pinned memory" : "allocate memory");
  }
  ~DeviceMemory() {
    if (data_ == nullptr) return;
    kPinned ? device_.operations().release_pinned(data_) : device_.operations().release(data_);
  }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  const Device& device_;
  void* data_ = nullptr;
};
using DeviceBuffer = DeviceMemory<false>;
using PinnedBuffer = DeviceMemory<true>;

class DeviceEvent {
 public:
  explicit DeviceEvent(const Device& device) : device_(device) {
    device.check(device.operations().event_create(&event_), "create an event");
  }
  ~DeviceEvent() { device_.operations().event_destroy(event_); }
  DeviceEvent(const DeviceEvent&) = delete;
  DeviceEvent& operator=(const DeviceEvent&) = delete;
  void* get() const { return event_; }

  // Waits on the host, looking for a cancel meanwhile.
  void wait(const Progress& progress) const;

 private:
  const Device& device_;
  void* event_ = nullptr;
};

// Its end waits for what was queued: destroy it before the memory that its work uses.
class DeviceStream {
 public:
  explicit DeviceStream(const Device& device) : device_(device) {
    device.check(device.operations().stream_create(&stream_), "create a stream");
  }
  ~DeviceStream() {
    device_.operations().stream_synchronize(stream_);
    device_.operations().stream_destroy(stream_);
  }
  DeviceStream(const DeviceStream&) = delete;
  DeviceStream& operator=(const DeviceStream&) = delete;
  void* get() const { return stream_; }

  void to_device(void* to, const void* from, int64_t bytes) const {
    device_.check(device_.operations().copy_to_device(to, from, bytes, stream_), "copy to the device");
  }
  void to_host(void* to, const void* from, int64_t bytes) const {
    device_.check(device_.operations().copy_to_host(to, from, bytes, stream_), "copy from the device");
  }
  void fill(void* to, int32_t byte, int64_t bytes) const {
    device_.check(device_.operations().fill(to, byte, bytes, stream_), "fill memory");
  }
  void record(const DeviceEvent& event) const {
    device_.check(device_.operations().event_record(event.get(), stream_), "record an event");
  }
  void wait(const DeviceEvent& event) const {
    device_.check(device_.operations().stream_wait(stream_, event.get()), "wait for an event");
  }
  // What follows on this stream waits for what a stream of the caller's holds now (null: the default stream).
  void follow(const DeviceEvent& event, void* other) const {
    device_.check(device_.operations().event_record(event.get(), other), "record an event");
    wait(event);
  }
  // After an event that stands behind all of it, so that it does not block for long.
  void synchronize() const { device_.check(device_.operations().stream_synchronize(stream_), "finish its work"); }

 private:
  const Device& device_;
  void* stream_ = nullptr;
};

// Work of bounded length queued on a stream, at most two pieces ahead: so that a cancel need not wait for long, and the
// device always has the next piece.
class DeviceLaunches {
 public:
  DeviceLaunches(const Device& device, const DeviceStream& stream, const Progress& progress)
      : stream_(stream), progress_(progress), events_{DeviceEvent(device), DeviceEvent(device)} {}

  // After queueing a piece: that so many units of progress are done with it. Waits for the piece before the last.
  void queued(int64_t units) {
    Piece& piece = pieces_[next_ % 2];
    stream_.record(events_[next_ % 2]);
    piece = {units, true};
    ++next_;
    wait(next_ % 2);
  }
  // Waits for everything that was queued on the stream.
  void finish() {
    queued(0);
    wait((next_ + 1) % 2);
  }

 private:
  struct Piece {
    int64_t units = 0;
    bool pending = false;
  };
  void wait(int64_t which) {
    Piece& piece = pieces_[which];
    if (!piece.pending) return;
    events_[which].wait(progress_);
    piece.pending = false;
    progress_.add(piece.units);
  }

  const DeviceStream& stream_;
  const Progress& progress_;
  DeviceEvent events_[2];
  Piece pieces_[2];
  int64_t next_ = 0;
};

// Multiply-adds of one piece: 15 ms on a device of 30 T FMA/s, 80 ms on one of 5.
constexpr double kLaunchOperations = 4e11;

}  // namespace lightcone
