// SPDX-License-Identifier: Apache-2.0
#include "distance/streams.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/splitmix.h"

namespace lightcone {
namespace {

struct Workspace {
  Predictions::Scratch scratch;
  std::vector<double> rows;
};

// Samples [begin, begin + count) of a model as [n][stream][c].
void read_streams(const Call& call, const Predictions& table, int64_t model, SampleRange range,
                  Predictions::Scratch& scratch, double* out) {
  const int64_t classes = table.classes(), streams = call.plan.streams;
  table.rows(model, range, scratch, [&](int32_t kind, int64_t count, int64_t row, const double* raw) {
    double* rows = out + row * streams * classes;
    call.kernels.sqrt_rows(raw, kind, count, classes, rows);
    if (call.metric.source == Source::kRoot) return;
    for (int64_t k = 0; k < count * classes; ++k) rows[k] *= rows[k];
    if (streams == 1) return;
    // From the back, because the rows move apart.
    for (int64_t n = count; n-- > 0;) {
      double* p = rows + n * 2 * classes;
      std::memmove(p, rows + n * classes, static_cast<size_t>(classes) * sizeof(double));
      log_row(kind, classes, raw + n * classes, p + classes);
    }
  });
}

// Models packed together: one cache line of float64.
constexpr int64_t kGroup = 8;

// So many samples that the float64 rows of one group stay in a second-level cache: 512 KiB.
int64_t piece_samples(int64_t numbers) {
  return std::max<int64_t>(1, 524288 / (kGroup * numbers * static_cast<int64_t>(sizeof(double))));
}

template <class T>
T in_panel(double x) {
  if (x == -std::numeric_limits<double>::infinity()) return 0;
  constexpr double kLowest = static_cast<double>(std::numeric_limits<T>::lowest());
  return static_cast<T>(std::max(x, kLowest));
}

template <class T>
void fill_panels_as(const Call& call, const Predictions& table, SampleRange chunk, T* panels, StreamFacts* facts) {
  const int64_t classes = table.classes(), streams = call.plan.streams, numbers = streams * classes;
  const int64_t groups = blocks_of(table.models()) * (kBlock / kGroup), piece = piece_samples(numbers);
  const bool zeros = call.metric.source == Source::kLogarithm;
  std::vector<Workspace> work(static_cast<size_t>(call.team.size()));
  call.team.run(groups, [&](int64_t group, int thread) {
    Workspace& w = work[static_cast<size_t>(thread)];
    w.rows.resize(static_cast<size_t>(std::min(piece, chunk.count) * numbers));
    const int64_t first = group * kGroup, strip = first / kNestStrip;
    for (int64_t l = 0; l < kGroup; ++l) {
      const int64_t model = first + l;
      T* lane = panels + strip * chunk.count * numbers * kNestStrip + model % kNestStrip;
      double self = 0;
      uint64_t digest = 0;
      for (int64_t begin = 0; begin < chunk.count; begin += piece) {
        call.progress.check();
        const SampleRange range = slice(chunk, begin, std::min(piece, chunk.count - begin));
        T* out = lane + begin * numbers * kNestStrip;
        if (model >= table.models()) {
          for (int64_t k = 0; k < range.count * numbers; ++k) out[k * kNestStrip] = 0;
          continue;
        }
        read_streams(call, table, model, range, w.scratch, w.rows.data());
        for (int64_t n = 0; n < range.count; ++n) {
          const double* row = w.rows.data() + n * numbers;
          T* line = out + n * numbers * kNestStrip;
          for (int64_t k = 0; k < numbers; ++k) line[k * kNestStrip] = in_panel<T>(row[k]);
          for (int64_t k = 0; k < numbers; ++k)
            self += static_cast<double>(line[k * kNestStrip]) *
                    static_cast<double>(line[(k % classes + (streams - 1 - k / classes) * classes) * kNestStrip]);
          for (int64_t c = 0; zeros && c < classes; ++c)
            if (row[classes + c] == -std::numeric_limits<double>::infinity())
              digest ^= splitmix(static_cast<uint64_t>((range.begin + n * range.step) * classes + c));
        }
      }
      facts->self[static_cast<size_t>(model)] = self;
      facts->zeros[static_cast<size_t>(model)] ^= digest;
    }
  });
}

template <class Label>
void fill_labels_as(const Call& call, const Predictions& table, SampleRange chunk, Label* panels) {
  const int64_t classes = table.classes(), padded = (chunk.count + 63) / 64 * 64;
  const int64_t piece = piece_samples(classes);
  std::vector<Workspace> work(static_cast<size_t>(call.team.size()));
  call.team.run(table.models(), [&](int64_t model, int thread) {
    Label* labels = panels + model * padded;
    for (int64_t begin = 0; begin < chunk.count; begin += piece) {
      call.progress.check();
      const SampleRange range = slice(chunk, begin, std::min(piece, chunk.count - begin));
      table.rows(model, range, work[static_cast<size_t>(thread)].scratch,
                 [&](int32_t, int64_t count, int64_t row, const double* raw) {
                   for (int64_t n = 0; n < count; ++n) {
                     const double* x = raw + n * classes;
                     labels[begin + row + n] = static_cast<Label>(std::max_element(x, x + classes) - x);
                   }
                 });
    }
    std::fill(labels + chunk.count, labels + padded, Label{0});
  });
}

}  // namespace

void fill_stream_panels(const Call& call, const Predictions& table, SampleRange chunk, void* panels,
                        StreamFacts* facts) {
  if (call.plan.wide) {
    fill_panels_as(call, table, chunk, static_cast<double*>(panels), facts);
  } else {
    fill_panels_as(call, table, chunk, static_cast<float*>(panels), facts);
  }
}

void fill_label_panels(const Call& call, const Predictions& table, SampleRange chunk, void* panels) {
  if (call.plan.wide) {
    fill_labels_as(call, table, chunk, static_cast<uint16_t*>(panels));
  } else {
    fill_labels_as(call, table, chunk, static_cast<uint8_t*>(panels));
  }
}

void fill_stream_rows(const Call& call, const Predictions& table, SampleRange chunk, double* rows) {
  const int64_t numbers = call.plan.streams * table.classes(), stride = call.plan.stride;
  std::vector<Workspace> work(static_cast<size_t>(call.team.size()));
  call.team.run(table.models(), [&](int64_t model, int thread) {
    call.progress.check();
    Workspace& w = work[static_cast<size_t>(thread)];
    w.rows.resize(static_cast<size_t>(chunk.count * numbers));
    read_streams(call, table, model, chunk, w.scratch, w.rows.data());
    double* out = rows + model * numbers * stride;
    for (int64_t k = 0; k < numbers; ++k) {
      double* line = out + k * stride;
      for (int64_t n = 0; n < chunk.count; ++n) line[n] = w.rows[static_cast<size_t>(n * numbers + k)];
      for (int64_t n = chunk.count; n < stride; ++n) line[n] = k == 0 ? 1.0 : 0.0;
    }
  });
}

}  // namespace lightcone
