// SPDX-License-Identifier: Apache-2.0
// Every metric by its definition in extended precision (64 bits of mantissa), from the rows as they are handed to the
// engine; shares no code or formula with it where another is as good.
#pragma once

#include "support.h"

namespace support {

using Row = std::vector<long double>;  // normalised log-probabilities

inline Row log_row(const Table& t, int64_t m, int64_t n) {
  const double* x = t.row(m, n);
  Row out(x, x + t.classes);
  if (t.kind == LIGHTCONE_PROBABILITIES)
    for (long double& v : out) v = std::log(v);
  long double largest = -kInf, sum = 0;
  for (const long double v : out) largest = std::max(largest, v);
  for (const long double v : out) sum += std::exp(v - largest);
  for (long double& v : out) v -= largest + std::log(sum);
  return out;
}

// The terms that all metrics are means of (a product's and an l2's are taken of the mean).
inline long double metric_term(int32_t metric, const Row& a, const Row& b) {
  const long double zero = -kInf;
  long double norm = 0, largest = zero, sum = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    const long double d = std::exp(a[c] / 2) - std::exp(b[c] / 2);
    norm += d * d;
    largest = std::max(largest, (a[c] + b[c]) / 2);
  }
  switch (metric) {
    case LIGHTCONE_METRIC_BHATTACHARYYA:
    case LIGHTCONE_METRIC_HELLINGER_PRODUCT:
      if (norm < 1) return -std::log1p(-norm / 2);
      if (largest == zero) return kInf;
      for (size_t c = 0; c < a.size(); ++c) sum += std::exp((a[c] + b[c]) / 2 - largest);
      return -(largest + std::log(sum));
    case LIGHTCONE_METRIC_HELLINGER:
      return norm / 2;
    case LIGHTCONE_METRIC_JEFFREYS:
      for (size_t c = 0; c < a.size(); ++c) {
        if ((a[c] == zero) != (b[c] == zero)) return kInf;
        if (a[c] != b[c]) sum += (std::exp(a[c]) - std::exp(b[c])) * (a[c] - b[c]);
      }
      return sum;
    case LIGHTCONE_METRIC_GEODESIC:
    case LIGHTCONE_METRIC_GEODESIC_L2: {
      // tan of half the angle from the sum and the difference of the vectors.
      long double both = 0;
      for (size_t c = 0; c < a.size(); ++c) {
        const long double s = std::exp(a[c] / 2) + std::exp(b[c] / 2);
        both += s * s;
      }
      const long double theta = 2 * std::atan2(std::sqrt(norm), std::sqrt(both));
      return metric == LIGHTCONE_METRIC_GEODESIC ? theta : theta * theta;
    }
    case LIGHTCONE_METRIC_EUCLIDEAN:
      for (size_t c = 0; c < a.size(); ++c) {
        const long double d = std::exp(a[c]) - std::exp(b[c]);
        sum += d * d;
      }
      return sum;
    case LIGHTCONE_METRIC_JENSEN_SHANNON:
      for (size_t c = 0; c < a.size(); ++c) {
        const long double p = std::exp(a[c]), q = std::exp(b[c]);
        // log(p / m) = -log1p((q - p) / (2 p))
        if (p > 0) sum -= p / 2 * std::log1p((q - p) / (2 * p));
        if (q > 0) sum -= q / 2 * std::log1p((p - q) / (2 * q));
      }
      return sum;
    default:
      return std::max_element(a.begin(), a.end()) - a.begin() != std::max_element(b.begin(), b.end()) - b.begin();
  }
}

inline long double metric_finish(int32_t metric, long double mean, int64_t samples) {
  if (metric == LIGHTCONE_METRIC_HELLINGER_PRODUCT) return -std::expm1(-mean * static_cast<long double>(samples));
  return metric == LIGHTCONE_METRIC_GEODESIC_L2 ? std::sqrt(mean) : mean;
}

// All rows of a table, so that a test of many pairs makes them once.
struct Rows {
  explicit Rows(const Table& t) : samples(t.samples) {
    for (int64_t m = 0; m < t.models; ++m)
      for (int64_t n = 0; n < t.samples; ++n) rows.push_back(log_row(t, m, n));
  }
  const Row& at(int64_t m, int64_t n) const { return rows[static_cast<size_t>(m * samples + n)]; }
  int64_t samples;
  std::vector<Row> rows;
};

// Mean of the terms over [begin, end), infinite ones counting `cap`.
inline long double metric_mean(int32_t metric, const Rows& u, int64_t i, const Rows& v, int64_t j, int64_t begin,
                               int64_t end, double cap = kInf) {
  long double sum = 0;
  for (int64_t n = begin; n < end; ++n) {
    const long double term = metric_term(metric, u.at(i, n), v.at(j, n));
    sum += std::isinf(term) ? cap : term;
  }
  return sum / static_cast<long double>(end - begin);
}

inline long double metric_distance(int32_t metric, const Rows& u, int64_t i, const Rows& v, int64_t j,
                                   double cap = kInf) {
  return metric_finish(metric, metric_mean(metric, u, i, v, j, 0, u.samples, cap), u.samples);
}

// Models of every hostile sort, in turn: near-equal at falling steps, confident, corners of the simplex, with exact
// zeros, subnormal, ignorant, with logits of size 200.
inline Table hostile(int64_t models, int64_t samples, int64_t classes, int32_t kind, uint64_t seed) {
  Table t = random_logits(models, samples, classes, 1.5, 0, seed);
  std::mt19937_64 random(seed + 1);
  std::normal_distribution<double> normal;
  for (int64_t m = 0; m < models; ++m)
    for (int64_t n = 0; n < samples; ++n) {
      double* x = t.row(m, n);
      for (int64_t c = 0; c < classes; ++c) {
        const double z = normal(random);
        switch (m % 12) {
          case 0: break;                                                   // the common part
          case 1: x[c] += 1e-6 * z; break;
          case 2: x[c] += 1e-5 * z; break;
          case 3: x[c] += 1e-3 * z; break;
          case 4: x[c] += 0.1 * z; break;
          case 5: x[c] = 200 * z; break;
          case 6: x[c] = 0; break;                                         // ignorance
          case 7: x[c] = c == (n + m) % classes ? 0 : -kInf; break;        // a corner
          case 8: x[c] = c == (n * 7) % classes ? -kInf : x[c] + z; break; // one zero
          case 9: x[c] = c == n % classes ? -kInf : x[c] + 1e-4 * z; break;
          case 10: x[c] = c == 0 ? 0 : -725 - std::fabs(z); break;         // p subnormal, s not
          default: x[c] += 3 * z; break;
        }
      }
    }
  t.kind = LIGHTCONE_LOGITS;
  if (kind == LIGHTCONE_LOGITS) return t;
  Table p = t;
  p.kind = kind;
  for (int64_t m = 0; m < models; ++m)
    for (int64_t n = 0; n < samples; ++n) {
      const Row row = log_row(t, m, n);
      for (int64_t c = 0; c < classes; ++c) {
        const long double l = row[static_cast<size_t>(c)];
        p.row(m, n)[c] = static_cast<double>(kind == LIGHTCONE_PROBABILITIES ? std::exp(l) : l);
      }
    }
  return p;
}

}  // namespace support
