// SPDX-License-Identifier: Apache-2.0
#include "backend/backend.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <mutex>

#include "base/error.h"

namespace lightcone {
namespace {

constexpr char kLibrary[] = "liblightcone_cuda.so";
constexpr int kNoDriver = 35, kNoDevice = 100;  // CUDA's codes
constexpr int32_t kLeastMajor = 8;              // compute capability of the least target

// A library stays loaded until the process ends: its kernels may be in use, and CUDA does not unload well.
const DeviceOperations* open_library(const std::string& path) {
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* why = ::dlerror();
    throw Error(LIGHTCONE_IO, format("cannot load %s: %s", path.c_str(), why != nullptr ? why : "unknown reason"));
  }
  using Entry = const DeviceOperations* (*)();
  const Entry entry = reinterpret_cast<Entry>(::dlsym(library, LIGHTCONE_DEVICE_ENTRY));
  if (entry == nullptr)
    throw Error(LIGHTCONE_UNSUPPORTED, format("%s is not a device library of Lightcone", path.c_str()));
  const DeviceOperations* operations = entry();
  if (operations->version != kDeviceOperationsVersion || operations->size != static_cast<int64_t>(sizeof *operations))
    throw Error(LIGHTCONE_UNSUPPORTED,
                format("%s belongs to another version of Lightcone: install the one of %s", path.c_str(),
                       LIGHTCONE_VERSION));
  return operations;
}

std::string found_library() {
  const char* named = std::getenv("LIGHTCONE_CUDA_LIBRARY");
  if (named != nullptr && *named != '\0') return named;
  Dl_info self;
  if (::dladdr(reinterpret_cast<const void*>(&open_library), &self) == 0 || self.dli_fname == nullptr) return "";
  const std::string own(self.dli_fname);
  const size_t slash = own.rfind('/');
  const std::string beside = (slash == std::string::npos ? "" : own.substr(0, slash + 1)) + kLibrary;
  return ::access(beside.c_str(), R_OK) == 0 ? beside : "";
}

class Registry {
 public:
  void load(const char* path) {
    const DeviceOperations* operations = open_library(path);
    const std::lock_guard<std::mutex> lock(mutex_);
    operations_ = operations;
    looked_ = true;
    why_not_.clear();
  }

  const DeviceOperations* operations(std::string* why_not) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!looked_) {
      looked_ = true;
      const std::string path = found_library();
      if (path.empty()) {
        why_not_ = format("there is no %s beside the engine's library, and LIGHTCONE_CUDA_LIBRARY names none", kLibrary);
      } else {
        try {
          operations_ = open_library(path);
        } catch (const Error& error) {
          why_not_ = error.what();
        }
      }
    }
    *why_not = why_not_;
    return operations_;
  }

 private:
  std::mutex mutex_;
  bool looked_ = false;
  const DeviceOperations* operations_ = nullptr;
  std::string why_not_;
};

Registry& registry() {
  static Registry only;
  return only;
}

}  // namespace

void load_backend(const char* path) { registry().load(path); }

DeviceBackend device_backend() {
  DeviceBackend backend;
  const DeviceOperations* operations = registry().operations(&backend.reason);
  if (operations == nullptr) return backend;
  int32_t count = 0;
  const int code = operations->count(&count);
  if (code != 0 || count == 0) {
    const char* text = operations->text(code != 0 ? code : kNoDevice);
    backend.reason = code == kNoDriver ? format("no usable NVIDIA driver (%s): install or update it", text)
                                       : format("no GPU that %s sees: %s", operations->target, text);
    return backend;
  }
  for (int32_t device = 0; device < count; ++device) {
    DeviceFacts facts{};
    const int bad = operations->facts(device, &facts);
    if (bad != 0) {
      backend.reason = format("device %d does not answer: %s", device, operations->text(bad));
      return backend;
    }
    backend.devices.push_back(facts);
  }
  backend.operations = operations;
  return backend;
}

std::string unusable(const DeviceFacts& facts) {
  if (facts.major >= kLeastMajor) return "";
  return format("%s has compute capability %d.%d: the kernels need %d.0", facts.name, facts.major, facts.minor,
                kLeastMajor);
}

}  // namespace lightcone
