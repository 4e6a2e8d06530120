// SPDX-License-Identifier: Apache-2.0
// The two sweeps of progress (Eq 4), a vector of samples at once. Included by the isa_*.cpp files alone.
//
// In the plane of sqrt ignorance (1 / sqrt C everywhere) and sqrt truth a sample has the coordinates
//   a = sum_c s_c / sqrt C   along ignorance
//   y = (s_label - a / sqrt C) / sqrt(1 - 1 / C)   across it
// and q = |s|^2 - a^2 - y^2 outside of it. A point of the geodesic at the angle alpha from ignorance has
// u = <s, gamma> = a cos(alpha) + y sin(alpha), and with w = a sin(alpha) - y cos(alpha), r^2 = q + w^2
//   d/dalpha   angle(s, gamma) =  w / r
//   d2/dalpha2 angle(s, gamma) =  q u / r^3
//   d3/dalpha3 angle(s, gamma) = -q w (r^2 + 3 u^2) / r^5
// which, unlike arccos(u) itself, are well conditioned at u = 1. None depends on |s|: rows need no renormalisation.
//
// What rounding does to (a, y, sqrt q) is a small rotation of the row, and that is the error of progress: the exact
// progress of a table whose rows are turned by so much. Rows of float32 are summed in float32: their own rounding
// turns them by up to 3e-8, the sums by a few times as much (lightcone.h states it).
#pragma once

#include "geometry/kernels.h"
#include "geometry/root_lanes.h"

namespace {

using lightcone::PlaneRows;
using lightcone::ProgressPlane;
using lightcone::ProgressSlope;

// Coordinates of as many rows as a vector has lanes.
template <int32_t kKind, class Rows>
class PlaneOfRows {
 public:
  typedef typename Rows::Type Element;
  typedef typename LanesOf<Element>::Vector Vector;
  typedef typename LanesOf<Element>::Index Index;
  typedef typename LanesOf<Element>::Compared Compared;

  LIGHTCONE_INLINE PlaneOfRows(const Rows& row, const int32_t* labels, int64_t classes)
      : row_(row), classes_(classes) {
    for (int64_t l = 0; l < kLanesOf<Element>; ++l) label_[l] = labels[l];
  }

  LIGHTCONE_INLINE void run(Element* a, Element* y, Element* q) {
    if (kKind == LIGHTCONE_LOGITS) find_largest();
    const Element count = static_cast<Element>(classes_ - 1), all = static_cast<Element>(classes_);
    Vector pivot = find_pivot();
    sum_around(pivot);
    Vector spread = square_ - shift_ * shift_ * (1 / count);
    // A pivot far from most of the entries has cost q this factor: again around their mean. Rare.
    if (__builtin_expect(any_above(square_, spread * Element(8)), 0)) {
      pivot += shift_ * (1 / count);
      sum_around(pivot);
      spread = square_ - shift_ * shift_ * (1 / count);
    }
    const Element cosine = static_cast<Element>(1.0 / __builtin_sqrt(static_cast<double>(classes_)));
    const double sine = __builtin_sqrt(1.0 - 1.0 / static_cast<double>(classes_));
    // s_label - a / sqrt C = (sum over the others of s_label - s_c) / C, the difference taken first.
    Vector along = (pivot * count + shift_ + own_) * cosine;
    Vector across = ((own_ - pivot) * count - shift_) * static_cast<Element>(1.0 / (static_cast<double>(all) * sine));
    // Below 1e-30 it is the rounding of the square roots: on the plane.
    Vector outside = spread > Element(1e-30) ? spread : Vector{};
    if (kKind == LIGHTCONE_LOGITS) {  // |s| is anything up to sqrt C
      const Vector scale = inverse_root(along * along + across * across + outside);
      along *= scale;
      across *= scale;
      outside *= scale * scale;
    }
    store(a, along);
    store(y, across);
    store(q, outside);
  }

 private:
  LIGHTCONE_INLINE Vector root_of(Vector x) const {
    if (kKind == LIGHTCONE_PROBABILITIES) return quick_root(x);
    return exp_short((kKind == LIGHTCONE_LOGITS ? x - largest_ : x) * Element(0.5));
  }
  void LIGHTCONE_INLINE find_largest() {
    Vector x[4];
    largest_ = load_class(row_, 0);
    int64_t c = 1;
    for (; c + 4 <= classes_; c += 4) {
      load_classes(row_, c, x);
      for (int k = 0; k < 4; ++k) largest_ = x[k] > largest_ ? x[k] : largest_;
    }
    for (; c < classes_; ++c) {
      x[0] = load_class(row_, c);
      largest_ = x[0] > largest_ ? x[0] : largest_;
    }
  }

  // q is the spread of the other C - 1 entries around their mean: the label's entry and the mean lie in the plane.
  // Summed around a pivot, the mean of the first four with one of the others in the label's place. Near the geodesic
  // all are equal to it, and nothing cancels.
  LIGHTCONE_INLINE Vector find_pivot() {
    if (classes_ < 4) {
      for (int64_t c = 0; c < classes_; ++c) first_[c] = root_of(load_class(row_, c));
      return own(0) ? first_[1] : first_[0];
    }
    load_classes(row_, 0, first_);
    for (int k = 0; k < 4; ++k) first_[k] = root_of(first_[k]);
    const Vector s0 = own(0) ? first_[2] : first_[0], s1 = own(1) ? first_[3] : first_[1];
    const Vector s2 = own(2) ? first_[0] : first_[2], s3 = own(3) ? first_[1] : first_[3];
    return ((s0 + s1) + (s2 + s3)) * Element(0.25);
  }
  LIGHTCONE_INLINE Compared own(int c) const { return label_ == typename LanesOf<Element>::Scalar(c); }

  LIGHTCONE_INLINE void add(Vector s, Compared is_own, Vector pivot, Vector* shift, Vector* square) {
    own_ = is_own ? s : own_;
    const Vector d = is_own ? Vector{} : s - pivot;
    *shift += d;
    *square += d * d;
  }

  // own = s_label; shift and square = the sums of s - pivot and its square over the other classes. Partial sums of
  // about sqrt C classes (at least 16): the rounding grows as the root of C.
  LIGHTCONE_INLINE void sum_around(Vector pivot) {
    typedef typename LanesOf<Element>::Scalar Scalar;
    shift_ = square_ = own_ = Vector{};
    if (classes_ < 4) {
      for (int c = 0; c < classes_; ++c) add(first_[c], own(c), pivot, &shift_, &square_);
      return;
    }
    for (int k = 0; k < 4; ++k) add(first_[k], own(k), pivot, &shift_, &square_);
    Vector x[4];
    Index label = label_ - Scalar(4);
    int64_t run = 16, c = 4;
    while (run * run < classes_) run *= 2;
    const int64_t whole = classes_ / 4 * 4;
    while (c < whole) {
      const int64_t end = c + run < whole ? c + run : whole;
      Vector shift = {}, square = {};
      for (; c < end; c += 4, label -= Scalar(4)) {
        load_classes(row_, c, x);
        for (int k = 0; k < 4; ++k) add(root_of(x[k]), label == Scalar(k), pivot, &shift, &square);
      }
      shift_ += shift;
      square_ += square;
    }
    const int left = static_cast<int>(classes_ - whole);
    if (left == 0) return;
    load_classes(row_, classes_ - 4, x);  // the last four again, for those that are left
    label += Scalar(4 - left);
    if (left == 3) add(root_of(x[1]), label == Scalar(1), pivot, &shift_, &square_);
    if (left >= 2) add(root_of(x[2]), label == Scalar(2), pivot, &shift_, &square_);
    add(root_of(x[3]), label == Scalar(3), pivot, &shift_, &square_);
  }

  const Rows row_;
  const int64_t classes_;
  Index label_ = {};
  Vector first_[4] = {}, largest_ = {}, own_ = {}, shift_ = {}, square_ = {};
};

// Bytes that rows are fetched before they are summed.
#ifndef AHEAD
#define AHEAD 4096
#endif
constexpr int64_t kAhead = AHEAD;

template <int32_t kKind, class Element>
void plane_rows(const PlaneRows& p, Element* a, Element* y, Element* q) {
  constexpr int64_t kRows = kLanesOf<Element>;
  const Element* first = static_cast<const Element*>(p.rows);
  int64_t n = 0;
  for (; n + kRows <= p.count; n += kRows) {
    const SpacedRows<Element> rows{first + n * p.stride, p.stride};
    const char* ahead = reinterpret_cast<const char*>(rows.first) + kAhead;
    const int64_t bytes = kRows * p.stride * static_cast<int64_t>(sizeof(Element));
    for (int64_t b = 0; b < bytes; b += 64) __builtin_prefetch(ahead + b);
    PlaneOfRows<kKind, SpacedRows<Element>>(rows, p.labels + n, p.classes).run(a + n, y + n, q + n);
  }
  if (n == p.count) return;
  // The last few: lanes beyond them read the last row again and go nowhere.
  const int64_t left = p.count - n;
  ListedRows<Element> rows;
  int32_t labels[kRows];
  Element out[3][kRows];
  for (int64_t l = 0; l < kRows; ++l) {
    const int64_t k = n + (l < left ? l : left - 1);
    rows.row[l] = first + k * p.stride;
    labels[l] = p.labels[k];
  }
  PlaneOfRows<kKind, ListedRows<Element>>(rows, labels, p.classes).run(out[0], out[1], out[2]);
  for (int64_t l = 0; l < left; ++l) {
    a[n + l] = out[0][l];
    y[n + l] = out[1][l];
    q[n + l] = out[2][l];
  }
}

template <class Element>
void plane_of_kind(const PlaneRows& p, void* a, void* y, void* q) {
  Element *const to_a = static_cast<Element*>(a), *const to_y = static_cast<Element*>(y),
                 *const to_q = static_cast<Element*>(q);
  switch (p.kind) {
    case LIGHTCONE_PROBABILITIES: return plane_rows<LIGHTCONE_PROBABILITIES>(p, to_a, to_y, to_q);
    case LIGHTCONE_LOG_PROBABILITIES: return plane_rows<LIGHTCONE_LOG_PROBABILITIES>(p, to_a, to_y, to_q);
    default: return plane_rows<LIGHTCONE_LOGITS>(p, to_a, to_y, to_q);
  }
}

void progress_plane(const PlaneRows& p) {
  if (p.dtype == LIGHTCONE_FLOAT64) return plane_of_kind<double>(p, p.plane.a, p.plane.y, p.plane.q);
  if (p.plane.dtype == LIGHTCONE_FLOAT32) return plane_of_kind<float>(p, p.plane.a, p.plane.y, p.plane.q);
  // A float32 block of a table that has others of float64.
  constexpr int64_t kAtOnce = 256;
  float narrow[3][kAtOnce];
  for (int64_t n = 0; n < p.count; n += kAtOnce) {
    PlaneRows part = p;
    part.rows = static_cast<const float*>(p.rows) + n * p.stride;
    part.count = p.count - n < kAtOnce ? p.count - n : kAtOnce;
    part.labels = p.labels + n;
    plane_of_kind<float>(part, narrow[0], narrow[1], narrow[2]);
    void* const to[3] = {p.plane.a, p.plane.y, p.plane.q};
    for (int k = 0; k < 3; ++k)
      for (int64_t l = 0; l < part.count; ++l) static_cast<double*>(to[k])[n + l] = narrow[k][l];
  }
}

// In float64 from coordinates of either type; without the higher derivatives half the work.
template <bool kHigher, class Element>
ProgressSlope slope_of(const ProgressPlane& plane, int64_t begin, int64_t end, double alpha) {
  const Element *const a = static_cast<const Element*>(plane.a), *const y = static_cast<const Element*>(plane.y),
                *const q = static_cast<const Element*>(plane.q);
  const double sine = __builtin_sin(alpha), cosine = __builtin_cos(alpha);
  Double first = {}, second = {}, third = {};
  Mask cusps = {};
  for (int64_t n = begin; n < end; n += kDoubles) {
    const Double an = widened(a + n), yn = widened(y + n), qn = widened(q + n);
    const Double w = an * sine - yn * cosine;
    const Double r2 = qn + w * w;
    // r < 4e-15, a few ulp of a and y: the geodesic passes through the sample, a cusp of the objective whose
    // slope is anything in [-1, 1].
    const Mask regular = r2 >= 1.6e-29;
    cusps -= ~regular;
    const Double inverse = regular ? inverse_root(r2) : Double{};
    first += w * inverse;
    if (!kHigher) continue;
    const Double u = an * cosine + yn * sine;
    const Double square = inverse * inverse;
    const Double bend = qn * inverse * square;
    second += bend * u;
    third -= bend * w * (1.0 + 3.0 * u * u * square);
  }
  int64_t cusp_count = 0;
  for (int l = 0; l < kDoubles; ++l) cusp_count += cusps[l];
  return {sum_lanes(first), sum_lanes(second), sum_lanes(third), cusp_count};
}

ProgressSlope progress_slope(const ProgressPlane& plane, int64_t begin, int64_t end, double alpha) {
  return plane.dtype == LIGHTCONE_FLOAT32 ? slope_of<true, float>(plane, begin, end, alpha)
                                          : slope_of<true, double>(plane, begin, end, alpha);
}
// The first derivative and the cusps alone.
ProgressSlope progress_first(const ProgressPlane& plane, int64_t begin, int64_t end, double alpha) {
  return plane.dtype == LIGHTCONE_FLOAT32 ? slope_of<false, float>(plane, begin, end, alpha)
                                          : slope_of<false, double>(plane, begin, end, alpha);
}

// In the arithmetic of the coordinates, for a search: float32 terms are good to about 1e-7, and cusps are not
// counted. Sums of float32 stay short.
ProgressSlope progress_quick(const ProgressPlane& plane, int64_t begin, int64_t end, double alpha) {
  if (plane.dtype == LIGHTCONE_FLOAT64) return progress_slope(plane, begin, end, alpha);
  const float *const a = static_cast<const float*>(plane.a), *const y = static_cast<const float*>(plane.y),
              *const q = static_cast<const float*>(plane.q);
  const float sine = static_cast<float>(__builtin_sin(alpha)), cosine = static_cast<float>(__builtin_cos(alpha));
  ProgressSlope sum{};
  for (int64_t n = begin; n < end;) {
    const int64_t stop = n + 16 * lightcone::kPlaneVector < end ? n + 16 * lightcone::kPlaneVector : end;
    Float first = {}, second = {}, third = {};
    for (; n < stop; n += kFloats) {
      const Float an = load(a + n), yn = load(y + n), qn = load(q + n);
      const Float w = an * sine - yn * cosine;
      const Float u = an * cosine + yn * sine;
      // Nearer than float32 tells, r counts as 1e-8.
      const Float r2 = qn + w * w + 1e-16f;
      const Float inverse = inverse_root(r2);
      const Float square = inverse * inverse;
      const Float bend = qn * inverse * square;
      first += w * inverse;
      second += bend * u;
      third -= bend * w * (1.0f + 3.0f * u * u * square);
    }
    sum.first += sum_lanes(first);
    sum.second += sum_lanes(second);
    sum.third += sum_lanes(third);
  }
  return sum;
}

}  // namespace
