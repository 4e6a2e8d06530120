// SPDX-License-Identifier: Apache-2.0
// With weights w of mean 1 and S = diag(sqrt w), the centred matrix of CentredDistances.java:
//
//   S W S x = -1/2 S (I - 1 w'/M) D (I - w 1'/M) S x
//
// as three steps on the device: z[i] = sqrt(w_i) x[i] - w_i / M (sum_j sqrt(w_j) x[j]), y = D z, and
// out[i] = -1/2 sqrt(w_i) (y[i] - (sum_j w_j y[j]) / M).
#include "embed/device_tiles.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/team.h"

namespace lightcone {
namespace {

constexpr int64_t kTile = LIGHTCONE_TILE;
// Thread blocks that fill any device for several rounds; fewer block rows than that are cut along the sum, which then is
// added up from its parts in order. By the number of models alone: bits must not depend on the device.
constexpr int64_t kFullGroups = 512, kMostParts = 8;
// Vectors of numbers of the centring: sqrt w, -w / M, w, and alpha and beta of the step after, with and without the last S.
enum : int64_t { kRoots, kBefore, kWeights, kAfter, kAfterMean, kHalf, kHalfMean, kVectors };
// Passes that a block Krylov method takes, and multiply-adds of float32 that one of float64 counts as, for the choice.
constexpr double kPasses = 8, kDoubleCost = 3;

// What is queued has come to its end when a call returns, by an exception too: nobody writes the caller's memory any more.
class Settled {
 public:
  Settled(const Device& device, const DeviceStream& stream) : device_(device), stream_(stream) {}
  ~Settled() { device_.operations().stream_synchronize(stream_.get()); }
  Settled(const Settled&) = delete;
  Settled& operator=(const Settled&) = delete;

 private:
  const Device& device_;
  const DeviceStream& stream_;
};

double gib(int64_t bytes) { return static_cast<double>(bytes) / (int64_t{1} << 30); }

}  // namespace

DeviceTilesPlan::DeviceTilesPlan(int64_t m, int64_t columns)
    : models(m), blocks((m + kTile - 1) / kTile), padded(blocks * kTile), most_columns(columns) {
  const int64_t groups = (blocks + kDeviceBlockRows - 1) / kDeviceBlockRows;
  parts = std::clamp<int64_t>((kFullGroups + groups - 1) / groups, 1, std::min(kMostParts, blocks));
  tile_bytes = blocks * (blocks + 1) / 2 * kTile * kTile * 4;
  block_bytes = padded * columns * 8;
  sums_bytes = 2 * ((models + kDeviceSumRows - 1) / kDeviceSumRows) * columns * 8;
}

int64_t DeviceTilesPlan::device_bytes() const {
  return tile_bytes + (1 + parts) * block_bytes + sums_bytes + kVectors * models * 8;
}

Choice choose_embedding(int64_t models, int64_t columns, int32_t device, int32_t ordinal, int threads) {
  const DeviceTilesPlan plan(models, columns);
  const double m = static_cast<double>(models);
  Work work{};
  work.multiply_adds = kPasses * kDoubleCost * m * m * static_cast<double>(columns);
  work.input_bytes = static_cast<double>(plan.tile_bytes);
  Choice choice = choose_device(device, ordinal, work, threads);
  if (choice.device != LIGHTCONE_DEVICE_CUDA) return choice;
  const Device chosen(*choice.operations, choice.ordinal);
  const int64_t free = chosen.memory_free();
  if (plan.device_bytes() <= free) return choice;
  const std::string why = format("the matrix and blocks of %lld columns take %.3g GiB and %s has %.3g free",
                                 static_cast<long long>(columns), gib(plan.device_bytes()), chosen.facts().name, gib(free));
  if (device == LIGHTCONE_DEVICE_CUDA)
    throw Error(LIGHTCONE_UNSUPPORTED, format("device cuda: %s; use the device cpu", why.c_str()));
  return {LIGHTCONE_DEVICE_CPU, 0, nullptr, {}, why};
}

DeviceTiles::DeviceTiles(const Choice& choice, int64_t models, int64_t most_columns, const double* weights)
    : device_(*choice.operations, choice.ordinal),
      plan_(models, most_columns),
      tiles_(device_, plan_.tile_bytes),
      centred_(device_, plan_.block_bytes),
      products_(device_, plan_.parts * plan_.block_bytes),
      sums_(device_, plan_.sums_bytes),
      vectors_(device_, kVectors * models * 8),
      pinned_{PinnedBuffer(device_, DeviceTilesPlan::kSlotBytes), PinnedBuffer(device_, DeviceTilesPlan::kSlotBytes)},
      stream_(device_),
      copied_{DeviceEvent(device_), DeviceEvent(device_)} {
  const double m = static_cast<double>(models);
  std::vector<double> vectors(static_cast<size_t>(kVectors * models));
  for (int64_t i = 0; i < models; ++i) {
    const double w = weights == nullptr ? 1.0 : weights[i], root = std::sqrt(w);
    const auto set = [&](int64_t which, double value) { vectors[static_cast<size_t>(which * models + i)] = value; };
    set(kRoots, root);
    set(kBefore, -w / m);
    set(kWeights, w);
    set(kAfter, -0.5 * root);
    set(kAfterMean, 0.5 * root / m);
    set(kHalf, -0.5);
    set(kHalfMean, 0.5 / m);
  }
  upload(vectors_.as<void>(), vectors.data(), static_cast<int64_t>(vectors.size()) * 8, 1, Progress(nullptr, 0));
}

void DeviceTiles::upload(void* to, const void* from, int64_t bytes, int threads, const Progress& progress) {
  constexpr int64_t kPiece = int64_t{1} << 20;  // of a thread's copying
  Team team(threads);
  int slot = 0;
  for (int64_t at = 0; at < bytes; at += DeviceTilesPlan::kSlotBytes, slot = 1 - slot) {
    const int64_t count = std::min(DeviceTilesPlan::kSlotBytes, bytes - at);
    copied_[slot].wait(progress);
    char* const pinned = pinned_[slot].as<char>();
    team.run((count + kPiece - 1) / kPiece, [&](int64_t piece, int) {
      progress.check();
      const int64_t begin = piece * kPiece, length = std::min(kPiece, count - begin);
      std::memcpy(pinned + begin, static_cast<const char*>(from) + at + begin, static_cast<size_t>(length));
    });
    stream_.to_device(static_cast<char*>(to) + at, pinned, count);
    stream_.record(copied_[slot]);
  }
  copied_[0].wait(progress);
  copied_[1].wait(progress);
}

void DeviceTiles::download(void* to, const void* from, int64_t bytes, int threads, const Progress& progress) {
  constexpr int64_t kPiece = int64_t{1} << 20;
  Team team(threads);
  const auto begin_copy = [&](int64_t at, int slot) {
    if (at >= bytes) return;
    stream_.to_host(pinned_[slot].as<char>(), static_cast<const char*>(from) + at,
                    std::min(DeviceTilesPlan::kSlotBytes, bytes - at));
    stream_.record(copied_[slot]);
  };
  begin_copy(0, 0);
  int slot = 0;
  for (int64_t at = 0; at < bytes; at += DeviceTilesPlan::kSlotBytes, slot = 1 - slot) {
    begin_copy(at + DeviceTilesPlan::kSlotBytes, 1 - slot);
    copied_[slot].wait(progress);
    const int64_t count = std::min(DeviceTilesPlan::kSlotBytes, bytes - at);
    const char* const pinned = pinned_[slot].as<char>();
    team.run((count + kPiece - 1) / kPiece, [&](int64_t piece, int) {
      const int64_t begin = piece * kPiece, length = std::min(kPiece, count - begin);
      std::memcpy(static_cast<char*>(to) + at + begin, pinned + begin, static_cast<size_t>(length));
    });
  }
}

void DeviceTiles::put(const Band& band, int threads, lightcone_control* control) {
  const std::lock_guard<std::mutex> lock(mutex_);
  device_.use();
  if (band.begin != put_end_)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("block row %lld comes next, not %lld", static_cast<long long>(put_end_),
                                                   static_cast<long long>(band.begin)));
  const Progress progress(control, band.end - band.begin);
  const auto first_tile = [&](int64_t i) { return i * plan_.blocks - i * (i - 1) / 2; };
  const int64_t first = first_tile(band.begin), count = first_tile(band.end) - first;
  upload(tiles_.as<float>() + first * kTile * kTile, band.tiles, count * kTile * kTile * 4, threads, progress);
  put_end_ = band.end;
  progress.add(band.end - band.begin);
}

const double* DeviceTiles::column_sums(const double* in, const double* weights, int64_t columns, int64_t parts,
                                       int64_t part_stride) {
  double* const buffers[2] = {sums_.as<double>(), sums_.as<double>() + plan_.sums_bytes / 16};
  DeviceColumnSumsArgs args{in, weights, plan_.models, columns, parts, part_stride, buffers[0]};
  for (int next = 1;; next = 1 - next) {
    device_.check(device_.operations().embed.column_sums(&args, stream_.get()), "sum columns");
    args = {args.out, nullptr, (args.rows + kDeviceSumRows - 1) / kDeviceSumRows, columns, 1, 0, buffers[next]};
    if (args.rows == 1) return args.in;
  }
}

void DeviceTiles::centre(const double* in, const double* alpha, const double* beta, const double* sums, int64_t padded,
                         int64_t columns, int64_t parts, int64_t part_stride, double* out) {
  const DeviceCentreArgs args{in, alpha, beta, sums, plan_.models, padded, columns, parts, part_stride, out};
  device_.check(device_.operations().embed.centre(&args, stream_.get()), "centre a block");
}

void DeviceTiles::multiply(int32_t product, const double* x, double* y, int64_t columns, bool on_device, int threads,
                           lightcone_control* control) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (put_end_ != plan_.blocks)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("block rows from %lld on have not been put to the device",
                                                   static_cast<long long>(put_end_)));
  if (columns > plan_.most_columns)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%lld columns are more than the %lld that were planned for",
                                                   static_cast<long long>(columns),
                                                   static_cast<long long>(plan_.most_columns)));
  device_.use();
  const Settled settled(device_, stream_);
  const Progress progress(control, plan_.blocks);
  const bool plain = product == LIGHTCONE_PRODUCT_PLAIN;
  const int64_t bytes = plan_.models * columns * 8, part_stride = plan_.padded * columns;
  const auto vector = [&](int64_t which) { return vectors_.as<const double>() + which * plan_.models; };
  double* const products = products_.as<double>();
  double* const centred = centred_.as<double>();

  const double* from = x;
  if (!on_device) {
    upload(products, x, bytes, threads, progress);
    from = products;
  }
  if (plain) {
    centre(from, nullptr, nullptr, nullptr, plan_.padded, columns, 1, 0, centred);
  } else {
    centre(from, vector(kRoots), vector(kBefore), column_sums(from, vector(kRoots), columns, 1, 0), plan_.padded, columns,
           1, 0, centred);
  }

  DevicePackedProductArgs args{tiles_.as<float>(), centred, products, plan_.blocks, columns, plan_.parts, 0, 0};
  const int64_t groups = (plan_.blocks + kDeviceBlockRows - 1) / kDeviceBlockRows;
  const double operations = static_cast<double>(kDeviceBlockRows * kTile) * static_cast<double>(plan_.models) *
                            static_cast<double>(columns) * kDoubleCost;
  // Whole rounds of the device's multiprocessors, of which each holds one thread block.
  const int64_t round = std::max<int64_t>(device_.facts().multiprocessors, 1);
  const int64_t piece = std::max<int64_t>(static_cast<int64_t>(kLaunchOperations / operations) / round, 1) * round;
  DeviceLaunches launches(device_, stream_, progress);
  for (int64_t g = 0; g < groups; g += piece) {
    progress.check();
    args.group_begin = g;
    args.groups = std::min(piece, groups - g);
    device_.check(device_.operations().embed.product(&args, stream_.get()), "multiply");
    const int64_t end = std::min(plan_.blocks, (g + args.groups) * kDeviceBlockRows);
    launches.queued(end - g * kDeviceBlockRows);
  }

  // Where the block ends up: the memory of x centred, which has served, unless the caller has some on the device.
  double* const out = on_device ? y : centred;
  if (plain) {
    centre(products, nullptr, nullptr, nullptr, plan_.models, columns, plan_.parts, part_stride, out);
  } else {
    const bool half = product == LIGHTCONE_PRODUCT_HALF;
    centre(products, vector(half ? kHalf : kAfter), vector(half ? kHalfMean : kAfterMean),
           column_sums(products, vector(kWeights), columns, plan_.parts, part_stride), plan_.models, columns, plan_.parts,
           part_stride, out);
  }
  if (!on_device) download(y, out, bytes, threads, progress);
  launches.finish();
}

}  // namespace lightcone
