// SPDX-License-Identifier: Apache-2.0
// Progress (Eq 4): argmin over t in [0, 1] of (1/N) sum_n arccos <s_n, gamma_n(t)>. The angle theta between
// ignorance and truth is arccos(1 / sqrt C) for every sample, so gamma(t) is the point at alpha = t theta
// in one plane per sample, and the coordinates of the sample relative to that plane (progress_kernel.h) hold all
// that matters: the table is read once, and searched (progress_search.cpp) in those.
#include <algorithm>
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "geometry/geometry.h"
#include "geometry/progress_search.h"

namespace lightcone {
namespace {

constexpr int64_t kAtOnce = 256;  // samples between looks of the search

struct Workspace {
  Predictions::Scratch scratch;
  ProgressPlanes planes;
  ProgressSearch search;
};

}  // namespace

void check_labels(const Predictions& table, const int32_t* labels, int64_t label_count) {
  if (label_count != table.samples())
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("%lld labels for %lld samples", (long long)label_count,
                                                   (long long)table.samples()));
  for (int64_t n = 0; n < label_count; ++n)
    if (labels[n] < 0 || labels[n] >= table.classes())
      throw Error(LIGHTCONE_INVALID_DATA,
                  format("label %d of sample %lld is out of range: there are classes 0 to %lld", labels[n],
                         (long long)n, (long long)(table.classes() - 1)));
}

void progress(const Predictions& table, const int32_t* labels, int64_t label_count, int threads,
              lightcone_control* control, double* out) {
  const int64_t samples = table.samples(), classes = table.classes();
  check_labels(table, labels, label_count);
  const Kernels& operations = kernels(LIGHTCONE_ISA_AUTO);
  const Progress done(control, table.models() * samples);
  Team team(threads);
  std::vector<Workspace> work;
  for (int k = 0; k < team.size(); ++k)
    work.push_back({{}, ProgressPlanes(table.wide(), 1, samples), ProgressSearch(operations, samples, classes, done)});
  // Pieces of about 1 MiB: what is read from a file stays in cache, and a cancel is seen at once.
  const int64_t piece = std::max<int64_t>(kAtOnce, (int64_t{1} << 18) / classes / kAtOnce * kAtOnce);
  team.run(table.models(), [&](int64_t model, int thread) {
    Workspace& w = work[static_cast<size_t>(thread)];
    const ProgressPlane plane = w.planes.model(0);
    w.search.begin(plane);
    for (int64_t begin = 0; begin < samples; begin += piece) {
      done.check();
      const SampleRange range{begin, 1, std::min(piece, samples - begin)};
      table.source_rows(model, range, w.scratch, [&](const SourceRows& rows, int64_t row) {
        const int64_t element = rows.dtype == LIGHTCONE_FLOAT32 ? 4 : 8;
        for (int64_t k = 0; k < rows.count; k += kAtOnce) {
          const int64_t n = begin + row + k, count = std::min(kAtOnce, rows.count - k);
          operations.geometry.progress_plane({rows.data + k * rows.stride_bytes, rows.stride_bytes / element, count,
                                              classes, rows.kind, rows.dtype, labels + n, plane.from(n)});
          w.search.filled(n + count);
        }
      });
    }
    out[model] = w.search.finish();
    done.add(samples);
  });
}

}  // namespace lightcone
