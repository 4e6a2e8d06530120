// SPDX-License-Identifier: Apache-2.0
#include "distance/device_feed.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <future>
#include <vector>

#include "base/gather.h"
#include "distance/panels.h"

namespace lightcone {

DeviceFeed::DeviceFeed(const Device& device, const DevicePlan& plan, const DeviceStream& compute, Team& team,
                       const Progress& progress)
    : device_(device),
      compute_(compute),
      team_(team),
      progress_(progress),
      slots_{Slot(device, plan.slot_bytes), Slot(device, plan.slot_bytes)},
      copies_(device) {}

void DeviceFeed::gather(const Predictions& table, const SourceLayout& layout, SampleRange chunk, char* to) const {
  const int64_t classes = layout.classes, length = chunk.count * classes;
  uint8_t* kinds = reinterpret_cast<uint8_t*>(to + layout.kinds_at(chunk.count));
  // So many models to a task that it is worth handing out: 256 KiB.
  const int64_t group = std::max<int64_t>(1, 262144 / (length * layout.element));
  std::vector<Predictions::Scratch> scratch(static_cast<size_t>(team_.size()));
  team_.run((layout.models + group - 1) / group, [&](int64_t task, int thread) {
    const int64_t end = std::min(layout.models, (task + 1) * group);
    for (int64_t model = task * group; model < end; ++model) {
      progress_.check();
      gather_rows(table, model, chunk, layout.element, scratch[static_cast<size_t>(thread)],
                  to + model * length * layout.element, kinds + model * chunk.count);
    }
  });
}

// On a thread of its own, beside the one that queues kernels.
void DeviceFeed::load(Slot& slot, const FeedTables& tables, SampleRange chunk) {
  device_.use();
  slot.copied.wait(progress_);  // the chunk before last has left the pinned buffer
  char* const pinned = slot.pinned.as<char>();
  double* scale = reinterpret_cast<double*>(pinned + tables.column_layout.scale_at(chunk.count));
  slot.log_scale = fill_scale(chunk, scale);
  gather(*tables.columns, tables.column_layout, chunk, pinned);
  int64_t bytes = tables.column_layout.bytes(chunk.count);
  if (tables.rows != nullptr) {
    std::memcpy(pinned + bytes + tables.row_layout.scale_at(chunk.count), scale, static_cast<size_t>(8 * chunk.count));
    gather(*tables.rows, tables.row_layout, chunk, pinned + bytes);
    bytes += tables.row_layout.bytes(chunk.count);
  }
  copies_.wait(slot.used);
  copies_.to_device(slot.memory.as<char>(), pinned, bytes);
  copies_.record(slot.copied);
}

DeviceSource DeviceFeed::source(const Slot& slot, const SourceLayout& layout, int64_t at, int64_t samples) const {
  const char* base = slot.memory.as<char>() + at;
  return {base,
          reinterpret_cast<const uint8_t*>(base + layout.kinds_at(samples)),
          reinterpret_cast<const double*>(base + layout.scale_at(samples)),
          layout.element == 8,
          layout.models,
          samples,
          layout.classes,
          blocks_of(layout.models) * kBlock};
}

double DeviceFeed::run(const FeedTables& tables, SampleRange all, int64_t length, const Step& ingest, const Step& use) {
  using Clock = std::chrono::steady_clock;
  double waited = 0;
  const auto chunk_at = [&](int64_t begin) { return slice(all, begin, std::min(length, all.count - begin)); };
  const auto begin_load = [&](int64_t begin) {
    return std::async(std::launch::async,
                      [this, &tables, chunk = chunk_at(begin), &slot = slots_[begin / length % 2]] {
                        load(slot, tables, chunk);
                      });
  };
  std::future<void> loaded = begin_load(0);
  for (int64_t begin = 0; begin < all.count; begin += length) {
    const Slot& slot = slots_[begin / length % 2];
    const Clock::time_point start = Clock::now();
    loaded.get();
    waited += std::chrono::duration<double>(Clock::now() - start).count();
    if (begin + length < all.count) loaded = begin_load(begin + length);
    const SampleRange chunk = chunk_at(begin);
    FedTables fed{};
    fed.columns = source(slot, tables.column_layout, 0, chunk.count);
    if (tables.rows != nullptr) fed.rows = source(slot, tables.row_layout, tables.column_layout.bytes(chunk.count), chunk.count);
    fed.log_scale = slot.log_scale;
    compute_.wait(slot.copied);
    ingest(chunk, fed);
    compute_.record(slot.used);
    use(chunk, fed);
  }
  return waited;
}

}  // namespace lightcone
