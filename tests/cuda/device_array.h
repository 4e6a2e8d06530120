// SPDX-License-Identifier: Apache-2.0
// Arrays in the device's memory as a caller of the engine would hold them, and places.
#pragma once

#include <cstring>

#include "backend/device_operations.h"
#include "device.h"

namespace support {

inline const lightcone::DeviceOperations& operations() {
  void* library = ::dlopen(std::getenv("LIGHTCONE_CUDA_LIBRARY"), RTLD_NOW | RTLD_NOLOAD);
  REQUIRE(library != nullptr);
  using Entry = const lightcone::DeviceOperations* (*)();
  const Entry entry = reinterpret_cast<Entry>(::dlsym(library, LIGHTCONE_DEVICE_ENTRY));
  ::dlclose(library);  // the engine keeps it
  REQUIRE((entry != nullptr));
  return *entry();
}

// A stream of the caller's.
class CallerStream {
 public:
  CallerStream() { REQUIRE(operations().stream_create(&stream_) == 0); }
  ~CallerStream() { operations().stream_destroy(stream_); }
  CallerStream(const CallerStream&) = delete;
  CallerStream& operator=(const CallerStream&) = delete;
  void* get() const { return stream_; }

 private:
  void* stream_ = nullptr;
};

template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(size_t count) : count_(count) {
    REQUIRE(operations().allocate(bytes(), &data_) == 0);
    REQUIRE(operations().allocate_pinned(bytes(), &pinned_) == 0);
  }
  // Filled by a copy that is queued on the stream and not waited for.
  DeviceArray(const std::vector<T>& from, const CallerStream& stream) : DeviceArray(from.size()) {
    std::memcpy(pinned_, from.data(), static_cast<size_t>(bytes()));
    REQUIRE(operations().copy_to_device(data_, pinned_, bytes(), stream.get()) == 0);
  }
  ~DeviceArray() {
    operations().release(data_);
    operations().release_pinned(pinned_);
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  T* get() const { return static_cast<T*>(data_); }
  std::vector<T> read() const {
    const CallerStream stream;
    REQUIRE(operations().copy_to_host(pinned_, data_, bytes(), stream.get()) == 0);
    REQUIRE(operations().stream_synchronize(stream.get()) == 0);
    const T* first = static_cast<const T*>(pinned_);
    return std::vector<T>(first, first + count_);
  }

 private:
  int64_t bytes() const { return static_cast<int64_t>(count_ * sizeof(T)); }
  size_t count_;
  void *data_ = nullptr, *pinned_ = nullptr;
};

inline lightcone_place place_on(int32_t device, int64_t memory_bytes = 0) {
  lightcone_place place;
  lightcone_place_init(&place);
  place.device = device;
  place.threads = 2;
  place.memory_bytes = memory_bytes;
  return place;
}

// Budgets that make one piece of a call, several, and the least that it takes.
const int64_t kBudgets[] = {0, 20000, 600};

}  // namespace support
