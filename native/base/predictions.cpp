// SPDX-License-Identifier: Apache-2.0
#include "base/predictions.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>

namespace lightcone {

// Rows whose sum is off by more than this are not distributions; float32 softmax over 1,000 classes is
// off by 1e-5, a float16 table by 5e-4.
constexpr double kSumTolerance = 1e-3;

class File {
 public:
  // Not blocking: a pipe without a writer would keep open() waiting; it says nothing to regular files.
  explicit File(const std::string& path)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0)
      throw Error(LIGHTCONE_IO, format("cannot open %s: %s", path.c_str(), std::strerror(errno)));
    struct stat status {};
    if (::fstat(fd_, &status) == 0 && S_ISREG(status.st_mode)) return;
    ::close(fd_);
    throw Error(LIGHTCONE_IO, format("cannot read %s: it is %s, not a regular file; save the predictions to one",
                                     path.c_str(), S_ISDIR(status.st_mode) ? "a folder" : "a pipe or a device"));
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const std::string& path() const { return path_; }

  int64_t size() const {
    struct stat status;
    if (::fstat(fd_, &status) != 0)
      throw Error(LIGHTCONE_IO, format("cannot examine %s: %s", path_.c_str(), std::strerror(errno)));
    return status.st_size;
  }

  void read(int64_t offset, int64_t length, char* out) const {
    while (length > 0) {
      const ssize_t got = ::pread(fd_, out, static_cast<size_t>(length), offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        throw Error(LIGHTCONE_IO, format("cannot read %s: %s", path_.c_str(), std::strerror(errno)));
      if (got == 0)
        throw Error(LIGHTCONE_IO, format("%s became shorter while it was read", path_.c_str()));
      out += got;
      offset += got;
      length -= got;
    }
  }

 private:
  std::string path_;
  int fd_;
};

namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

int64_t element_bytes(int32_t dtype) { return dtype == LIGHTCONE_FLOAT32 ? 4 : 8; }

// Bytes from the block's first number to behind its last; throws if that overflows.
int64_t extent(const Block& b, int64_t classes) {
  int64_t row = 0, body = 0, last = 0, end = 0;
  if (__builtin_mul_overflow(classes, element_bytes(b.dtype), &row) ||
      __builtin_mul_overflow(row, b.samples, &body) ||
      __builtin_mul_overflow(b.models - 1, b.model_stride_bytes, &last) ||
      __builtin_add_overflow(last, body, &end) || end > kMax / 2)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, "a block of predictions is larger than the address space");
  if (b.models > 1 && b.model_stride_bytes < body)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("model stride of %lld bytes: %lld samples of one model need %lld",
                       (long long)b.model_stride_bytes, (long long)b.samples, (long long)body));
  return end;
}

}  // namespace

Predictions::Predictions(int64_t models, int64_t samples, int64_t classes)
    : models_(models), samples_(samples), classes_(classes) {
  if (models < 1 || samples < 1 || classes < 2)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("predictions of shape (%lld, %lld, %lld): at least 1 model, 1 sample and 2 classes",
                       (long long)models, (long long)samples, (long long)classes));
  int64_t row = 0, model = 0, all = 0;
  if (__builtin_mul_overflow(classes, int64_t{8}, &row) ||
      __builtin_mul_overflow(row, samples, &model) || __builtin_mul_overflow(model, models, &all))
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("predictions of shape (%lld, %lld, %lld) are larger than the address space",
                       (long long)models, (long long)samples, (long long)classes));
}

void Predictions::add(Block block) {
  if (validated_)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, "predictions take no more blocks once validated");
  if (block.kind < LIGHTCONE_PROBABILITIES || block.kind > LIGHTCONE_LOGITS)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown kind of predictions %d", block.kind));
  if (block.dtype != LIGHTCONE_FLOAT32 && block.dtype != LIGHTCONE_FLOAT64)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("unknown element type %d", block.dtype));
  if (block.models < 1 || block.model_begin < 0 || block.model_begin > models_ - block.models ||
      block.samples < 1 || block.sample_begin < 0 || block.sample_begin > samples_ - block.samples)
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("block of models [%lld, +%lld) and samples [%lld, +%lld) does not lie in the table "
                       "of %lld models and %lld samples",
                       (long long)block.model_begin, (long long)block.models,
                       (long long)block.sample_begin, (long long)block.samples, (long long)models_,
                       (long long)samples_));
  extent(block, classes_);
  if (!block.file) {
    if (block.address == nullptr)
      throw Error(LIGHTCONE_INVALID_ARGUMENT, "the address of a block of predictions is null");
    const int64_t align = element_bytes(block.dtype);
    if (reinterpret_cast<uintptr_t>(block.address) % align != 0 || block.model_stride_bytes % align != 0)
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("a block of predictions is not aligned to its %d-byte elements", (int)align));
  }
  blocks_.push_back(std::move(block));
}

void Predictions::add_file(const std::string& path, Block block) {
  // The blocks of one file (chunks of a run) share its descriptor.
  for (auto it = blocks_.rbegin(); it != blocks_.rend() && !block.file; ++it)
    if (it->file && it->file->path() == path) block.file = it->file;
  if (!block.file) block.file = std::make_shared<File>(path);
  if (block.offset < 0)
    throw Error(LIGHTCONE_INVALID_ARGUMENT, format("negative offset into %s", path.c_str()));
  block.name = path;
  block.address = nullptr;
  if (block.models >= 1 && block.samples >= 1 &&
      (block.dtype == LIGHTCONE_FLOAT32 || block.dtype == LIGHTCONE_FLOAT64)) {
    const int64_t size = block.file->size(), need = extent(block, classes_);
    if (block.offset > size || need > size - block.offset)
      throw Error(LIGHTCONE_IO, format("%s is too short: %lld bytes, its shape needs %lld behind offset %lld",
                                       path.c_str(), (long long)size, (long long)need, (long long)block.offset));
  }
  add(std::move(block));
}

void Predictions::index() {
  band_begin_.assign(1, 0);
  for (const Block& b : blocks_) {
    band_begin_.push_back(b.model_begin);
    band_begin_.push_back(b.model_begin + b.models);
  }
  band_begin_.push_back(models_);
  std::sort(band_begin_.begin(), band_begin_.end());
  band_begin_.erase(std::unique(band_begin_.begin(), band_begin_.end()), band_begin_.end());
  const size_t bands = band_begin_.size() - 1;
  band_blocks_.assign(bands, {});
  for (size_t k = 0; k < blocks_.size(); ++k) {
    const Block& b = blocks_[k];
    size_t band = std::lower_bound(band_begin_.begin(), band_begin_.end(), b.model_begin) -
                  band_begin_.begin();
    for (; band < bands && band_begin_[band] < b.model_begin + b.models; ++band)
      band_blocks_[band].push_back(static_cast<int32_t>(k));
  }
  for (size_t band = 0; band < bands; ++band) {
    std::vector<int32_t>& list = band_blocks_[band];
    std::sort(list.begin(), list.end(), [this](int32_t x, int32_t y) {
      return blocks_[x].sample_begin < blocks_[y].sample_begin;
    });
    int64_t covered = 0;
    for (const int32_t k : list) {
      if (blocks_[k].sample_begin != covered) break;
      covered += blocks_[k].samples;
    }
    int64_t area = 0;
    for (const int32_t k : list) area += blocks_[k].samples;
    if (covered != samples_ || area != samples_)
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("the blocks of predictions do not cover model %lld exactly once: %lld of %lld "
                         "samples in order, %lld in all",
                         (long long)band_begin_[band], (long long)covered, (long long)samples_,
                         (long long)area));
  }
}

const Block& Predictions::find(int64_t model, int64_t sample) const {
  const size_t band = std::upper_bound(band_begin_.begin(), band_begin_.end(), model) -
                      band_begin_.begin() - 1;
  const std::vector<int32_t>& list = band_blocks_[band];
  auto it = std::upper_bound(list.begin(), list.end(), sample, [this](int64_t s, int32_t k) {
    return s < blocks_[k].sample_begin;
  });
  return blocks_[*(it - 1)];
}

SourceRows Predictions::locate(int64_t model, SampleRange range, int64_t done, Scratch& scratch) const {
  const int64_t first = range.begin + done * range.step;
  const Block& b = find(model, first);
  const int64_t end = b.sample_begin + b.samples;
  const int64_t count = std::min(range.count - done, (end - first - 1) / range.step + 1);
  const int64_t row_bytes = classes_ * element_bytes(b.dtype);
  const int64_t span = ((count - 1) * range.step + 1) * row_bytes;
  const int64_t offset =
      (model - b.model_begin) * b.model_stride_bytes + (first - b.sample_begin) * row_bytes;
  if (!b.file) return {b.kind, b.dtype, count, range.step * row_bytes, b.address + offset};
  scratch.bytes.resize(static_cast<size_t>(span));
  b.file->read(b.offset + offset, span, scratch.bytes.data());
  return {b.kind, b.dtype, count, range.step * row_bytes, scratch.bytes.data()};
}

int64_t Predictions::fetch(int64_t model, SampleRange range, int64_t done, Scratch& scratch,
                           int32_t* kind) const {
  const SourceRows source = locate(model, range, done, scratch);
  const size_t row_bytes = static_cast<size_t>(classes_ * element_bytes(source.dtype));
  scratch.raw.resize(static_cast<size_t>(source.count * classes_));
  double* raw = scratch.raw.data();
  const bool adjacent = source.stride_bytes == static_cast<int64_t>(row_bytes);  // then one long row
  const int64_t rows = adjacent ? 1 : source.count, length = adjacent ? source.count * classes_ : classes_;
  for (int64_t r = 0; r < rows; ++r) {
    const char* row = source.data + r * source.stride_bytes;
    if (source.dtype == LIGHTCONE_FLOAT64) {
      std::memcpy(raw + r * length, row, static_cast<size_t>(length) * sizeof(double));
    } else {
      for (int64_t k = 0; k < length; ++k) {
        float value;
        std::memcpy(&value, row + 4 * k, 4);
        raw[r * length + k] = value;
      }
    }
  }
  *kind = source.kind;
  return source.count;
}

void Predictions::check_row(const Block& block, int64_t model, int64_t sample, const double* row) const {
  const auto fail = [&](const std::string& what) {
    throw Error(LIGHTCONE_INVALID_DATA, format("%s: model %lld, sample %lld: %s", block.name.c_str(),
                                               (long long)model, (long long)sample, what.c_str()));
  };
  double sum = 0, largest = -std::numeric_limits<double>::infinity();
  for (int64_t c = 0; c < classes_; ++c) {
    const double x = row[c];
    if (std::isnan(x)) fail(format("class %lld is NaN", (long long)c));
    if (x == std::numeric_limits<double>::infinity()) fail(format("class %lld is inf", (long long)c));
    if (block.kind == LIGHTCONE_PROBABILITIES) {
      if (x < 0) fail(format("class %lld has the negative probability %g", (long long)c, x));
      sum += x;
    } else if (block.kind == LIGHTCONE_LOG_PROBABILITIES) {
      sum += std::exp(x);
    }
    largest = std::max(largest, x);
  }
  if (block.kind == LIGHTCONE_LOGITS) {
    if (std::isinf(largest)) fail("every logit is -inf");
  } else if (!(std::fabs(sum - 1.0) <= kSumTolerance)) {
    fail(format("the probabilities sum to %.9g, not to 1 within %g (are they %s?)", sum, kSumTolerance,
                block.kind == LIGHTCONE_PROBABILITIES ? "logits or log-probabilities"
                                                      : "logits or probabilities"));
  }
}

void Predictions::validate(int threads, lightcone_control* control) {
  if (validated_) return;
  index();
  // A task is a piece of one model of about 64 KiB, long enough to hide its cost. Failures are kept
  // by row, so that the first one is named whatever the threads did.
  const int64_t piece = std::max<int64_t>(1, 8192 / classes_);
  const int64_t pieces = (samples_ + piece - 1) / piece;
  Progress progress(control, models_ * samples_);
  Team team(threads);
  std::vector<Scratch> scratch(static_cast<size_t>(team.size()));
  std::mutex mutex;
  std::atomic<int64_t> first_bad{kMax};
  std::unique_ptr<Error> failure;
  team.run(models_ * pieces, [&](int64_t task, int thread) {
    progress.check();
    if (task > first_bad.load(std::memory_order_relaxed)) return;
    const int64_t model = task / pieces, begin = task % pieces * piece;
    const SampleRange range{begin, 1, std::min(piece, samples_ - begin)};
    try {
      rows(model, range, scratch[thread], [&](int32_t, int64_t count, int64_t row, const double* raw) {
        const Block& block = find(model, begin + row);
        for (int64_t r = 0; r < count; ++r)
          check_row(block, model, begin + row + r, raw + r * classes_);
      });
    } catch (const Error& error) {
      if (error.status() != LIGHTCONE_INVALID_DATA) throw;
      std::lock_guard<std::mutex> lock(mutex);
      if (task < first_bad) {
        first_bad = task;
        failure = std::make_unique<Error>(error);
      }
    }
    progress.add(range.count);
  });
  if (failure) throw *failure;
  validated_ = true;
}

void Predictions::log_rows(int64_t model, SampleRange range, Scratch& scratch, double* out) const {
  rows(model, range, scratch, [&](int32_t kind, int64_t count, int64_t row, const double* raw) {
    for (int64_t r = 0; r < count; ++r) log_row(kind, classes_, raw + r * classes_, out + (row + r) * classes_);
  });
}

void log_row(int32_t kind, int64_t classes, const double* raw, double* out) {
  double sum = 0;
  if (kind == LIGHTCONE_PROBABILITIES) {
    for (int64_t c = 0; c < classes; ++c) sum += raw[c];
    for (int64_t c = 0; c < classes; ++c) out[c] = std::log(raw[c]) - std::log(sum);
  } else {
    const double largest = *std::max_element(raw, raw + classes);
    for (int64_t c = 0; c < classes; ++c) sum += std::exp(raw[c] - largest);
    const double shift = largest + std::log(sum);
    for (int64_t c = 0; c < classes; ++c) out[c] = raw[c] - shift;
  }
}

}  // namespace lightcone
