// SPDX-License-Identifier: Apache-2.0
// Planes through triplets: v1 = x2 - x1, v2 = x3 - x1, u = v1 / |v1|, c = <u, v2>, r = v2 - c u, w = r / |r|, all
// in float64. u and w are never formed: the point at (s, t) is x1 + a v1 + b v2 with b = t / |r| and
// a = (s - c b) / |v1|, so that a vertex has a and b of exactly 0 and 1.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/team.h"
#include "plane/planes.h"

namespace lightcone {
namespace {

template <class T>
const T* row(const lightcone_rows& rows, int64_t index) {
  return reinterpret_cast<const T*>(static_cast<const char*>(rows.data) + index * rows.stride_bytes);
}

// sum over k of term(k) in eight partial sums: the same bits everywhere, and an error of D / 8 + 3 roundings.
template <class Term>
double sum_of(int64_t width, Term&& term) {
  double lanes[8] = {};
  int64_t k = 0;
  for (; k + 8 <= width; k += 8)
    for (int64_t l = 0; l < 8; ++l) lanes[l] += term(k + l);
  for (int64_t l = 0; k < width; ++k, ++l) lanes[l] += term(k);
  return ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
}

std::string named(const int64_t* triplet, int64_t index) {
  return format("triplet %lld (images %lld, %lld, %lld)", (long long)index, (long long)triplet[0],
                (long long)triplet[1], (long long)triplet[2]);
}

[[noreturn]] void refuse(const std::string& message) { throw Error(LIGHTCONE_INVALID_DATA, message); }

template <class T>
double largest_entry(const lightcone_rows& images, const int64_t* triplet, int64_t index) {
  double largest = 0;
  for (int v = 0; v < 3; ++v) {
    const T* x = row<T>(images, triplet[v]);
    for (int64_t k = 0; k < images.width; ++k) {
      const double size = std::fabs(static_cast<double>(x[k]));
      if (!(size <= 1.7976931348623157e308))
        refuse(format("%s: entry %lld of image %lld is %g; every entry must be finite",
                      named(triplet, index).c_str(), (long long)k, (long long)triplet[v],
                      static_cast<double>(x[k])));
      largest = std::max(largest, size);
    }
  }
  return largest;
}

template <class T>
void vertices_of(const lightcone_rows& images, const int64_t* triplet, int64_t index, double* out) {
  const double largest = largest_entry<T>(images, triplet, index);
  // A power of two: the squares neither overflow nor vanish, and no bit is lost.
  const int exponent = largest > 0 ? std::ilogb(largest) + 1 : 0;
  const double half = std::ldexp(1.0, -exponent / 2), other = std::ldexp(1.0, -exponent - -exponent / 2);
  const T* x[3] = {row<T>(images, triplet[0]), row<T>(images, triplet[1]), row<T>(images, triplet[2])};
  const auto at = [&](int v, int64_t k) { return static_cast<double>(x[v][k]) * half * other; };
  const int64_t width = images.width;
  double norm[3], side[3];
  for (int v = 0; v < 3; ++v) {
    norm[v] = std::sqrt(sum_of(width, [&](int64_t k) { return at(v, k) * at(v, k); }));
    const int from = v == 2 ? 1 : 0, to = v == 0 ? 1 : 2;  // sides 01, 02, 12
    side[v] = std::sqrt(sum_of(width, [&](int64_t k) {
      const double difference = at(to, k) - at(from, k);
      return difference * difference;
    }));
  }
  // Twice the rounding of the numbers to their type.
  const double rounding = sizeof(T) == 4 ? 0x1p-23 : 0x1p-52;
  for (int v = 0; v < 3; ++v) {
    const int from = v == 2 ? 1 : 0, to = v == 0 ? 1 : 2;
    if (side[v] <= rounding * (norm[from] + norm[to]))
      refuse(format("%s: images %lld and %lld are equal and span no plane; choose three different images",
                    named(triplet, index).c_str(), (long long)triplet[from], (long long)triplet[to]));
  }
  const double product =
      sum_of(width, [&](int64_t k) { return (at(1, k) - at(0, k)) * (at(2, k) - at(0, k)); });
  const double c = product / side[0], slope = c / side[0];
  const double height = std::sqrt(sum_of(width, [&](int64_t k) {
    const double r = (at(2, k) - at(0, k)) - slope * (at(1, k) - at(0, k));
    return r * r;
  }));
  const double noise = rounding * (norm[0] + norm[2] + std::fabs(slope) * (norm[0] + norm[1])) +
                       0x1p-52 * (static_cast<double>(width) / 8 + 8) * side[1];
  if (height <= noise)
    refuse(format("%s: the three images lie on one line and span no plane (the third is %.3g from the line, and "
                  "rounding makes up to %.3g); choose another triplet",
                  named(triplet, index).c_str(), std::ldexp(height, exponent), std::ldexp(noise, exponent)));
  const double scaled[3] = {side[0], c, height};
  for (int k = 0; k < 3; ++k) {
    out[k] = std::ldexp(scaled[k], exponent);
    if (!std::isfinite(out[k]))
      refuse(format("%s: its images are farther apart than float64 holds; scale them down",
                    named(triplet, index).c_str()));
  }
}

// One plane's three rows in float64 and the coordinates of its grid, kept from task to task.
struct PreparedPlane {
  int64_t triplet = -1;
  std::vector<double> x1, v1, v2, s, t, a, b;

  template <class T>
  void rows_of(const lightcone_rows& rows, const int64_t* vertex) {
    const T *p = row<T>(rows, vertex[0]), *q = row<T>(rows, vertex[1]), *r = row<T>(rows, vertex[2]);
    const size_t width = static_cast<size_t>(rows.width);
    x1.resize(width);
    v1.resize(width);
    v2.resize(width);
    for (size_t k = 0; k < width; ++k) {
      x1[k] = static_cast<double>(p[k]);
      v1[k] = static_cast<double>(q[k]) - x1[k];
      v2[k] = static_cast<double>(r[k]) - x1[k];
    }
  }
  void load(const lightcone_rows& rows, const int64_t* vertex) {
    if (rows.dtype == LIGHTCONE_FLOAT32) rows_of<float>(rows, vertex);
    else rows_of<double>(rows, vertex);
  }
};

void barycentric(const double* vertices, double s, double t, double* a, double* b) {
  *b = t / vertices[2];
  *a = (s - vertices[1] * *b) / vertices[0];
}

void spaced(double low, double high, int64_t count, double* out) {
  const double length = high - low;
  for (int64_t k = 0; k < count; ++k)
    out[k] = k == 0 ? low
                    : k == count - 1 ? high
                                     : low + length * (static_cast<double>(k) / static_cast<double>(count - 1));
}

}  // namespace

void require_vertices(const double* vertices, int64_t triplet) {
  if (!(std::isfinite(vertices[0]) && vertices[0] > 0 && std::isfinite(vertices[1]) &&
        std::isfinite(vertices[2]) && vertices[2] > 0))
    throw Error(LIGHTCONE_INVALID_ARGUMENT,
                format("the vertices of triplet %lld are (%g, %g, %g); take them from lightcone_plane_vertices",
                       (long long)triplet, vertices[0], vertices[1], vertices[2]));
}

void plane_vertices(const lightcone_rows& images, const int64_t* triplets, int64_t count, int threads,
                    lightcone_control* control, double* out) {
  const Progress done(control, count);
  FirstPosition bad;
  const auto compute = [&](int64_t q, double* vertices) {
    if (images.dtype == LIGHTCONE_FLOAT32) vertices_of<float>(images, triplets + 3 * q, q, vertices);
    else vertices_of<double>(images, triplets + 3 * q, q, vertices);
  };
  Team team(threads);
  team.run(count, [&](int64_t q, int) {
    done.check();
    try {
      compute(q, out + 3 * q);
    } catch (const Error&) {
      bad.report(q);
    }
    done.add(1);
  });
  double scratch[3];
  if (bad.any()) compute(bad.value(), scratch);  // throws again, now for the first of them
}

void plane_coordinates(const double* vertices, const lightcone_plane_grid& grid, double* s, double* t) {
  require_vertices(vertices, 0);
  const double left = std::min({0.0, vertices[0], vertices[1]}), right = std::max({0.0, vertices[0], vertices[1]});
  const double length = right - left, height = vertices[2];
  spaced(left - grid.margin_low * length, right + grid.margin_high * length, grid.s_points, s);
  spaced(0.0 - grid.margin_low * height, height + grid.margin_high * height, grid.t_points, t);
}

void plane_points(const lightcone_rows& rows, const int64_t* triplets, const double* vertices,
                  const lightcone_plane_grid& grid, int64_t begin, int64_t points, int threads,
                  lightcone_control* control, float* out, int64_t out_stride) {
  // The rows of a plane are converted once per task and thread at most: 1 / 40 of the points' work.
  constexpr int64_t kPiece = 128;
  const Kernels& table = kernels(LIGHTCONE_ISA_AUTO);
  const int64_t per_plane = grid.s_points * grid.t_points, end = begin + points;
  // All of them first: a wrong call writes nothing.
  for (int64_t q = begin / per_plane; q * per_plane < end; ++q) require_vertices(vertices + 3 * q, q);
  const Progress done(control, points);
  Team team(threads);
  std::vector<PreparedPlane> planes(static_cast<size_t>(team.size()));
  team.run((points + kPiece - 1) / kPiece, [&](int64_t task, int thread) {
    done.check();
    PreparedPlane& plane = planes[static_cast<size_t>(thread)];
    int64_t from = begin + task * kPiece;
    const int64_t piece_end = std::min(end, from + kPiece);
    while (from < piece_end) {
      const int64_t q = from / per_plane, to = std::min(piece_end, (q + 1) * per_plane);
      const double* corner = vertices + 3 * q;
      if (plane.triplet != q) {
        plane.triplet = -1;
        plane.s.resize(static_cast<size_t>(grid.s_points));
        plane.t.resize(static_cast<size_t>(grid.t_points));
        plane_coordinates(corner, grid, plane.s.data(), plane.t.data());
        plane.load(rows, triplets + 3 * q);
        plane.triplet = q;
      }
      const size_t count = static_cast<size_t>(to - from);
      plane.a.resize(count);
      plane.b.resize(count);
      for (size_t k = 0; k < count; ++k) {
        const int64_t point = from - q * per_plane + static_cast<int64_t>(k);
        barycentric(corner, plane.s[static_cast<size_t>(point / grid.t_points)],
                    plane.t[static_cast<size_t>(point % grid.t_points)], &plane.a[k], &plane.b[k]);
      }
      table.plane.plane_points(plane.x1.data(), plane.v1.data(), plane.v2.data(), rows.width, plane.a.data(),
                               plane.b.data(), to - from, out + (from - begin) * out_stride, out_stride);
      done.add(to - from);
      from = to;
    }
  });
}

void plane_points_at(const lightcone_rows& rows, const int64_t* triplet, const double* vertices,
                     const double* coordinates, int64_t points, float* out, int64_t out_stride) {
  require_vertices(vertices, 0);
  PreparedPlane plane;
  plane.load(rows, triplet);
  plane.a.resize(static_cast<size_t>(points));
  plane.b.resize(static_cast<size_t>(points));
  for (int64_t k = 0; k < points; ++k)
    barycentric(vertices, coordinates[2 * k], coordinates[2 * k + 1], &plane.a[static_cast<size_t>(k)],
                &plane.b[static_cast<size_t>(k)]);
  kernels(LIGHTCONE_ISA_AUTO)
      .plane.plane_points(plane.x1.data(), plane.v1.data(), plane.v2.data(), rows.width, plane.a.data(),
                          plane.b.data(), points, out, out_stride);
}

}  // namespace lightcone
