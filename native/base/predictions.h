// SPDX-License-Identifier: Apache-2.0
// A table (M, N, C) of predictions, put together from rectangular blocks in memory and in files, and
// read as float64 rows. Immutable and shared by threads once validated.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/control.h"
#include "base/team.h"
#include "lightcone.h"

namespace lightcone {

class File;  // an open descriptor

struct Block {
  int64_t model_begin, models, sample_begin, samples;
  int64_t model_stride_bytes;
  int32_t kind, dtype;
  std::string name;             // for messages
  const char* address;          // memory, or
  std::shared_ptr<File> file;   // a file
  int64_t offset;
};

// begin, begin + step, ...: count samples.
struct SampleRange {
  int64_t begin, step, count;
};

// Rows of one kind as they lie in memory: `count` rows of C elements, `stride_bytes` apart, aligned to the element.
struct SourceRows {
  int32_t kind, dtype;
  int64_t count, stride_bytes;
  const char* data;
};

class Predictions {
 public:
  Predictions(int64_t models, int64_t samples, int64_t classes);

  int64_t models() const { return models_ - first_; }
  int64_t samples() const { return samples_; }
  int64_t classes() const { return classes_; }
  bool validated() const { return validated_; }
  // Some of its numbers are float64.
  bool wide() const {
    return std::any_of(blocks_.begin(), blocks_.end(), [](const Block& b) { return b.dtype == LIGHTCONE_FLOAT64; });
  }

  void add(Block block);                               // memory
  void add_file(const std::string& path, Block block); // opens the file and checks its length
  void validate(int threads, lightcone_control* control);

  // Calls use(kind, rows, row, raw) for the maximal runs of samples of one kind: `rows` of C float64
  // numbers, the first of them row `row` of the range. Scratch belongs to the calling thread.
  struct Scratch {
    std::vector<char> bytes;
    std::vector<double> raw;
  };
  template <class Use>
  void rows(int64_t model, SampleRange range, Scratch& scratch, Use&& use) const {
    int64_t done = 0;
    while (done < range.count) {
      int32_t kind = 0;
      const int64_t count = fetch(first_ + model, range, done, scratch, &kind);
      use(kind, count, done, scratch.raw.data());
      done += count;
    }
  }

  // The same without conversion: calls use(source_rows, row). For kernels that convert as they go.
  template <class Use>
  void source_rows(int64_t model, SampleRange range, Scratch& scratch, Use&& use) const {
    int64_t done = 0;
    while (done < range.count) {
      const SourceRows source = locate(first_ + model, range, done, scratch);
      use(source, done);
      done += source.count;
    }
  }

  // The same table without its first models: a list of blocks of its own, of the same numbers.
  Predictions tail(int64_t first_model) const {
    Predictions rest(*this);
    rest.first_ += first_model;
    return rest;
  }

  // Normalised log-probabilities (count, C).
  void log_rows(int64_t model, SampleRange range, Scratch& scratch, double* out) const;

 private:
  const Block& find(int64_t model, int64_t sample) const;
  SourceRows locate(int64_t model, SampleRange range, int64_t done, Scratch& scratch) const;
  int64_t fetch(int64_t model, SampleRange range, int64_t done, Scratch& scratch, int32_t* kind) const;
  void index();
  void check_row(const Block& block, int64_t model, int64_t sample, const double* row) const;

  int64_t models_, samples_, classes_;
  int64_t first_ = 0;  // model 0 of this view
  std::vector<Block> blocks_;
  // Models of one band share their blocks: band b is [band_begin_[b], band_begin_[b + 1]), its blocks,
  // in order of samples, are band_blocks_[b].
  std::vector<int64_t> band_begin_;
  std::vector<std::vector<int32_t>> band_blocks_;
  bool validated_ = false;
};

// One row of C numbers of a kind as normalised float64 log-probabilities, -inf for a zero.
void log_row(int32_t kind, int64_t classes, const double* raw, double* out);

}  // namespace lightcone

// The handle of the C ABI.
struct lightcone_predictions {
  lightcone::Predictions table;
};
