// SPDX-License-Identifier: Apache-2.0
// All that crosses between liblightcone.so and a device library (liblightcone_cuda.so): one exported symbol that
// returns a table of C functions. No C++ type, no exception and no ownership crosses: buffers are device or pinned
// addresses, streams and events opaque pointers, kernel arguments plain structs.
//
// Every function returns 0 or an error code of the device, which text() explains. An error that a call itself caused
// (no memory, a bad launch) is cleared by it, so that the device stays usable.
//
// To add an operation: its argument struct and launcher pointer in <family>/device_kernels.h, its kernel and launcher
// in cuda/<family>/ (cuda/base/kernel.h says how kernels are written), a line in the table of
// cuda/base/operations.cu, and kDeviceOperationsVersion raised by one.
#pragma once

#include <cstdint>

#include "distance/device_kernels.h"
#include "embed/device_kernels.h"
#include "geometry/device_kernels.h"
#include "plane/device_kernels.h"

namespace lightcone {

constexpr int32_t kDeviceOperationsVersion = 3;

// Codes with a meaning to the host; they are CUDA's.
constexpr int kDeviceOutOfMemory = 2;
constexpr int kDeviceNotReady = 600;

struct DeviceFacts {
  char name[128];
  int64_t memory_total;
  int32_t major, minor;  // compute capability
  int32_t multiprocessors;
  int32_t reserved;
};

struct DeviceOperations {
  int32_t version;     // kDeviceOperationsVersion
  int32_t reserved;
  int64_t size;        // sizeof(DeviceOperations)
  const char* target;  // what the library was built for, for messages: "CUDA 13.0"

  const char* (*text)(int code);  // static storage
  int (*count)(int32_t* devices);
  int (*facts)(int32_t device, DeviceFacts* out);
  // Makes the device the calling thread's: the operations below act on it.
  int (*use)(int32_t device);
  int (*memory_free)(int64_t* bytes);

  int (*allocate)(int64_t bytes, void** out);         // device memory, aligned to 256 bytes, contents undefined
  int (*release)(void* memory);                       // waits for what uses it
  int (*allocate_pinned)(int64_t bytes, void** out);  // host memory that copies run beside kernels from
  int (*release_pinned)(void* memory);

  int (*stream_create)(void** out);
  int (*stream_destroy)(void* stream);
  int (*stream_wait)(void* stream, void* event);  // what follows on the stream waits for the event
  int (*stream_synchronize)(void* stream);        // also brings the errors of its kernels
  int (*event_create)(void** out);
  int (*event_destroy)(void* event);
  int (*event_record)(void* event, void* stream);
  int (*event_query)(void* event);  // 0, kDeviceNotReady, or the error of what came before it

  int (*copy_to_device)(void* to, const void* from, int64_t bytes, void* stream);
  int (*copy_to_host)(void* to, const void* from, int64_t bytes, void* stream);
  int (*fill)(void* to, int32_t byte, int64_t bytes, void* stream);

  DeviceDistanceKernels distance;
  DeviceEmbedKernels embed;

  // Which device's memory an address is; -1: none's.
  int (*owner)(const void* address, int32_t* device);
  DeviceGeometryKernels geometry;
  DevicePlaneKernels plane;
};

}  // namespace lightcone

// The one symbol of a device library.
#define LIGHTCONE_DEVICE_ENTRY "lightcone_device_operations"
extern "C" const lightcone::DeviceOperations* lightcone_device_operations(void);
