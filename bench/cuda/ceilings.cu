// SPDX-License-Identifier: Apache-2.0
// Ceilings of the device, each the best of kRounds launches timed by events: copying and reading memory, reading second
// -level cache, the bus, multiply-adds of float32 and float64, the tensor cores in float64 and float16 (chains of mma.sync
// in registers: wgmma reaches more on sm_90a), logarithms of the special units.
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>

#include "ceilings.h"

namespace {

constexpr int kRounds = 5, kThreads = 256, kChains = 8;

void check(cudaError_t code) {
  if (code == cudaSuccess) return;
  std::fprintf(stderr, "bench_device: %s\n", cudaGetErrorString(code));
  std::exit(1);
}

double best_seconds(const std::function<void()>& launch) {
  cudaEvent_t begin, end;
  check(cudaEventCreate(&begin));
  check(cudaEventCreate(&end));
  launch();
  double best = 1e30;
  for (int k = 0; k < kRounds; ++k) {
    check(cudaEventRecord(begin));
    launch();
    check(cudaEventRecord(end));
    check(cudaEventSynchronize(end));
    check(cudaGetLastError());
    float ms = 0;
    check(cudaEventElapsedTime(&ms, begin, end));
    best = std::min(best, ms * 1e-3);
  }
  check(cudaEventDestroy(begin));
  check(cudaEventDestroy(end));
  return best;
}

// Sums what it reads, so that nothing is left out; `rounds` times over the buffer.
__global__ void read_kernel(const float4* from, int64_t count, int rounds, float* out) {
  float sum = 0;
  for (int r = 0; r < rounds; ++r)
    for (int64_t k = blockIdx.x * int64_t{kThreads} + threadIdx.x; k < count; k += int64_t{gridDim.x} * kThreads) {
      float4 v;
      asm volatile("ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];" : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "l"(from + k));
      sum += v.x + v.y + v.z + v.w;
    }
  if (sum == 1.2345f) *out = sum;
}

template <class T>
__global__ void fma_kernel(int rounds, T a, T* out) {
  T x[kChains];
  for (int c = 0; c < kChains; ++c) x[c] = static_cast<T>(threadIdx.x + c);
  for (int r = 0; r < rounds; ++r)
#pragma unroll
    for (int c = 0; c < kChains; ++c) x[c] = x[c] * a + a;
  T sum = 0;
  for (int c = 0; c < kChains; ++c) sum += x[c];
  if (sum == static_cast<T>(1.2345)) *out = sum;
}

__global__ void log_kernel(int rounds, float a, float* out) {
  float x[kChains];
  for (int c = 0; c < kChains; ++c) x[c] = a + c + threadIdx.x;
  for (int r = 0; r < rounds; ++r)
#pragma unroll
    for (int c = 0; c < kChains; ++c) asm volatile("lg2.approx.ftz.f32 %0, %0;" : "+f"(x[c]));
  float sum = 0;
  for (int c = 0; c < kChains; ++c) sum += x[c];
  if (sum == 1.2345f) *out = sum;
}

__global__ void double_mma_kernel(int rounds, double a, double* out) {
  double d[kChains][2] = {};
  for (int r = 0; r < rounds; ++r)
#pragma unroll
    for (int c = 0; c < kChains; ++c)
      asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};"
                   : "+d"(d[c][0]), "+d"(d[c][1]) : "d"(a), "d"(a));
  double sum = 0;
  for (int c = 0; c < kChains; ++c) sum += d[c][0] + d[c][1];
  if (sum == 1.2345) *out = sum;
}

__global__ void half_mma_kernel(int rounds, unsigned a, float* out) {
  float d[kChains][4] = {};
  for (int r = 0; r < rounds; ++r)
#pragma unroll
    for (int c = 0; c < kChains; ++c)
      asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %4, %4, %4}, {%4, %4}, "
                   "{%0, %1, %2, %3};" : "+f"(d[c][0]), "+f"(d[c][1]), "+f"(d[c][2]), "+f"(d[c][3]) : "r"(a));
  float sum = 0;
  for (int c = 0; c < kChains; ++c) sum += d[c][0] + d[c][1] + d[c][2] + d[c][3];
  if (sum == 1.2345f) *out = sum;
}

}  // namespace

std::vector<Ceiling> measure_ceilings() {
  cudaDeviceProp properties;
  check(cudaGetDeviceProperties(&properties, 0));
  const int blocks = properties.multiProcessorCount * 8, rounds = 4096;
  const double threads = double(blocks) * kThreads, steps = threads * rounds * kChains;
  const size_t bytes = size_t{2} << 30;
  void *a, *b, *pinned;
  check(cudaMalloc(&a, bytes));
  check(cudaMalloc(&b, bytes));
  check(cudaMallocHost(&pinned, size_t{256} << 20));
  check(cudaMemset(a, 1, bytes));
  check(cudaMemset(b, 1, bytes));
  std::vector<Ceiling> all;
  const auto add = [&](const char* name, double work, const char* unit, const std::function<void()>& launch) {
    all.push_back({name, work / best_seconds(launch), unit});
  };
  add("copy", 2.0 * bytes, "bytes/s", [&] { check(cudaMemcpyAsync(b, a, bytes, cudaMemcpyDeviceToDevice)); });
  add("read", double(bytes), "bytes/s",
      [&] { read_kernel<<<blocks, kThreads>>>(static_cast<float4*>(a), bytes / 16, 1, static_cast<float*>(b)); });
  const size_t cached = size_t{12} << 20;  // in second-level cache, beyond the first
  add("read L2", double(cached) * 64, "bytes/s",
      [&] { read_kernel<<<blocks, kThreads>>>(static_cast<float4*>(a), cached / 16, 64, static_cast<float*>(b)); });
  add("host to device", double(size_t{256} << 20), "bytes/s",
      [&] { check(cudaMemcpyAsync(a, pinned, size_t{256} << 20, cudaMemcpyHostToDevice)); });
  add("fma float32", steps, "multiply-adds/s", [&] { fma_kernel<float><<<blocks, kThreads>>>(rounds, 0.5f, static_cast<float*>(b)); });
  add("fma float64", steps, "multiply-adds/s", [&] { fma_kernel<double><<<blocks, kThreads>>>(rounds, 0.5, static_cast<double*>(b)); });
  add("mma float64", steps / 32 * 256, "multiply-adds/s",
      [&] { double_mma_kernel<<<blocks, kThreads>>>(rounds, 1e-3, static_cast<double*>(b)); });
  add("mma float16", steps / 32 * 2048, "multiply-adds/s",
      [&] { half_mma_kernel<<<blocks, kThreads>>>(rounds, 0x1c001c00u, static_cast<float*>(b)); });
  add("log2", steps, "logarithms/s", [&] { log_kernel<<<blocks, kThreads>>>(rounds, 2.5f, static_cast<float*>(b)); });
  check(cudaFree(a));
  check(cudaFree(b));
  check(cudaFreeHost(pinned));
  return all;
}

double* device_copy(const double* host, int64_t count) {
  void* memory;
  check(cudaMalloc(&memory, static_cast<size_t>(count) * 8));
  check(cudaMemcpy(memory, host, static_cast<size_t>(count) * 8, cudaMemcpyHostToDevice));
  return static_cast<double*>(memory);
}
void device_fetch(const double* device, double* host, int64_t count) {
  check(cudaMemcpy(host, device, static_cast<size_t>(count) * 8, cudaMemcpyDeviceToHost));
}
void device_free(double* device) { check(cudaFree(device)); }
