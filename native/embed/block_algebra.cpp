// SPDX-License-Identifier: Apache-2.0
// Tall blocks (rows, width), row-major, of a basis: C = Q' Z and Z += factor Q C. In the engine's own threads, because
// OpenBLAS's wait actively and would take the processors from the products in between.
#include <algorithm>
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "embed/embed.h"

namespace lightcone {
namespace {

// Rows per task: many enough that the partial sums of Q' Z stay few, and few enough that two blocks of 64 columns are
// in the second cache and small matrices have tasks for every thread.
int64_t rows_per_task(int64_t rows) { return rows > 16384 ? 1024 : 256; }

// Two threads share less work than this, in multiply-adds, no sooner than one has done it: to start one takes 50 us.
constexpr int64_t kLeastWork = int64_t{8} << 20;

int threads_for(int64_t work, int threads) { return work < kLeastWork ? 1 : threads; }

// Partial sums kept at once.
constexpr int64_t kPartialBytes = 8 << 20;

}  // namespace

void block_inner(const double* basis, int64_t blocks, int64_t width, const double* z, int64_t rows, int64_t columns,
                 int threads, double* out) {
  const EmbedKernels& ops = kernels(LIGHTCONE_ISA_AUTO).embed;
  // Each task sums its rows for one block into a piece of its own; the pieces are added in order of the rows.
  const int64_t length = rows_per_task(rows), pieces = (rows + length - 1) / length, size = width * columns;
  const int64_t together =
      std::clamp<int64_t>(kPartialBytes / (pieces * size * static_cast<int64_t>(sizeof(double))), 1, blocks);
  std::vector<double> partial(static_cast<size_t>(together * pieces * size));
  Team team(threads_for(blocks * width * columns * rows, threads));
  for (int64_t first = 0; first < blocks; first += together) {
    std::fill(partial.begin(), partial.end(), 0.0);
    const int64_t here = std::min(together, blocks - first);
    team.run(here * pieces, [&](int64_t task, int) {
      const int64_t q = first + task / pieces, begin = task % pieces * length, count = std::min(length, rows - begin);
      // Runs of rows that keep Q and Z in the first cache.
      for (int64_t row = begin; row < begin + count; row += LIGHTCONE_TILE)
        ops.multiply({basis + (q * rows + row) * width, Factor::kGroup, 1, width}, width,
                     std::min<int64_t>(LIGHTCONE_TILE, begin + count - row), z + row * columns, columns,
                     partial.data() + task * size, columns, columns, Ahead());
    });
    for (int64_t q = 0; q < here; ++q) {
      double* to = out + (first + q) * size;
      const double* from = partial.data() + q * pieces * size;
      std::copy(from, from + size, to);
      for (int64_t piece = 1; piece < pieces; ++piece)
        for (int64_t k = 0; k < size; ++k) to[k] += from[piece * size + k];
    }
  }
}

void block_update(const double* basis, int64_t blocks, int64_t width, const double* c, double factor, double* z,
                  int64_t rows, int64_t columns, int threads) {
  const EmbedKernels& ops = kernels(LIGHTCONE_ISA_AUTO).embed;
  std::vector<double> scaled(c, c + blocks * width * columns);
  for (double& entry : scaled) entry *= factor;
  Team team(threads_for(blocks * width * columns * rows, threads));
  team.run((rows + LIGHTCONE_TILE - 1) / LIGHTCONE_TILE, [&](int64_t task, int) {
    const int64_t begin = task * LIGHTCONE_TILE, count = std::min<int64_t>(LIGHTCONE_TILE, rows - begin);
    for (int64_t q = 0; q < blocks; ++q)
      ops.multiply({basis + (q * rows + begin) * width, Factor::kGroup * width, width, 1}, count, width,
                   scaled.data() + q * width * columns, columns, z + begin * columns, columns, columns, Ahead());
  });
}

}  // namespace lightcone
