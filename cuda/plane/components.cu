// SPDX-License-Identifier: Apache-2.0
// Connected components of equal labels of many maps: a forest over the points of each whose roots are the first points of
// their components, so that numbering the roots in order is numbering the components by their first points.
//
//   begin    a point hangs on the first of its run of equal labels within its warp's 32
//   join     with the left across warps, and with the row above where no neighbour says the same already
//   flatten  every point on its root; a root's points are counted, one addition for each run of a warp
//   number   the roots of at least the least area, in order, by one block a map
//   write    each point's number
//
// Small maps, to kSmallMapPoints, are a block each that does all five in shared memory, so that one launch does thousands;
// larger ones take a launch for each step over all of them, with forests in global memory. Latency binds: of shared
// memory, or of second-level cache.
//
// The joins race as those of Jaiganesh and Burtscher (ECL-CC, HPDC 2018) do: a link is set by compare-and-swap on a root
// alone, and paths are halved by plain writes of an ancestor. Parents only fall, so whatever the order the root of a
// component is its least point: results are exact and the same from run to run.
#include "cuda/plane/launchers.h"
#include "cuda/base/kernel.h"

namespace lightcone {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kSmall = static_cast<int>(kSmallMapPoints);

// A map, its forest and its areas. Threads take points p, p + stride, ..., p = first for the first; warps stay whole.
template <class Label>
struct Forest {
  const Label* labels;
  int32_t *parents, *areas;
  int32_t points, width;
  bool diagonal;

  __device__ __forceinline__ static int lane() { return static_cast<int>(threadIdx.x % 32); }
  // The lanes up to this one.
  __device__ __forceinline__ static unsigned up_to() { return (2u << lane()) - 1u; }

  template <class Body>
  __device__ __forceinline__ void each(int64_t first, int64_t stride, Body&& body) const {
    for (int64_t p = first; p - lane() < points; p += stride) body(static_cast<int32_t>(p), p < points);
  }

  __device__ __forceinline__ void begin(int64_t first, int64_t stride) const {
    each(first, stride, [&](int32_t p, bool there) {
      const bool starts = !there || p % width == 0 || labels[p - 1] != labels[p];
      const unsigned below = __ballot_sync(kAllLanes, starts) & up_to();
      if (!there) return;
      parents[p] = p - lane() + (below != 0 ? 31 - __clz(static_cast<int>(below)) : 0);
      areas[p] = 0;
    });
  }

  __device__ __forceinline__ void join(int64_t first, int64_t stride) const {
    each(first, stride, [&](int32_t p, bool there) {
      if (!there) return;
      const int32_t x = p % width;
      const Label own = labels[p];
      const bool left = x > 0 && labels[p - 1] == own;
      if (lane() == 0 && left) unite(p, p - 1);
      if (p < width) return;
      const int32_t above = p - width;
      const bool above_left = x > 0 && labels[above - 1] == own;
      if (labels[above] == own) {
        if (!(left && above_left)) unite(p, above);
        return;
      }
      if (!diagonal) return;
      if (above_left && !left) unite(p, above - 1);
      if (x + 1 < width && labels[above + 1] == own && labels[p + 1] != own) unite(p, above + 1);
    });
  }

  __device__ __forceinline__ void flatten(int64_t first, int64_t stride) const {
    each(first, stride, [&](int32_t p, bool there) {
      const int32_t own = there ? find(p) : -1;
      if (there) parents[p] = own;
      const int32_t before = __shfl_sync(kAllLanes, own, lane() - 1);
      const bool head = lane() == 0 || own != before;
      const unsigned beyond = __ballot_sync(kAllLanes, head) & ~up_to();
      if (head && there) atomicAdd(areas + own, (beyond != 0 ? __ffs(static_cast<int>(beyond)) - 1 : 32) - lane());
    });
  }

  // By one block. Roots' areas become their numbers, -1 for those that are too small. `counts`: shared, (kWarps).
  __device__ __forceinline__ void number(int64_t minimum, int64_t* regions, int64_t* out, int64_t capacity,
                                         int* counts) const {
    int next = 0;
    for (int64_t base = 0; base < points; base += kThreads) {
      const int64_t p = base + threadIdx.x;
      const bool is_root = p < points && parents[p] == static_cast<int32_t>(p);
      const int32_t area = is_root ? areas[p] : 0;
      const bool large = is_root && area >= minimum;
      const unsigned bits = __ballot_sync(kAllLanes, large);
      if (lane() == 0) counts[threadIdx.x / 32] = __popc(bits);
      __syncthreads();
      int before = 0, all = 0;
      for (int warp = 0; warp < kWarps; ++warp) {
        if (warp < static_cast<int>(threadIdx.x / 32)) before += counts[warp];
        all += counts[warp];
      }
      const int id = next + before + __popc(bits & (up_to() >> 1));
      if (is_root) areas[p] = large ? id : -1;
      if (large && out != nullptr && id < capacity) out[id] = area;
      next += all;
      __syncthreads();
    }
    if (threadIdx.x == 0) *regions = next;
    if (out == nullptr) return;
    for (int64_t k = next + static_cast<int64_t>(threadIdx.x); k < capacity; k += kThreads) out[k] = 0;
  }

  __device__ __forceinline__ void write(int64_t first, int64_t stride, int32_t* ids) const {
    each(first, stride, [&](int32_t p, bool there) {
      if (there) ids[p] = areas[parents[p]];
    });
  }

 private:
  // The root, without writing: while others flatten, a halved path could put back a parent that is no root.
  __device__ __forceinline__ int32_t find(int32_t p) const {
    const volatile int32_t* const parent = parents;
    int32_t at = parent[p];
    for (int32_t next = parent[at]; at > next; next = parent[at]) at = next;
    return at;
  }
  // The root, halving the path on the way.
  __device__ __forceinline__ int32_t root(int32_t p) const {
    volatile int32_t* const parent = parents;
    int32_t before = p, at = parent[p];
    for (int32_t next = parent[at]; at > next; next = parent[at]) {
      parent[before] = next;
      before = at;
      at = next;
    }
    return at;
  }
  __device__ __forceinline__ void unite(int32_t a, int32_t b) const {
    a = root(a);
    b = root(b);
    while (a != b) {
      if (a < b) {
        const int32_t c = a;
        a = b;
        b = c;
      }
      const int32_t found = atomicCAS(parents + a, a, b);
      if (found == a) return;
      a = root(found);
    }
  }
};

template <class Label>
__device__ __forceinline__ Forest<Label> forest_of(const DeviceComponentsArgs& a, int64_t map, int32_t* parents,
                                                   int32_t* areas) {
  return {reinterpret_cast<const Label*>(static_cast<const char*>(a.maps) + map * a.stride_bytes), parents, areas,
          static_cast<int32_t>(a.height * a.width), static_cast<int32_t>(a.width), a.diagonal != 0};
}

__device__ __forceinline__ int64_t* areas_out(const DeviceComponentsArgs& a, int64_t map) {
  return a.areas != nullptr ? a.areas + map * a.capacity : nullptr;
}

template <class Label>
__global__ void __launch_bounds__(kThreads) small_kernel(const LIGHTCONE_ARGS DeviceComponentsArgs a) {
  LIGHTCONE_SHARED(int32_t, parents, [kSmall]);
  LIGHTCONE_SHARED(int32_t, areas, [kSmall]);
  LIGHTCONE_SHARED(int, counts, [kWarps]);
  const int64_t map = blockIdx.x;
  const Forest<Label> forest = forest_of<Label>(a, map, parents, areas);
  forest.begin(threadIdx.x, kThreads);
  __syncthreads();
  forest.join(threadIdx.x, kThreads);
  __syncthreads();
  forest.flatten(threadIdx.x, kThreads);
  __syncthreads();
  forest.number(a.minimum, a.regions + map, areas_out(a, map), a.capacity, counts);
  if (a.ids != nullptr) forest.write(threadIdx.x, kThreads, a.ids + map * forest.points);
}

enum class Step { kBegin, kJoin, kFlatten, kWrite };

template <class Label, Step kStep>
__global__ void __launch_bounds__(kThreads) step_kernel(const LIGHTCONE_ARGS DeviceComponentsArgs a) {
  const int64_t points = a.height * a.width, first = int64_t{blockIdx.x} * kThreads + threadIdx.x;
  const int64_t stride = int64_t{gridDim.x} * kThreads;
  for (int64_t map = blockIdx.y; map < a.count; map += gridDim.y) {
    const Forest<Label> forest = forest_of<Label>(a, map, a.parents + map * points, a.areas_of + map * points);
    if constexpr (kStep == Step::kBegin) forest.begin(first, stride);
    if constexpr (kStep == Step::kJoin) forest.join(first, stride);
    if constexpr (kStep == Step::kFlatten) forest.flatten(first, stride);
    if constexpr (kStep == Step::kWrite) forest.write(first, stride, a.ids + map * points);
  }
}

template <class Label>
__global__ void __launch_bounds__(kThreads) number_kernel(const LIGHTCONE_ARGS DeviceComponentsArgs a) {
  LIGHTCONE_SHARED(int, counts, [kWarps]);
  const int64_t map = blockIdx.x, points = a.height * a.width;
  forest_of<Label>(a, map, a.parents + map * points, a.areas_of + map * points)
      .number(a.minimum, a.regions + map, areas_out(a, map), a.capacity, counts);
}

template <class Label>
int launch_steps(const DeviceComponentsArgs& a, void* stream) {
  const int64_t across = divide_up(a.height * a.width, kThreads);
  const dim3 grid(across < 4096 ? across : 4096, a.count < 32768 ? a.count : 32768);
  int code = LIGHTCONE_LAUNCH((step_kernel<Label, Step::kBegin>), grid, kThreads, stream, a);
  if (code == 0) code = LIGHTCONE_LAUNCH((step_kernel<Label, Step::kJoin>), grid, kThreads, stream, a);
  if (code == 0) code = LIGHTCONE_LAUNCH((step_kernel<Label, Step::kFlatten>), grid, kThreads, stream, a);
  if (code == 0) code = LIGHTCONE_LAUNCH(number_kernel<Label>, dim3(a.count), kThreads, stream, a);
  if (code == 0 && a.ids != nullptr)
    code = LIGHTCONE_LAUNCH((step_kernel<Label, Step::kWrite>), grid, kThreads, stream, a);
  return code;
}

}  // namespace

int launch_components_small(const DeviceComponentsArgs* args, void* stream) {
  return args->label_bytes == 1 ? LIGHTCONE_LAUNCH(small_kernel<uint8_t>, dim3(args->count), kThreads, stream, *args)
                                : LIGHTCONE_LAUNCH(small_kernel<uint16_t>, dim3(args->count), kThreads, stream, *args);
}

int launch_components_large(const DeviceComponentsArgs* args, void* stream) {
  return args->label_bytes == 1 ? launch_steps<uint8_t>(*args, stream) : launch_steps<uint16_t>(*args, stream);
}

}  // namespace lightcone
