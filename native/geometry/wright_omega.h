// SPDX-License-Identifier: Apache-2.0
// The Wright omega function of a real argument: w + ln w = z, w > 0, that is w = W0(e^z) without the overflow.
#pragma once

#include <cmath>

namespace lightcone {

// Relative error at most (4 + |z|) 2^-53: the last part is what the rounding of z itself does. Fritsch, Shafer and
// Crowley's iteration is of fourth order: from a guess that is good to 20%, two steps reach 1e-12 and three the last
// bit.
inline double wright_omega(double z) {
  if (z < -40) return std::exp(z);  // w = e^(z - w), and w is below 2^-53
  if (z > 1e17) return z;             // ln w is below its last bit
  double w = z < 1 ? std::log1p(std::exp(z)) * (z < -1 ? 1.0 : 0.8) : z - std::log(z) + std::log(z) / (z + 1);
  for (int k = 0; k < 3; ++k) {
    const double r = z - w - std::log(w), more = 2 * (1 + w) * (1 + w + 2.0 / 3 * r);
    w *= 1 + r / (1 + w) * (more - r) / (more - 2 * r);
  }
  return w;
}

}  // namespace lightcone
