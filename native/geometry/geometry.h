// SPDX-License-Identifier: Apache-2.0
// Geodesics, progress, trajectories and centroids on the product of spheres of sqrt-probabilities. Arguments are
// those of lightcone.h.
#pragma once

#include <vector>

#include "base/kernels.h"
#include "base/predictions.h"
#include "lightcone.h"

namespace lightcone {

// One label per sample, each a class; throws.
void check_labels(const Predictions& table, const int32_t* labels, int64_t label_count);
void progress(const Predictions& table, const int32_t* labels, int64_t label_count, int threads,
              lightcone_control* control, double* out);

void geodesic(const double* p, const double* q, int64_t samples, int64_t classes, const double* t,
              int64_t points, double* out);
// Two models of the table, and points in [0, 1]; throws.
void check_geodesic(const Predictions& table, int64_t from, int64_t to, const double* t, int64_t points);
void geodesic_between(const Predictions& table, int64_t from, int64_t to, const double* t, int64_t points,
                      int threads, lightcone_control* control, double* out);
// Square roots of a model's rows, s (count, C).
void read_roots(const Predictions& table, const Kernels& kernels, int64_t model, SampleRange range,
                Predictions::Scratch& scratch, double* s);

void centroid(const Predictions& table, int32_t mean, const double* weights, int threads,
              lightcone_control* control, double* out);

// Runs, and where point k of run r lies between its checkpoints: at the part `fraction` of the way from model `lower`
// to model `upper`. All (R, T).
struct Reindexed {
  int64_t runs, points;
  std::vector<double> t;  // (T)
  std::vector<int64_t> lower, upper;
  std::vector<double> fraction;
};
Reindexed reindex(const int64_t* run_begin, int64_t runs, const double* index, int64_t models,
                  const lightcone_trajectories_options& options);
void require_run(const Reindexed& path, int64_t run);  // one of them; throws
void trajectory(const Predictions& table, const Reindexed& path, const lightcone_trajectories_options& options,
                int64_t run, lightcone_control* control, double* out);
void trajectories(const Predictions& table, const Reindexed& path, const lightcone_trajectories_options& options,
                  const int32_t* labels, const int64_t* groups, int64_t group_count, lightcone_control* control,
                  const lightcone_trajectories_outputs& out);

}  // namespace lightcone
