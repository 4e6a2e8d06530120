// SPDX-License-Identifier: Apache-2.0
// Geodesic (Eq 3), per sample: theta = arccos <sqrt p, sqrt q>,
//   gamma(t) = ([sin((1 - t) theta) sqrt p + sin(t theta) sqrt q] / sin theta)^2.
// theta is computed as 2 asin(|sqrt p - sqrt q| / 2), because arccos loses half its digits near 1; below
// 1e-8 p is copied.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/kernels.h"
#include "base/team.h"
#include "geometry/geometry.h"

namespace lightcone {
namespace {

// Samples at a time: three buffers of rows and the angles stay in a second-level cache.
int64_t piece_samples(int64_t classes) { return std::max<int64_t>(8, 16384 / classes / 8 * 8); }

// Throws INVALID_DATA for a row that is no distribution.
void check_row(const double* p, int64_t classes, int64_t sample, const char* name) {
  double sum = 0;
  for (int64_t c = 0; c < classes; ++c) {
    if (!(p[c] >= 0))
      throw Error(LIGHTCONE_INVALID_DATA, format("%s: sample %lld: class %lld has the probability %g", name,
                                                 (long long)sample, (long long)c, p[c]));
    sum += p[c];
  }
  if (!(std::fabs(sum - 1) <= 1e-3))
    throw Error(LIGHTCONE_INVALID_DATA,
                format("%s: sample %lld: the probabilities sum to %.9g, not to 1 within 0.001", name,
                       (long long)sample, sum));
}

void check_points(const double* t, int64_t points) {
  for (int64_t k = 0; k < points; ++k)
    if (!(t[k] >= 0 && t[k] <= 1))
      throw Error(LIGHTCONE_INVALID_ARGUMENT,
                  format("point %lld of the geodesic is t = %g, outside [0, 1]", (long long)k, t[k]));
}

struct Piece {
  explicit Piece(int64_t classes)
      : samples(piece_samples(classes)),
        u(static_cast<size_t>(samples * classes)),
        v(u.size()),
        angle(static_cast<size_t>(samples)) {}
  int64_t samples;
  std::vector<double> u, v, angle;
  Predictions::Scratch scratch;
};

// The points of `count` samples from `begin` on, between the square roots in the piece.
void write_points(const Kernels& kernels, Piece& piece, int64_t begin, int64_t count, int64_t samples,
                  int64_t classes, const double* t, int64_t points, double* out) {
  kernels.geometry.geodesic_angles(piece.u.data(), piece.v.data(), count, classes, piece.angle.data());
  for (int64_t k = 0; k < points; ++k)
    kernels.geometry.geodesic_points(piece.u.data(), piece.v.data(), piece.angle.data(), count, classes, t[k],
                                     out + (k * samples + begin) * classes);
}

}  // namespace

void read_roots(const Predictions& table, const Kernels& kernels, int64_t model, SampleRange range,
                Predictions::Scratch& scratch, double* s) {
  const int64_t classes = table.classes();
  table.rows(model, range, scratch, [&](int32_t kind, int64_t count, int64_t row, const double* raw) {
    kernels.sqrt_rows(raw, kind, count, classes, s + row * classes);
  });
}

void geodesic(const double* p, const double* q, int64_t samples, int64_t classes, const double* t,
              int64_t points, double* out) {
  check_points(t, points);
  const Kernels& table = kernels(LIGHTCONE_ISA_AUTO);
  Piece piece(classes);
  for (int64_t begin = 0; begin < samples; begin += piece.samples) {
    const int64_t count = std::min(piece.samples, samples - begin), offset = begin * classes;
    for (int64_t n = 0; n < count; ++n) {
      check_row(p + offset + n * classes, classes, begin + n, "the first end of the geodesic");
      check_row(q + offset + n * classes, classes, begin + n, "the second end of the geodesic");
    }
    table.sqrt_rows(p + offset, LIGHTCONE_PROBABILITIES, count, classes, piece.u.data());
    table.sqrt_rows(q + offset, LIGHTCONE_PROBABILITIES, count, classes, piece.v.data());
    write_points(table, piece, begin, count, samples, classes, t, points, out);
  }
}

void check_geodesic(const Predictions& table, int64_t from, int64_t to, const double* t, int64_t points) {
  check_points(t, points);
  for (const int64_t model : {from, to})
    if (model < 0 || model >= table.models())
      throw Error(LIGHTCONE_INVALID_ARGUMENT, format("model %lld is not one of the %lld models there are",
                                                     (long long)model, (long long)table.models()));
}

void geodesic_between(const Predictions& table, int64_t from, int64_t to, const double* t, int64_t points,
                      int threads, lightcone_control* control, double* out) {
  check_geodesic(table, from, to, t, points);
  const int64_t classes = table.classes(), samples = table.samples(), step = piece_samples(classes);
  const Kernels& table_of_isa = kernels(LIGHTCONE_ISA_AUTO);
  const Progress done(control, samples);
  Team team(threads);
  std::vector<Piece> work(static_cast<size_t>(team.size()), Piece(classes));
  team.run((samples + step - 1) / step, [&](int64_t task, int thread) {
    done.check();
    Piece& piece = work[static_cast<size_t>(thread)];
    const SampleRange range{task * step, 1, std::min(step, samples - task * step)};
    read_roots(table, table_of_isa, from, range, piece.scratch, piece.u.data());
    read_roots(table, table_of_isa, to, range, piece.scratch, piece.v.data());
    write_points(table_of_isa, piece, range.begin, range.count, samples, classes, t, points, out);
    done.add(range.count);
  });
}

}  // namespace lightcone
