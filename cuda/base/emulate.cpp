// SPDX-License-Identifier: Apache-2.0
// The emulated device of emulate.h: fibers, their scheduler, and the runtime's memory, streams and events. One lock
// serialises it all: a fiber never runs beside another.
#include "cuda/base/emulate.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda/base/emulation.h"

dim3 threadIdx, blockIdx, blockDim, gridDim;

// Saves the registers that a call preserves and the stack pointer in *from, and goes on at `to`.
extern "C" void lightcone_fiber_switch(void** from, void* to);
asm(R"(
.text
.type lightcone_fiber_switch, @function
lightcone_fiber_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size lightcone_fiber_switch, . - lightcone_fiber_switch
)");

namespace {

constexpr int kMostThreads = 1024, kWarp = 32;
constexpr size_t kStack = 64 << 10;

[[noreturn]] void die(const char* what) {
  std::fprintf(stderr, "emulated device: %s, block (%u, %u)\n", what, blockIdx.x, blockIdx.y);
  std::abort();
}

enum class State { kReady, kBlock, kWarp, kDone };

class Scheduler {
 public:
  Scheduler() {
    void* all = ::mmap(nullptr, kStack * kMostThreads, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) die("no memory for stacks");
    stacks_ = static_cast<char*>(all);
  }
  ~Scheduler() { ::munmap(stacks_, kStack * kMostThreads); }

  void grid(dim3 grid, dim3 block, const std::function<void()>& body) {
    gridDim = grid;
    blockDim = block;
    body_ = &body;
    for (unsigned z = 0; z < grid.z; ++z)
      for (unsigned y = 0; y < grid.y; ++y)
        for (unsigned x = 0; x < grid.x; ++x) {
          blockIdx = dim3(x, y, z);
          run_block(static_cast<int>(block.x * block.y * block.z));
        }
  }

  void wait(State state) {
    state_[running_] = state;
    lightcone_fiber_switch(&pointer_[running_], scheduler_);
  }
  uint64_t* slots() { return slots_[running_ / kWarp]; }
  unsigned lane() const { return static_cast<unsigned>(running_ % kWarp); }

 private:
  static void entry();

  void start(int thread) {
    // As lightcone_fiber_switch leaves a stack: six registers and where to return to.
    void** top = reinterpret_cast<void**>(stacks_ + kStack * (static_cast<size_t>(thread) + 1) - 64);
    for (int k = 0; k < 6; ++k) top[k] = nullptr;
    top[6] = reinterpret_cast<void*>(&Scheduler::entry);
    top[7] = nullptr;
    pointer_[thread] = top;
    state_[thread] = State::kReady;
  }

  void resume(int thread) {
    running_ = thread;
    const unsigned t = static_cast<unsigned>(thread);
    threadIdx = dim3(t % blockDim.x, t / blockDim.x % blockDim.y, t / blockDim.x / blockDim.y);
    lightcone_fiber_switch(&scheduler_, pointer_[thread]);
  }

  // All live threads of [begin, end) wait there: lets them go on.
  bool release(int begin, int end, State state) {
    bool some = false;
    for (int t = begin; t < end; ++t) {
      if (state_[t] != State::kDone && state_[t] != state) return false;
      some |= state_[t] == state;
    }
    if (!some) return false;
    for (int t = begin; t < end; ++t)
      if (state_[t] == state) state_[t] = State::kReady;
    return true;
  }

  void run_block(int threads) {
    for (int t = 0; t < threads; ++t) start(t);
    for (unsigned pass = blockIdx.x + blockIdx.y;; ++pass) {
      for (int k = 0; k < threads; ++k) {
        const int t = pass % 2 == 0 ? k : threads - 1 - k;
        if (state_[t] == State::kReady) resume(t);
      }
      bool more = false;
      for (int w = 0; w < threads; w += kWarp) more |= release(w, w + kWarp < threads ? w + kWarp : threads, State::kWarp);
      if (more || release(0, threads, State::kBlock)) continue;
      for (int t = 0; t < threads; ++t)
        if (state_[t] != State::kDone) die("the threads of a block wait at different barriers");
      return;
    }
  }

  char* stacks_;
  const std::function<void()>* body_ = nullptr;
  int running_ = 0;
  void* scheduler_ = nullptr;
  void* pointer_[kMostThreads];
  State state_[kMostThreads];
  uint64_t slots_[kMostThreads / kWarp][kWarp];
};

Scheduler scheduler;

void Scheduler::entry() {
  (*scheduler.body_)();
  scheduler.wait(State::kDone);
  die("a thread ran on after its end");
}

// ---- runtime --------------------------------------------------------------------------------

struct Stream;
// One recording of an event.
struct Mark {
  Stream* stream;
  bool done = false;
};
struct Event {
  std::shared_ptr<Mark> mark;
};
struct Stream {
  std::deque<std::function<void()>> queue;
};

LightconeEmulation make_emulation() {
  LightconeEmulation e{};
  const char* memory = std::getenv("LIGHTCONE_EMULATE_MEMORY");
  e.memory_total = memory != nullptr ? std::atoll(memory) : int64_t{1} << 30;
  return e;
}

std::recursive_mutex mutex;
using Lock = std::lock_guard<std::recursive_mutex>;
LightconeEmulation emulation = make_emulation();
std::map<void*, size_t> device_memory, pinned_memory;
std::map<Stream*, std::unique_ptr<Stream>> streams;
std::map<Event*, std::unique_ptr<Event>> events;
Stream default_stream;

bool fails(int64_t& countdown) { return countdown > 0 && --countdown == 0; }

void step(Stream* stream) {
  const std::function<void()> operation = std::move(stream->queue.front());
  stream->queue.pop_front();
  operation();
}
void drain(Stream* stream) {
  while (!stream->queue.empty()) step(stream);
}
void drain_all() {
  drain(&default_stream);
  for (auto& entry : streams) drain(entry.first);
}
Stream* known(void* stream) {
  if (stream == nullptr) return &default_stream;
  Stream* s = static_cast<Stream*>(stream);
  if (streams.count(s) == 0) die("a stream that does not exist");
  return s;
}
// The bytes lie in one allocation of that kind.
bool within(const std::map<void*, size_t>& memory, const void* address, size_t bytes) {
  auto it = memory.upper_bound(const_cast<void*>(address));
  if (it == memory.begin()) return false;
  --it;
  return static_cast<const char*>(address) + bytes <= static_cast<const char*>(it->first) + it->second;
}

int allocate(std::map<void*, size_t>& memory, void** out, size_t bytes, bool device) {
  const Lock lock(mutex);
  *out = nullptr;
  if (bytes == 0) return cudaSuccess;
  if (fails(emulation.fail_allocation)) return cudaErrorMemoryAllocation;
  const int64_t size = static_cast<int64_t>(bytes);
  if (device && size > emulation.memory_total - emulation.memory_used) return cudaErrorMemoryAllocation;
  if (::posix_memalign(out, 256, bytes) != 0) return cudaErrorMemoryAllocation;
  std::memset(*out, 0xff, bytes);  // NaNs
  memory[*out] = bytes;
  ++emulation.live;
  if (device) {
    emulation.memory_used += size;
    if (emulation.memory_used > emulation.most_memory_used) emulation.most_memory_used = emulation.memory_used;
  }
  return cudaSuccess;
}

int release(std::map<void*, size_t>& memory, void* address, bool device) {
  const Lock lock(mutex);
  if (address == nullptr) return cudaSuccess;
  drain_all();
  const auto it = memory.find(address);
  if (it == memory.end()) return cudaErrorInvalidValue;
  if (device) emulation.memory_used -= static_cast<int64_t>(it->second);
  memory.erase(it);
  std::free(address);
  --emulation.live;
  return cudaSuccess;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) LightconeEmulation* lightcone_emulation(void) { return &emulation; }

namespace emulate {

void wait_block() { scheduler.wait(State::kBlock); }
void wait_warp() { scheduler.wait(State::kWarp); }
uint64_t* warp_slots() { return scheduler.slots(); }
unsigned lane() { return scheduler.lane(); }

int queue(void* stream, dim3 grid, dim3 block, std::function<void()> body) {
  const Lock lock(mutex);
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (threads == 0 || threads > kMostThreads || threads % kWarp != 0 || grid.x == 0 || grid.y == 0 || grid.z == 0 ||
      grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535)
    return cudaErrorInvalidConfiguration;
  ++emulation.launches;
  if (fails(emulation.fail_launch)) return cudaErrorLaunchOutOfResources;
  known(stream)->queue.push_back([=] { scheduler.grid(grid, block, body); });
  return cudaSuccess;
}

}  // namespace emulate

const char* cudaGetErrorString(cudaError_t code) {
  switch (code) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case 35: return "CUDA driver version is insufficient for CUDA runtime version";
    case 100: return "no CUDA-capable device is detected";
    case cudaErrorNotReady: return "device not ready";
    case cudaErrorLaunchOutOfResources: return "too many resources requested for launch";
    default: return "unknown error";
  }
}
cudaError_t cudaGetLastError() { return cudaSuccess; }

cudaError_t cudaGetDeviceCount(int* count) {
  *count = emulation.device_error == 0 ? 1 : 0;
  return emulation.device_error;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* out, int device) {
  if (device != 0) return cudaErrorInvalidValue;
  *out = {};
  std::snprintf(out->name, sizeof out->name, "emulated device");
  out->totalGlobalMem = static_cast<size_t>(emulation.memory_total);
  out->major = 9;
  out->multiProcessorCount = emulation.multiprocessors;
  return cudaSuccess;
}
int most_shared_memory() { return emulation.shared_memory > 0 ? emulation.shared_memory : 232448; }
cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : cudaErrorInvalidValue; }
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  const Lock lock(mutex);
  *total = static_cast<size_t>(emulation.memory_total);
  *free = static_cast<size_t>(emulation.memory_total - emulation.memory_used);
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** out, size_t bytes) { return allocate(device_memory, out, bytes, true); }
cudaError_t cudaFree(void* memory) { return release(device_memory, memory, true); }
cudaError_t cudaMallocHost(void** out, size_t bytes) { return allocate(pinned_memory, out, bytes, false); }
cudaError_t cudaFreeHost(void* memory) { return release(pinned_memory, memory, false); }

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* out, const void* address) {
  const Lock lock(mutex);
  *out = {within(device_memory, address, 1)   ? cudaMemoryTypeDevice
          : within(pinned_memory, address, 1) ? cudaMemoryTypeHost
                                              : cudaMemoryTypeUnregistered,
          0};
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* out, unsigned) {
  const Lock lock(mutex);
  if (fails(emulation.fail_allocation)) return cudaErrorMemoryAllocation;
  auto stream = std::make_unique<Stream>();
  Stream* const s = stream.get();
  streams[s] = std::move(stream);
  *out = s;
  ++emulation.live;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  const Lock lock(mutex);
  Stream* const s = known(stream);
  drain(s);
  streams.erase(s);
  --emulation.live;
  return cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  const Lock lock(mutex);
  const std::shared_ptr<Mark> mark = static_cast<Event*>(event)->mark;
  if (mark)
    known(stream)->queue.push_back([mark] {
      while (!mark->done) step(mark->stream);
    });
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const Lock lock(mutex);
  drain(known(stream));
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* out, unsigned) {
  const Lock lock(mutex);
  if (fails(emulation.fail_allocation)) return cudaErrorMemoryAllocation;
  auto event = std::make_unique<Event>();
  Event* const e = event.get();
  events[e] = std::move(event);
  *out = e;
  ++emulation.live;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  const Lock lock(mutex);
  if (events.erase(static_cast<Event*>(event)) == 0) return cudaErrorInvalidValue;
  --emulation.live;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  const Lock lock(mutex);
  const auto mark = std::make_shared<Mark>();
  mark->stream = known(stream);
  static_cast<Event*>(event)->mark = mark;
  mark->stream->queue.push_back([mark] { mark->done = true; });
  return cudaSuccess;
}
cudaError_t cudaEventQuery(cudaEvent_t event) {
  const Lock lock(mutex);
  const std::shared_ptr<Mark> mark = static_cast<Event*>(event)->mark;
  if (!mark || mark->done) return cudaSuccess;
  step(mark->stream);  // time passes
  return cudaErrorNotReady;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const Lock lock(mutex);
  ++emulation.copies;
  if (fails(emulation.fail_copy)) return cudaErrorInvalidValue;
  const bool in = kind == cudaMemcpyHostToDevice;
  // Pinned on the host's side: a copy from pageable memory does not run beside a kernel.
  if (!within(device_memory, in ? to : from, bytes) || !within(pinned_memory, in ? from : to, bytes))
    return cudaErrorInvalidValue;
  known(stream)->queue.push_back([=] { std::memcpy(to, from, bytes); });
  if (emulation.eager_copies != 0) drain(known(stream));
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  const Lock lock(mutex);
  if (!within(device_memory, to, bytes)) return cudaErrorInvalidValue;
  known(stream)->queue.push_back([=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}
