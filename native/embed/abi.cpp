// SPDX-License-Identifier: Apache-2.0
// The embedding's part of the C ABI: checks what crosses it.
#include "base/abi.h"
#include "embed/embed.h"

using lightcone::Band;
using lightcone::guard;
using lightcone::require;

namespace {

// Keeps M * columns * 8 bytes and i M + j far from overflow.
constexpr int64_t kMostModels = int64_t{1} << 30;

Band checked(const float* tiles, int64_t models, int64_t begin, int64_t end) {
  require(tiles != nullptr, "tiles is null");
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
    require(x != nullptr && y != nullptr && x != y, "x and y must be two blocks of numbers");
    check_block(models, columns, "columns must be a multiple of 8 between 8 and 2^20");
    lightcone::packed_product(band, x, y, columns, threads, control);
  });
}

lightcone_status lightcone_packed_sums(const float* tiles, int64_t models, int64_t block_begin, int64_t block_end,
                                       const double* weights, int32_t threads, lightcone_control* control,
                                       double* sums, double* squares, int64_t* infinite) {
  return guard([&] {
    const Band band = checked(tiles, models, block_begin, block_end);
    require(sums != nullptr && squares != nullptr && infinite != nullptr, "a pointer is null");
    lightcone::packed_sums(band, weights, threads, control, sums, squares, infinite);
  });
}

lightcone_status lightcone_packed_pairwise(const float* tiles, int64_t models, int64_t block_begin, int64_t block_end,
                                           const double* x, const double* weights, const int32_t* signature,
                                           int64_t dims, int32_t threads, lightcone_control* control,
                                           double* missed, double* total) {
  return guard([&] {
    const Band band = checked(tiles, models, block_begin, block_end);
    require(x != nullptr && signature != nullptr && missed != nullptr && total != nullptr, "a pointer is null");
    require(dims >= 1 && dims <= models, "dims must be between 1 and the number of models");
    lightcone::packed_pairwise(band, x, weights, signature, dims, threads, control, missed, total);
  });
}

lightcone_status lightcone_block_inner(const double* basis, int64_t blocks, int64_t width, const double* z,
                                       int64_t rows, int64_t columns, int32_t threads, double* out) {
  return guard([&] {
    require(basis != nullptr && z != nullptr && out != nullptr, "a pointer is null");
    require(blocks >= 1 && blocks <= (1 << 20), "blocks must be between 1 and 2^20");
    check_block(rows, width, "width must be a multiple of 8 between 8 and 2^20");
    check_block(rows, columns, "columns must be a multiple of 8 between 8 and 2^20");
    lightcone::block_inner(basis, blocks, width, z, rows, columns, threads, out);
  });
}

lightcone_status lightcone_block_update(const double* basis, int64_t blocks, int64_t width, const double* c,
                                        double factor, double* z, int64_t rows, int64_t columns, int32_t threads) {
  return guard([&] {
    require(basis != nullptr && c != nullptr && z != nullptr, "a pointer is null");
    require(blocks >= 1 && blocks <= (1 << 20), "blocks must be between 1 and 2^20");
    check_block(rows, width, "width must be a multiple of 8 between 8 and 2^20");
    check_block(rows, columns, "columns must be a multiple of 8 between 8 and 2^20");
    lightcone::block_update(basis, blocks, width, c, factor, z, rows, columns, threads);
  });
}

}  // extern "C"
