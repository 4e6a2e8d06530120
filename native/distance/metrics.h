// SPDX-License-Identifier: Apache-2.0
// The table of metrics: one row each. Included by the isa_*.cpp files alone.
#pragma once

#include "distance/bhattacharyya.h"
#include "distance/disagreement.h"
#include "distance/euclidean.h"
#include "distance/geodesic.h"
#include "distance/hellinger.h"
#include "distance/jeffreys.h"
#include "distance/jensen_shannon.h"

namespace {

constexpr lightcone::Metric kMetricTable[lightcone::kMetrics] = {
    bhattacharyya_metric(), hellinger_metric(),   hellinger_product_metric(),
    jeffreys_metric(),      geodesic_metric(),    geodesic_l2_metric(),
    euclidean_metric(),     jensen_shannon_metric(), disagreement_metric(),
};

}  // namespace
