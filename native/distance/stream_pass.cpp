// SPDX-License-Identifier: Apache-2.0
// The passes of all metrics but bhattacharyya's: panels of streams or labels under a tile operation, rows of streams
// under a pair operation.
#include "distance/streams.h"

namespace lightcone {
namespace {

class StreamFastPass final : public FastPass {
 public:
  explicit StreamFastPass(const Call& call)
      : call_(call),
        labels_(call.metric.source == Source::kLabel),
        operation_((labels_ ? !call.plan.wide : call.plan.wide) ? call.metric.exact : call.metric.fast),
        rows_(call.plan.row_panel_bytes),
        columns_(call.plan.column_panel_bytes),
        row_facts_(call.tables.shared() ? 0 : call.tables.rows->models()),
        column_facts_(call.tables.columns->models()) {}

  void load(SampleRange chunk, bool) override {
    count_ = chunk.count;
    fill(*call_.tables.columns, chunk, columns_, &column_facts_);
    if (!call_.tables.shared()) fill(*call_.tables.rows, chunk, rows_, &row_facts_);
  }

  void tile(const TilePart& part, int, double* sum) const override {
    const Grid& grid = call_.plan.grid;
    const int64_t classes = call_.tables.columns->classes();
    const int64_t number = call_.plan.wide ? 8 : 4;
    const int64_t panel = labels_ ? kBlock * ((count_ + 63) / 64 * 64) * (call_.plan.wide ? 2 : 1)
                                  : kBlock * count_ * call_.plan.streams * classes * number;
    MetricTile t{};
    t.rows = row_panels().as<char>() + part.i * panel;
    t.columns = columns_.as<char>() + part.j * panel;
    t.row_self = row_facts().self.data() + part.i * kBlock;
    t.column_self = column_facts_.self.data() + part.j * kBlock;
    t.samples = count_;
    t.classes = classes;
    t.row_begin = part.begin;
    t.row_end = part.end;
    t.column_count = grid.columns_in(part.j);
    t.diagonal = grid.diagonal(part.i, part.j);
    t.sum = sum;
    operation_(t);
  }

  void finish(const TilePart&, int, double*) const override {}

  bool flagged(int64_t row, int64_t column) const override {
    return row_facts().zeros[static_cast<size_t>(row)] != column_facts_.zeros[static_cast<size_t>(column)];
  }

 private:
  const AlignedBuffer& row_panels() const { return call_.tables.shared() ? columns_ : rows_; }
  const StreamFacts& row_facts() const { return call_.tables.shared() ? column_facts_ : row_facts_; }

  void fill(const Predictions& table, SampleRange chunk, const AlignedBuffer& panels, StreamFacts* facts) {
    if (labels_) {
      fill_label_panels(call_, table, chunk, panels.as<void>());
    } else {
      fill_stream_panels(call_, table, chunk, panels.as<void>(), facts);
    }
  }

  const Call& call_;
  const bool labels_;
  const TileOperation operation_;
  const AlignedBuffer rows_, columns_;
  StreamFacts row_facts_, column_facts_;
  int64_t count_ = 0;
};

class StreamNearPass final : public NearPass {
 public:
  explicit StreamNearPass(const Call& call)
      : call_(call), rows_(call.plan.row_pair_bytes), columns_(call.plan.column_pair_bytes) {}

  void load(SampleRange chunk) override {
    fill_stream_rows(call_, *call_.tables.columns, chunk, columns_.as<double>());
    if (!call_.tables.shared()) fill_stream_rows(call_, *call_.tables.rows, chunk, rows_.as<double>());
  }

  double pair(int64_t row, int64_t column, int64_t* infinite) const override {
    const int64_t classes = call_.tables.columns->classes(), stride = call_.plan.stride;
    const int64_t model = call_.plan.streams * classes * stride;
    int32_t listed[kPairSamples], count = 0;
    const double sum = call_.metric.pair((call_.tables.shared() ? columns_ : rows_).as<double>() + row * model,
                                         columns_.as<double>() + column * model, stride, stride, classes, listed,
                                         &count);
    *infinite += count;
    return sum;
  }

 private:
  const Call& call_;
  const AlignedBuffer rows_, columns_;
};

}  // namespace

std::unique_ptr<FastPass> stream_fast_pass(const Call& call) { return std::make_unique<StreamFastPass>(call); }
std::unique_ptr<NearPass> stream_near_pass(const Call& call) { return std::make_unique<StreamNearPass>(call); }

}  // namespace lightcone
