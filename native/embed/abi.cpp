// SPDX-License-Identifier: Apache-2.0
// The embedding's part of the C ABI: checks what crosses it.
#include "base/abi.h"
#include "embed/embed.h"

using lightcone::Band;
using lightcone::guard;
using lightcone::require;
using lightcone::require_array;

namespace {

// Keeps M * columns * 8 bytes and i M + j far from overflow.
constexpr int64_t kMostModels = int64_t{1} << 30;

Band checked(const float* tiles, int64_t models, int64_t begin, int64_t end) {
  lightcone::require_address(tiles, alignof(float), "tiles");
  require(models >= 1 && models <= kMostModels, "models must be between 1 and 2^30");
  const Band band{tiles, models, begin, end};
  require(begin >= 0 && begin < end && end <= band.blocks(),
          "the block rows of the band must satisfy 0 <= begin < end <= the number of blocks");
  return band;
}

void check_block(int64_t rows, int64_t columns, const char* what) {
  require(rows >= 1 && rows <= kMostModels, "rows must be between 1 and 2^30");
  require(columns >= 8 && columns % 8 == 0 && columns <= (1 << 20), what);
}

}  // namespace

extern "C" {

lightcone_status lightcone_packed_product(const float* tiles, int64_t models, int64_t block_begin, int64_t block_end,
                                          const double* x, double* y, int64_t columns, int32_t threads,
                                          lightcone_control* control) {
  return guard([&] {
    const Band band = checked(tiles, models, block_begin, block_end);
    check_block(models, columns, "columns must be a multiple of 8 between 8 and 2^20");
    require_array(x, {models, columns}, "x");
    require_array(y, {models, columns}, "y");
    require(x != y, "x and y must be two blocks of numbers");
    lightcone::packed_product(band, x, y, columns, threads, control);
  });
}

lightcone_status lightcone_packed_sums(const float* tiles, int64_t models, int64_t block_begin, int64_t block_end,
                                       const double* weights, int32_t threads, lightcone_control* control,
                                       double* sums, double* squares, int64_t* infinite) {
  return guard([&] {
    const Band band = checked(tiles, models, block_begin, block_end);
    if (weights != nullptr) require_array(weights, {models}, "weights");
    require_array(sums, {models}, "sums");
    require_array(squares, {models}, "squares");
    require_array(infinite, {2}, "infinite");
    lightcone::packed_sums(band, weights, threads, control, sums, squares, infinite);
  });
}

lightcone_status lightcone_packed_pairwise(const float* tiles, int64_t models, int64_t block_begin, int64_t block_end,
                                           const double* x, const double* weights, const int32_t* signature,
                                           int64_t dims, int32_t threads, lightcone_control* control,
                                           double* missed, double* total) {
  return guard([&] {
    const Band band = checked(tiles, models, block_begin, block_end);
    require(dims >= 1 && dims <= models, "dims must be between 1 and the number of models");
    require_array(x, {models, dims}, "x");
    if (weights != nullptr) require_array(weights, {models}, "weights");
    require_array(signature, {dims}, "signature");
    require_array(missed, {dims}, "missed");
    require_array(total, {1}, "total");
    lightcone::packed_pairwise(band, x, weights, signature, dims, threads, control, missed, total);
  });
}

lightcone_status lightcone_block_inner(const double* basis, int64_t blocks, int64_t width, const double* z,
                                       int64_t rows, int64_t columns, int32_t threads, double* out) {
  return guard([&] {
    require(blocks >= 1 && blocks <= (1 << 20), "blocks must be between 1 and 2^20");
    check_block(rows, width, "width must be a multiple of 8 between 8 and 2^20");
    check_block(rows, columns, "columns must be a multiple of 8 between 8 and 2^20");
    require_array(basis, {blocks, rows, width}, "basis");
    require_array(z, {rows, columns}, "z");
    require_array(out, {blocks, width, columns}, "out");
    lightcone::block_inner(basis, blocks, width, z, rows, columns, threads, out);
  });
}

lightcone_status lightcone_block_update(const double* basis, int64_t blocks, int64_t width, const double* c,
                                        double factor, double* z, int64_t rows, int64_t columns, int32_t threads) {
  return guard([&] {
    require(blocks >= 1 && blocks <= (1 << 20), "blocks must be between 1 and 2^20");
    check_block(rows, width, "width must be a multiple of 8 between 8 and 2^20");
    check_block(rows, columns, "columns must be a multiple of 8 between 8 and 2^20");
    require_array(basis, {blocks, rows, width}, "basis");
    require_array(c, {blocks, width, columns}, "c");
    require_array(z, {rows, columns}, "z");
    lightcone::block_update(basis, blocks, width, c, factor, z, rows, columns, threads);
  });
}

}  // extern "C"
