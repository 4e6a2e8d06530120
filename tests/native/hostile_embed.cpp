// SPDX-License-Identifier: Apache-2.0
// Sound calls of the embedding's products and sums.
#include <memory>

#include "hostile.h"

namespace hostile {
namespace {

struct DestroyTiles {
  void operator()(lightcone_device_tiles* tiles) const { lightcone_device_tiles_destroy(tiles); }
};
using DeviceTiles = std::unique_ptr<lightcone_device_tiles, DestroyTiles>;

}  // namespace

std::vector<Call> embed_calls(const Handles& h, Store&) {
  // 100 models: two block rows, three tiles.
  constexpr int64_t kModels = 100, kColumns = 8, kDims = 2;
  static const std::vector<float> tiles(3 * LIGHTCONE_TILE * LIGHTCONE_TILE, 0.5f);
  static const std::vector<double> x(kModels * kColumns, 0.25), small(2 * kColumns * kColumns, 1);
  static std::vector<double> y(kModels * kColumns), z(kModels * kColumns), inner(2 * kColumns * kColumns),
      basis(2 * kModels * kColumns, 0.5);
  static const int32_t signature[kDims] = {1, -1};
  static double missed[kDims], total;
  static int64_t infinite[2];
  const auto band = [&](std::vector<Argument> rest) {
    std::vector<Argument> all = {in("tiles", tiles.data()), size("models", kModels),
                                 size("block_begin", 0, {-1, 2, INT64_MIN, INT64_MAX}),
                                 size("block_end", 2, {-1, 0, 3, INT64_MIN, INT64_MAX})};
    for (Argument& a : rest) all.push_back(std::move(a));
    return all;
  };
  const std::vector<int64_t> no_width = {-8, 0, 7, INT64_MIN, INT64_MAX, INT64_MAX - 7};
  std::vector<Call> calls;
  calls.push_back(call("lightcone_packed_product", lightcone_packed_product,
                       band({in("x", x.data()), out("y", y.data(), kModels * kColumns),
                             size("columns", kColumns, no_width), threads(), control(h)})));
  calls.back().arguments[5].attacks.push_back({"the same as x", pointer(x.data()), LIGHTCONE_INVALID_ARGUMENT});
  calls.push_back(call("lightcone_packed_sums", lightcone_packed_sums,
                       band({in("weights", x.data(), true), threads(), control(h), out("sums", y.data(), kModels),
                             out("squares", z.data(), kModels), out("infinite", infinite, 2)})));
  calls.push_back(call("lightcone_packed_pairwise", lightcone_packed_pairwise,
                       band({in("x", x.data()), in("weights", x.data(), true), in("signature", signature),
                             size("dims", kDims), threads(), control(h), out("missed", missed, kDims),
                             out("total", &total, 1)})));
  calls.push_back(call("lightcone_block_inner", lightcone_block_inner,
                       {in("basis", basis.data()), size("blocks", 2), size("width", kColumns, no_width),
                        in("z", x.data()), size("rows", kModels), size("columns", kColumns, no_width), threads(),
                        out("out", inner.data(), 2 * kColumns * kColumns)}));
  calls.push_back(call("lightcone_block_update", lightcone_block_update,
                       {in("basis", basis.data()), size("blocks", 2), size("width", kColumns, no_width),
                        in("c", small.data()), number("factor", 1, {}), out("z", z.data(), kModels * kColumns),
                        size("rows", kModels), size("columns", kColumns, no_width), threads()}));

  // On the device whose library library_calls has loaded by then.
  static int32_t chosen;
  static char reason[64];
  calls.push_back(call("lightcone_device_tiles_choose", lightcone_device_tiles_choose,
                       {size("models", kModels), size("columns", kColumns, no_width),
                        constant("device", LIGHTCONE_DEVICE_CPU), {"ordinal", whole(0), {}}, threads(),
                        out("chosen", &chosen, 1), out("reason", reason, 64),
                        size("reason_bytes", 64, {-1, 0, INT64_MIN})}));
  // They go with the calls.
  const auto made = std::make_shared<DeviceTiles>(), empty = std::make_shared<DeviceTiles>(),
             full = std::make_shared<DeviceTiles>();
  static lightcone_device_tiles* raw = nullptr;
  calls.push_back(call("lightcone_device_tiles_create", lightcone_device_tiles_create,
                       {size("models", kModels), size("most_columns", kColumns, no_width), in("weights", x.data(), true),
                        size("ordinal", 0, {-1, 99}),
                        {"out", pointer(&raw), {{"null", pointer(nullptr), LIGHTCONE_INVALID_ARGUMENT}}}}));
  calls.back().after = [made] { made->reset(raw); };
  const Argument handle = {"handle", pointer(nullptr), {{"null", pointer(nullptr), LIGHTCONE_INVALID_ARGUMENT}}};
  const auto create = [] {
    lightcone_device_tiles* tiles = nullptr;
    REQUIRE(lightcone_device_tiles_create(kModels, kColumns, nullptr, 0, &tiles) == LIGHTCONE_OK);
    return tiles;
  };
  calls.push_back(call("lightcone_device_tiles_put", lightcone_device_tiles_put,
                       {handle, in("tiles", tiles.data()), size("block_begin", 0, {-1, 2, INT64_MIN, INT64_MAX}),
                        size("block_end", 2, {-1, 0, 3, INT64_MIN, INT64_MAX}), threads(), control(h)}));
  calls.back().before = [create, empty](std::vector<Value>& values) {
    empty->reset(create());
    values[0] = pointer(empty->get());
  };
  calls.push_back(call("lightcone_device_tiles_multiply", lightcone_device_tiles_multiply,
                       {handle, constant("product", LIGHTCONE_PRODUCT_CENTRED), in("x", x.data()),
                        out("y", y.data(), kModels * kColumns), size("columns", kColumns, no_width),
                        size("on_device", 0, {-1, 2}), threads(), control(h)}));
  calls.back().arguments[3].attacks.push_back({"the same as x", pointer(x.data()), LIGHTCONE_INVALID_ARGUMENT});
  calls.back().before = [create, full](std::vector<Value>& values) {
    if (*full == nullptr) {
      full->reset(create());
      REQUIRE(lightcone_device_tiles_put(full->get(), tiles.data(), 0, 2, 1, nullptr) == LIGHTCONE_OK);
    }
    values[0] = pointer(full->get());
  };
  return calls;
}

}  // namespace hostile
