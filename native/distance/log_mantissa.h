// SPDX-License-Identifier: Apache-2.0
// log(x) for x in [1, 2), to 1e-9: far below the rounding of the product it is taken of. Chebyshev interpolation in
// x - 3/2, no division. The coefficients of the powers of x - 3/2, highest first.
#pragma once

namespace lightcone {

constexpr int kLogMantissaTerms = 11;
constexpr double log_mantissa_coefficient(int k) {
  constexpr double kTable[kLogMantissaTerms] = {
      -0.002260995306237744, 0.0037503729432360276, -0.0047382592215388965, 0.00813424025992631,
      -0.014647507188494266, 0.02636287822400018,   -0.04938201134699703,   0.09876428289161839,
      -0.22222223107341185,  0.666666681100047,     0.40546510810816444};
  return kTable[k];
}

}  // namespace lightcone
