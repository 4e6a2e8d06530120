// SPDX-License-Identifier: Apache-2.0
// The C ABI of a packed matrix on a device: checks what crosses it.
#include <cstdio>
#include <memory>

#include "base/abi.h"
#include "base/team.h"
#include "embed/device_tiles.h"

using lightcone::Band;
using lightcone::Choice;
using lightcone::guard;
using lightcone::require;
using lightcone::require_array;

struct lightcone_device_tiles {
  lightcone::DeviceTiles tiles;
};

namespace {

constexpr int64_t kMostModels = int64_t{1} << 30;  // as in abi.cpp

void check_sizes(int64_t models, int64_t columns) {
  require(models >= 1 && models <= kMostModels, "models must be between 1 and 2^30");
  require(columns >= 8 && columns % 8 == 0 && columns <= (1 << 20), "columns must be a multiple of 8 between 8 and 2^20");
}

}  // namespace

extern "C" {

lightcone_status lightcone_device_tiles_choose(int64_t models, int64_t columns, int32_t device, int32_t ordinal,
                                               int32_t threads, int32_t* chosen, char* reason, int64_t reason_bytes) {
  return guard([&] {
    check_sizes(models, columns);
    require_array(chosen, {1}, "chosen");
    require(reason_bytes >= 1, "reason_bytes must be at least 1");
    require_array(reason, {reason_bytes}, "reason");
    const Choice choice =
        lightcone::choose_embedding(models, columns, device, ordinal, lightcone::Team::count(threads));
    *chosen = choice.device;
    std::snprintf(reason, static_cast<size_t>(reason_bytes), "%s", choice.reason.c_str());
  });
}

lightcone_status lightcone_device_tiles_create(int64_t models, int64_t most_columns, const double* weights,
                                               int32_t ordinal, lightcone_device_tiles** out) {
  return guard([&] {
    require(out != nullptr, "out is null");
    *out = nullptr;
    check_sizes(models, most_columns);
    if (weights != nullptr) require_array(weights, {models}, "weights");
    const Choice choice = lightcone::choose_embedding(models, most_columns, LIGHTCONE_DEVICE_CUDA, ordinal, 1);
    *out = std::unique_ptr<lightcone_device_tiles>(
               new lightcone_device_tiles{{choice, models, most_columns, weights}})
               .release();
  });
}

void lightcone_device_tiles_destroy(lightcone_device_tiles* tiles) {
  const std::unique_ptr<lightcone_device_tiles> owner(tiles);
}

lightcone_status lightcone_device_tiles_put(lightcone_device_tiles* device, const float* tiles, int64_t block_begin,
                                            int64_t block_end, int32_t threads, lightcone_control* control) {
  return guard([&] {
    require(device != nullptr, "device is null");
    lightcone::require_address(tiles, alignof(float), "tiles");
    const Band band{tiles, device->tiles.plan().models, block_begin, block_end};
    require(block_begin >= 0 && block_begin < block_end && block_end <= band.blocks(),
            "the block rows of the band must satisfy 0 <= begin < end <= the number of blocks");
    device->tiles.put(band, threads, control);
  });
}

lightcone_status lightcone_device_tiles_multiply(lightcone_device_tiles* tiles, int32_t product, const double* x,
                                                 double* y, int64_t columns, int32_t on_device, int32_t threads,
                                                 lightcone_control* control) {
  return guard([&] {
    require(tiles != nullptr, "tiles is null");
    const int64_t models = tiles->tiles.plan().models;
    check_sizes(models, columns);
    require_array(x, {models, columns}, "x");
    require_array(y, {models, columns}, "y");
    require(x != y, "x and y must be two blocks of numbers");
    require(product == LIGHTCONE_PRODUCT_PLAIN || product == LIGHTCONE_PRODUCT_CENTRED ||
                product == LIGHTCONE_PRODUCT_HALF,
            "product must be one of LIGHTCONE_PRODUCT_...");
    require(on_device == 0 || on_device == 1, "on_device must be 0 or 1");
    tiles->tiles.multiply(product, x, y, columns, on_device == 1, threads, control);
  });
}

}  // extern "C"
