// SPDX-License-Identifier: Apache-2.0
// The table of a device library: the runtime's calls by the names of device_operations.h, and the kernels' launchers.
#include "backend/device_operations.h"

#include <cstring>

#include "cuda/base/kernel.h"
#include "cuda/distance/launchers.h"
#include "cuda/embed/launchers.h"
#include "cuda/geometry/launchers.h"
#include "cuda/plane/launchers.h"

namespace {

using lightcone::DeviceFacts;
using lightcone::DeviceOperations;

// Takes the error that the call itself caused out of the thread's state, so that it is not found again later.
int done(cudaError_t code) {
  if (code != cudaSuccess && code != cudaErrorNotReady) cudaGetLastError();
  return static_cast<int>(code);
}

cudaStream_t stream_of(void* stream) { return static_cast<cudaStream_t>(stream); }
cudaEvent_t event_of(void* event) { return static_cast<cudaEvent_t>(event); }

const char* text(int code) { return cudaGetErrorString(static_cast<cudaError_t>(code)); }
int count(int32_t* devices) {
  int found = 0;
  const int code = done(cudaGetDeviceCount(&found));
  *devices = code == 0 ? found : 0;
  return code;
}
int facts(int32_t device, DeviceFacts* out) {
  cudaDeviceProp properties;
  const int code = done(cudaGetDeviceProperties(&properties, device));
  if (code != 0) return code;
  *out = {};
  std::memcpy(out->name, properties.name, sizeof out->name - 1);
  out->memory_total = static_cast<int64_t>(properties.totalGlobalMem);
  out->major = properties.major;
  out->minor = properties.minor;
  out->multiprocessors = properties.multiProcessorCount;
  return 0;
}
int use(int32_t device) { return done(cudaSetDevice(device)); }
int memory_free(int64_t* bytes) {
  size_t free = 0, total = 0;
  const int code = done(cudaMemGetInfo(&free, &total));
  *bytes = static_cast<int64_t>(free);
  return code;
}

int allocate(int64_t bytes, void** out) { return done(cudaMalloc(out, static_cast<size_t>(bytes))); }
int release(void* memory) { return done(cudaFree(memory)); }
int allocate_pinned(int64_t bytes, void** out) { return done(cudaMallocHost(out, static_cast<size_t>(bytes))); }
int release_pinned(void* memory) { return done(cudaFreeHost(memory)); }

int stream_create(void** out) {
  cudaStream_t stream = nullptr;
  const int code = done(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  *out = stream;
  return code;
}
int stream_destroy(void* stream) { return done(cudaStreamDestroy(stream_of(stream))); }
int stream_wait(void* stream, void* event) { return done(cudaStreamWaitEvent(stream_of(stream), event_of(event), 0)); }
int stream_synchronize(void* stream) { return done(cudaStreamSynchronize(stream_of(stream))); }
int event_create(void** out) {
  cudaEvent_t event = nullptr;
  const int code = done(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  *out = event;
  return code;
}
int event_destroy(void* event) { return done(cudaEventDestroy(event_of(event))); }
int event_record(void* event, void* stream) { return done(cudaEventRecord(event_of(event), stream_of(stream))); }
int event_query(void* event) { return done(cudaEventQuery(event_of(event))); }

int copy_to_device(void* to, const void* from, int64_t bytes, void* stream) {
  return done(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyHostToDevice, stream_of(stream)));
}
int copy_to_host(void* to, const void* from, int64_t bytes, void* stream) {
  return done(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyDeviceToHost, stream_of(stream)));
}
int fill(void* to, int32_t byte, int64_t bytes, void* stream) {
  return done(cudaMemsetAsync(to, byte, static_cast<size_t>(bytes), stream_of(stream)));
}

int owner(const void* address, int32_t* device) {
  cudaPointerAttributes attributes;
  const int code = done(cudaPointerGetAttributes(&attributes, address));
  *device = code == 0 && attributes.type == cudaMemoryTypeDevice ? attributes.device : -1;
  return code;
}

#ifdef GPU_EMULATE
constexpr char kTarget[] = "emulated";
#else
#define LIGHTCONE_TEXT_OF(x) #x
#define LIGHTCONE_TEXT(x) LIGHTCONE_TEXT_OF(x)
constexpr char kTarget[] = "CUDA " LIGHTCONE_TEXT(__CUDACC_VER_MAJOR__) "." LIGHTCONE_TEXT(__CUDACC_VER_MINOR__);
#endif

const DeviceOperations kOperations = {
    lightcone::kDeviceOperationsVersion,
    0,
    sizeof(DeviceOperations),
    kTarget,
    text,
    count,
    facts,
    use,
    memory_free,
    allocate,
    release,
    allocate_pinned,
    release_pinned,
    stream_create,
    stream_destroy,
    stream_wait,
    stream_synchronize,
    event_create,
    event_destroy,
    event_record,
    event_query,
    copy_to_device,
    copy_to_host,
    fill,
    {lightcone::launch_panel, lightcone::launch_rows, lightcone::launch_product, lightcone::launch_mark,
     lightcone::launch_near, lightcone::launch_half_panel, lightcone::launch_half_product},
    {lightcone::launch_packed_product, lightcone::launch_column_sums, lightcone::launch_centre},
    owner,
    {lightcone::launch_progress_plane, lightcone::launch_progress_solve, lightcone::launch_geodesic_ends,
     lightcone::launch_geodesic_points},
    {lightcone::launch_plane_points, lightcone::launch_argmax, lightcone::launch_agreement_bits,
     lightcone::launch_agreement_pairs, lightcone::launch_components_small, lightcone::launch_components_large},
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const DeviceOperations* lightcone_device_operations(void) {
  return &kOperations;
}
