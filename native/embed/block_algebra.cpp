// SPDX-License-Identifier: Apache-2.0
// Tall blocks (rows, width), row-major, of a basis: C = Q' Z and Z += factor Q C. In the engine's own threads, because
// OpenBLAS's wait actively and would take the processors from the products in between.
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "embed/embed.h"

namespace lightcone {
namespace {

// Rows per task: a block of 64 columns is then 0.5 MiB, in the second cache, and the partial sums of Q' Z stay few.
constexpr int64_t kRows = 1024;

}  // namespace

void block_inner(const double* basis, int64_t blocks, int64_t width, const double* z, int64_t rows, int64_t columns,
                 int threads, double* out) {
  const EmbedKernels& ops = kernels(LIGHTCONE_ISA_AUTO).embed;
  // Each task sums its rows for one block into a piece of its own; the pieces are added in order of the rows.
  const int64_t pieces = (rows + kRows - 1) / kRows, size = width * columns;
  std::vector<double> partial(static_cast<size_t>(pieces * size));
  Team team(threads);
  for (int64_t q = 0; q < blocks; ++q) {
    std::fill(partial.begin(), partial.end(), 0.0);
    team.run(pieces, [&](int64_t piece, int) {
      const int64_t begin = piece * kRows, count = std::min(kRows, rows - begin);
      // Runs of rows that keep Q and Z in the first cache.
      for (int64_t row = begin; row < begin + count; row += LIGHTCONE_TILE)
        ops.multiply({basis + (q * rows + row) * width, Factor::kGroup, 1, width}, width,
                     std::min<int64_t>(LIGHTCONE_TILE, begin + count - row), z + row * columns, columns,
                     partial.data() + piece * size, columns, columns, Ahead());
    });
    double* to = out + q * size;
    std::copy(partial.begin(), partial.begin() + size, to);
    for (int64_t piece = 1; piece < pieces; ++piece)
      for (int64_t k = 0; k < size; ++k) to[k] += partial[static_cast<size_t>(piece * size + k)];
  }
}

void block_update(const double* basis, int64_t blocks, int64_t width, const double* c, double factor, double* z,
                  int64_t rows, int64_t columns, int threads) {
  const EmbedKernels& ops = kernels(LIGHTCONE_ISA_AUTO).embed;
  std::vector<double> scaled(c, c + blocks * width * columns);
  for (double& entry : scaled) entry *= factor;
  Team team(threads);
  team.run((rows + LIGHTCONE_TILE - 1) / LIGHTCONE_TILE, [&](int64_t task, int) {
    const int64_t begin = task * LIGHTCONE_TILE, count = std::min<int64_t>(LIGHTCONE_TILE, rows - begin);
    for (int64_t q = 0; q < blocks; ++q)
      ops.multiply({basis + (q * rows + begin) * width, Factor::kGroup * width, width, 1}, count, width,
                   scaled.data() + q * width * columns, columns, z + begin * columns, columns, columns, Ahead());
  });
}

}  // namespace lightcone
