// SPDX-License-Identifier: Apache-2.0
// Pieces of a call through a device: a piece is filled into one of two pinned buffers on a thread of its own and copied,
// while the device computes on the one before and the result of that one's predecessor comes back. Either way may be
// missing, where the caller's array is on the device.
#pragma once

#include <functional>

#include "backend/device.h"

namespace lightcone {

class DevicePipe {
 public:
  // Buffers of so many bytes, two each on host and device; 0: that way is not used.
  DevicePipe(const Device& device, const DeviceStream& compute, const Progress& progress, int64_t in_bytes,
             int64_t out_bytes);
  ~DevicePipe() { device_.operations().stream_synchronize(compute_.get()); }  // which works on these buffers
  DevicePipe(const DevicePipe&) = delete;
  DevicePipe& operator=(const DevicePipe&) = delete;

  // Fills the pinned buffer of piece k; returns the bytes to copy. Called on another thread.
  using Load = std::function<int64_t(int64_t k, char* pinned)>;
  // Queues on the compute stream what makes `out` of `in`; returns the bytes to bring back.
  using Use = std::function<int64_t(int64_t k, char* in, char* out)>;
  // Piece k is done: what came back, null if nothing does.
  using Store = std::function<void(int64_t k, const char* pinned)>;
  // The pieces 0 .. pieces - 1 in order; all is done at the end. A piece should take the device 20 ms at most.
  void run(int64_t pieces, const Load& load, const Use& use, const Store& store);

  static int64_t rounded(int64_t bytes) { return (bytes + 255) / 256 * 256; }  // for arrays inside a buffer

 private:
  struct Slot {
    Slot(const Device& device, int64_t in_bytes, int64_t out_bytes)
        : pinned_in(device, in_bytes),
          pinned_out(device, out_bytes),
          in(device, in_bytes),
          out(device, out_bytes),
          copied(device),
          used(device),
          brought(device) {}
    PinnedBuffer pinned_in, pinned_out;
    DeviceBuffer in, out;
    DeviceEvent copied, used, brought;
  };

  const Device& device_;
  const DeviceStream& compute_;
  const Progress& progress_;
  const bool loads_, brings_;
  Slot slots_[2];
  DeviceStream copies_, back_;  // last: end before the buffers they use
};

// Small arrays there and back, through pinned memory; done at the return.
void send(const Device& device, const DeviceStream& stream, const Progress& progress, void* to, const void* from,
          int64_t bytes);
void bring(const Device& device, const DeviceStream& stream, const Progress& progress, void* to, const void* from,
           int64_t bytes);

}  // namespace lightcone
