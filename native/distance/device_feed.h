// SPDX-License-Identifier: Apache-2.0
// Chunks of source rows on their way to a device: gathered by the team into one of two pinned buffers and copied on a
// stream of their own, while the device computes on the chunk before.
#pragma once

#include <functional>

#include "backend/device.h"
#include "base/team.h"
#include "distance/device_plan.h"

namespace lightcone {

// What is fed: the tables and how many of their first models. `rows` is null if they are the first columns.
struct FeedTables {
  const Predictions* rows;
  const Predictions* columns;
  SourceLayout row_layout, column_layout;
};

// A chunk of them on the device.
struct FedTables {
  DeviceSource rows, columns;
  double log_scale;            // sum_n log k_n^2
};

class DeviceFeed {
 public:
  DeviceFeed(const Device& device, const DevicePlan& plan, const DeviceStream& compute, Team& team,
             const Progress& progress);

  ~DeviceFeed() { device_.operations().stream_synchronize(compute_.get()); }  // which reads these buffers
  DeviceFeed(const DeviceFeed&) = delete;
  DeviceFeed& operator=(const DeviceFeed&) = delete;

  // For the chunks of `length` samples of `all` in order: ingest(chunk, fed) queues on the compute stream what reads the
  // source rows, then use(chunk, fed) the rest. Ends when all is queued. Returns the seconds it waited for rows.
  using Step = std::function<void(SampleRange chunk, const FedTables& fed)>;
  double run(const FeedTables& tables, SampleRange all, int64_t length, const Step& ingest, const Step& use);

  // The two pinned buffers of plan.slot_bytes, between runs.
  char* pinned(int which) const { return slots_[which].pinned.as<char>(); }

 private:
  struct Slot {
    Slot(const Device& device, int64_t bytes)
        : pinned(device, bytes), memory(device, bytes), copied(device), used(device) {}
    PinnedBuffer pinned;
    DeviceBuffer memory;
    DeviceEvent copied;  // from pinned to memory
    DeviceEvent used;    // memory is read
    double log_scale = 0;
  };

  void load(Slot& slot, const FeedTables& tables, SampleRange chunk);
  void gather(const Predictions& table, const SourceLayout& layout, SampleRange chunk, char* to) const;
  DeviceSource source(const Slot& slot, const SourceLayout& layout, int64_t at, int64_t samples) const;

  const Device& device_;
  const DeviceStream& compute_;
  Team& team_;
  const Progress& progress_;
  Slot slots_[2];
  DeviceStream copies_;  // last: ends before the buffers it fills
};

}  // namespace lightcone
