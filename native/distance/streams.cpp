// SPDX-License-Identifier: Apache-2.0
#include "distance/streams.h"

#include <algorithm>
#include <limits>

#include "base/splitmix.h"

namespace lightcone {
namespace {

struct Workspace {
  Predictions::Scratch scratch;
  std::vector<double> rows;
};

// The range of a model as [stream][n][c], the streams `plane` apart; whether a log is -inf.
bool read_streams(const Call& call, const Predictions& table, int64_t model, SampleRange range,
                  Predictions::Scratch& scratch, double* out, int64_t plane) {
  const int64_t classes = table.classes();
  bool zero = false;
  table.rows(model, range, scratch, [&](int32_t kind, int64_t count, int64_t row, const double* raw) {
    double* rows = out + row * classes;
    double* logs = call.plan.streams == 2 ? rows + plane : nullptr;
    zero |= call.kernels.distance.stream_rows(raw, kind, call.metric.source, count, classes, rows, logs);
  });
  return zero;
}

// Models packed together: one cache line of float64.
constexpr int64_t kGroup = 8;

// So many samples that the float64 rows of one group stay in a second-level cache: 512 KiB. Whole groups of products
// where they are as many.
int64_t piece_samples(int64_t numbers) {
  const int64_t fit = 524288 / (kGroup * numbers * static_cast<int64_t>(sizeof(double)));
  return fit < 16 ? std::max<int64_t>(1, fit) : fit / 16 * 16;
}

uint64_t digest_of_zeros(SampleRange range, int64_t classes, const double* logs) {
  uint64_t digest = 0;
  for (int64_t n = 0; n < range.count; ++n)
    for (int64_t c = 0; c < classes; ++c)
      if (logs[n * classes + c] == -std::numeric_limits<double>::infinity())
        digest ^= splitmix(static_cast<uint64_t>((range.begin + n * range.step) * classes + c));
  return digest;
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
  const int64_t classes = table.classes(), streams = call.plan.streams, numbers = streams * classes;
  const int64_t groups = blocks_of(table.models()) * (kBlock / kGroup);
  const int64_t piece = std::min(piece_samples(numbers), chunk.count);
  const int64_t plane = piece * classes, model_numbers = streams * plane;
  const auto pack = call.plan.wide ? call.kernels.distance.pack_streams64 : call.kernels.distance.pack_streams32;
  const int64_t number = call.plan.wide ? 8 : 4;
  std::vector<Workspace> work(static_cast<size_t>(call.team.size()));
  call.team.run(groups, [&](int64_t group, int thread) {
    Workspace& w = work[static_cast<size_t>(thread)];
    const int64_t first = group * kGroup, strip = first / kNestStrip;
    const int64_t there = std::clamp<int64_t>(table.models() - first, 0, kGroup);
    w.rows.resize(static_cast<size_t>(kGroup * model_numbers));
    std::fill(w.rows.begin() + there * model_numbers, w.rows.end(), 0.0);  // models that are not there
    const double* rows[kGroup];
    for (int64_t l = 0; l < kGroup; ++l) rows[l] = w.rows.data() + l * model_numbers;
    double* self = facts->self.data() + first;
    std::fill(self, self + kGroup, 0.0);
    for (int64_t begin = 0; begin < chunk.count; begin += piece) {
      const SampleRange range = slice(chunk, begin, std::min(piece, chunk.count - begin));
      for (int64_t l = 0; l < there; ++l) {
        call.progress.check();
        double* model = w.rows.data() + l * model_numbers;
        if (read_streams(call, table, first + l, range, w.scratch, model, plane))
          facts->zeros[static_cast<size_t>(first + l)] ^= digest_of_zeros(range, classes, model + plane);
      }
      char* out = static_cast<char*>(panels) +
                  ((strip * chunk.count + begin) * numbers * kNestStrip + first % kNestStrip) * number;
      pack({rows, plane, range.count, classes, streams, out, self});
    }
  });
}

void fill_label_panels(const Call& call, const Predictions& table, SampleRange chunk, void* panels) {
  if (call.plan.wide) {
    fill_labels_as(call, table, chunk, static_cast<uint16_t*>(panels));
  } else {
    fill_labels_as(call, table, chunk, static_cast<uint8_t*>(panels));
  }
}

void fill_stream_rows(const Call& call, const Predictions& table, SampleRange chunk, double* rows) {
  const int64_t classes = table.classes(), streams = call.plan.streams, stride = call.plan.stride;
  const int64_t plane = chunk.count * classes;
  std::vector<Workspace> work(static_cast<size_t>(call.team.size()));
  call.team.run(table.models(), [&](int64_t model, int thread) {
    call.progress.check();
    Workspace& w = work[static_cast<size_t>(thread)];
    w.rows.resize(static_cast<size_t>(streams * plane));
    read_streams(call, table, model, chunk, w.scratch, w.rows.data(), plane);
    for (int64_t k = 0; k < streams * classes; ++k) {
      const double* from = w.rows.data() + k / classes * plane + k % classes;
      double* line = rows + (model * streams * classes + k) * stride;
      for (int64_t n = 0; n < chunk.count; ++n) line[n] = from[n * classes];
      for (int64_t n = chunk.count; n < stride; ++n) line[n] = k == 0 ? 1.0 : 0.0;
    }
  });
}

}  // namespace lightcone
