// SPDX-License-Identifier: Apache-2.0
// bhattacharyya's passes: the float32 product trick over the dithered panels of panels.h, and pairs in float64 with
// the log domain behind them.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "distance/panels.h"
#include "distance/passes.h"

namespace lightcone {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class ProductFastPass final : public FastPass {
 public:
  explicit ProductFastPass(const Call& call)
      : call_(call),
        rows_(call.tables.shared() ? 0 : call.plan.row_panel_bytes),
        columns_(call.plan.column_panel_bytes),
        states_(call.plan.state_bytes),
        row_smallest_(static_cast<size_t>(blocks_of(call.tables.rows->models()))),
        column_smallest_(static_cast<size_t>(blocks_of(call.tables.columns->models()))),
        scale_(static_cast<size_t>(call.plan.chunk)) {}

  void load(SampleRange chunk, bool first) override {
    const double log_scale = fill_scale(chunk, scale_.data());
    fill(*call_.tables.columns, chunk, columns_, column_smallest_);
    if (!call_.tables.shared()) fill(*call_.tables.rows, chunk, rows_, row_smallest_);
    count_ = chunk.count;
    long_ = !first && in_products_ + count_ > kLongestProduct;
    first_ = first || long_;
    if (long_) ended_log_scale_ = log_scale_;
    in_products_ = count_ + (first_ ? 0 : in_products_);
    log_scale_ = log_scale + (first_ ? 0 : log_scale_);
  }

  void tile(const TilePart& part, int thread, double* sum) const override {
    const bool shared = call_.tables.shared();
    const int64_t classes = call_.tables.columns->classes(), panel = count_ * classes * kBlock;
    if (long_) end(part, thread, ended_log_scale_, sum);
    const double row_smallest = (shared ? column_smallest_ : row_smallest_)[static_cast<size_t>(part.i)];
    TileArgs args{};
    args.rows = (shared ? columns_ : rows_).as<float>() + part.i * panel;
    args.columns = columns_.as<float>() + part.j * panel;
    args.samples = count_;
    args.classes = classes;
    args.pairs = pairs(part);
    args.first = first_;
    // BC >= min_c s_c of either row, because the other row's s sum to at least 1.
    args.guarded = std::max(row_smallest, column_smallest_[static_cast<size_t>(part.j)]) < kGuardedBelow;
    args.state = state_in(call_.plan.long_products ? own_state(part) : sum);
    call_.kernels.distance.bhattacharyya_tile(args);
  }

  void finish(const TilePart& whole, int thread, double* sum) const override { end(whole, thread, log_scale_, sum); }

  bool flagged(int64_t, int64_t) const override { return false; }

 private:
  // A tile's state, two float32 matrices, takes the memory of its float64 sums: it lives there until they are needed,
  // unless the products end before (long_products) and the sums have to be kept beside them.
  static TileState state_in(double* memory) {
    float* const product = reinterpret_cast<float*>(memory);
    return {product, product + kTile};
  }
  double* own_state(const TilePart& part) const { return states_.as<double>() + part.tile * kTile; }
  TilePairs pairs(const TilePart& part) const {
    const Grid& grid = call_.plan.grid;
    return {part.begin, part.end, grid.columns_in(part.j), grid.diagonal(part.i, part.j)};
  }

  // The products of a whole tile to the sums; of a part where the sums are apart.
  void end(const TilePart& part, int thread, double log_scale, double* sum) const {
    double* memory;
    if (call_.plan.long_products) {
      memory = own_state(part);
    } else {
      memory = states_.as<double>() + thread * kTile;
      std::memcpy(memory, sum, kTile * sizeof(double));
      std::memset(sum, 0, kTile * sizeof(double));
    }
    call_.kernels.distance.bhattacharyya_finish(pairs(part), state_in(memory), log_scale, sum);
  }

  void fill(const Predictions& table, SampleRange chunk, const AlignedBuffer& panels, std::vector<double>& smallest) {
    fill_panels(table, call_.kernels, chunk, call_.team, call_.progress, scale_.data(), panels.as<float>(),
                smallest.data());
  }

  const Call& call_;
  const AlignedBuffer rows_, columns_, states_;
  std::vector<double> row_smallest_, column_smallest_, scale_;
  int64_t count_ = 0, in_products_ = 0;     // samples
  double log_scale_ = 0, ended_log_scale_ = 0;
  bool first_ = true, long_ = false;
};

class ProductNearPass final : public NearPass {
 public:
  explicit ProductNearPass(const Call& call)
      : call_(call),
        pair_(call.options.precision == LIGHTCONE_PRECISION_COMPAT ? call.metric.compat : call.metric.pair),
        rows_(call.tables.shared() ? 0 : call.plan.row_pair_bytes),
        columns_(call.plan.column_pair_bytes),
        row_deep_(static_cast<size_t>(call.tables.rows->models())),
        column_deep_(static_cast<size_t>(call.tables.columns->models())) {}

  void load(SampleRange chunk) override {
    chunk_ = chunk;
    fill(*call_.tables.columns, columns_, column_deep_);
    if (!call_.tables.shared()) fill(*call_.tables.rows, rows_, row_deep_);
  }

  double pair(int64_t row, int64_t column, int64_t* infinite) const override {
    const bool shared = call_.tables.shared();
    const int64_t stride = call_.plan.stride, classes = call_.tables.columns->classes();
    int32_t tiny[kPairSamples], tiny_count = 0;
    double sum = pair_((shared ? columns_ : rows_).as<double>() + row * classes * stride,
                       columns_.as<double>() + column * classes * stride, stride, stride, classes, tiny, &tiny_count);
    if (tiny_count == 0) return sum;
    const bool deep = (shared ? column_deep_ : row_deep_)[static_cast<size_t>(row)] ||
                      column_deep_[static_cast<size_t>(column)];
    if (!deep) {
      *infinite += tiny_count;
      return sum;
    }
    for (int32_t k = 0; k < tiny_count; ++k) {
      const double term = log_domain(row, column, chunk_.begin + tiny[k] * chunk_.step);
      if (term < kInfinity) {
        sum += term;
      } else {
        ++*infinite;
      }
    }
    return sum;
  }

 private:
  void fill(const Predictions& table, const AlignedBuffer& rows, std::vector<char>& deep) {
    fill_rows64(table, call_.kernels, chunk_, call_.plan.stride, call_.team, call_.progress, rows.as<double>(), &deep);
  }

  // -log BC of one sample by log-sum-exp: for products that float64 cannot hold (below 1e-290).
  double log_domain(int64_t row, int64_t column, int64_t sample) const {
    const int64_t classes = call_.tables.columns->classes();
    std::vector<double> a(static_cast<size_t>(classes)), b(a);
    Predictions::Scratch scratch;
    call_.tables.rows->log_rows(row, {sample, 1, 1}, scratch, a.data());
    call_.tables.columns->log_rows(column, {sample, 1, 1}, scratch, b.data());
    double largest = -kInfinity, sum = 0;
    for (size_t c = 0; c < a.size(); ++c) largest = std::max(largest, a[c] = 0.5 * (a[c] + b[c]));
    if (largest == -kInfinity) return kInfinity;
    for (const double x : a) sum += std::exp(x - largest);
    return -(largest + std::log(sum));
  }

  const Call& call_;
  const PairOperation pair_;
  const AlignedBuffer rows_, columns_;
  std::vector<char> row_deep_, column_deep_;
  SampleRange chunk_{};
};

}  // namespace

std::unique_ptr<FastPass> product_fast_pass(const Call& call) { return std::make_unique<ProductFastPass>(call); }
std::unique_ptr<NearPass> product_near_pass(const Call& call) { return std::make_unique<ProductNearPass>(call); }

}  // namespace lightcone
