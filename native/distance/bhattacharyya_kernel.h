// SPDX-License-Identifier: Apache-2.0
// Bhattacharyya distance (Eq 2), sum_n -log BC_n, BC_n = sum_c s[n][c] t[n][c], in two forms:
//
//   bhattacharyya_tile  float32, kBlock x kBlock pairs at once. Product trick: instead of one log per
//     (pair, sample), the running product of the BC_n as mantissa and exponent, renormalised every
//     kRenormalise samples, and kept so from chunk to chunk of samples; one log per pair at the very end. A product that underflows to 0 (subnormals
//     are flushed) is remembered (exponent -inf, or a product that stays 0): the pair is flagged,
//     sum = +inf, and its caller redoes it with the other form.
//     Per C FMAs of a register tile: one MUL into the product, and 3 / kRenormalise renormalising. Where the registers
//     allow it (AVX-512: 4 x 3 vectors of sums and as many of products) a product meets memory once per step of
//     samples, elsewhere at each sample, in first-level cache. The FMA units bind; then the loads of the panels from
//     second-level cache.
//   bhattacharyya_pair  float64, one pair, lanes are samples: near pairs and flagged ones.
//
// Included by the isa_*.cpp files alone, which define struct Tile: the vector type, its width, the
// register tile and how a product is split.
#pragma once

#include <xmmintrin.h>

#include "base/kernels.h"
#include "base/lanes.h"
#include "distance/log_mantissa.h"

namespace {

using lightcone::kBlock;
using lightcone::kRenormalise;

// Subnormal floats to zero while in scope: they would cost a microcode assist each, and a product
// that is subnormal has already lost bits, so it must count as underflowed.
class FlushSubnormals {
 public:
  FlushSubnormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushSubnormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
};

// A register tile: kRows x kColumns vectors, whose products are adjacent in memory.
using Vector = Tile::F;
using Exponent = Tile::E;
constexpr int kTileRows = Tile::kRows, kTileColumns = Tile::kColumns * static_cast<int>(Tile::kWidth);
constexpr int64_t kTileSize = kTileRows * kTileColumns;
static_assert(lightcone::kPartRows % kTileRows == 0 && kBlock % kTileColumns == 0, "register tiles divide the block");
static_assert(Tile::kStrip % kTileRows == 0, "the rows of a register tile lie in one strip");
static_assert(Tile::kStrip % kTileColumns == 0 || Tile::kStrip == Tile::kWidth,
              "the columns of a register tile lie in one strip, or each vector in its own");

// Vector j of the columns that begin at b: beside the one before it, or in the next strip.
LIGHTCONE_INLINE const Vector& column_at(const float* b, int64_t strip, int j) {
  return *reinterpret_cast<const Vector*>(b + j * (Tile::kStrip == Tile::kWidth ? strip : Tile::kWidth));
}

// sum[i][j] (+)= rows a[i] times columns b, of one class.
template <bool kFirst>
LIGHTCONE_INLINE void add_class(const float* a, const float* b, int64_t strip,
                                Vector (&sum)[Tile::kRows][Tile::kColumns]) {
  Vector column[Tile::kColumns];
#pragma GCC unroll 8
  for (int j = 0; j < Tile::kColumns; ++j) column[j] = column_at(b, strip, j);
#pragma GCC unroll 16
  for (int i = 0; i < Tile::kRows; ++i) {
    const Vector row = Tile::broadcast(a + i);
#pragma GCC unroll 8
    for (int j = 0; j < Tile::kColumns; ++j)
      if constexpr (kFirst) {
        sum[i][j] = row * column[j];
      } else {
        Tile::multiply_add(sum[i][j], row, column[j]);
      }
  }
}

// kRows rows (of the strip at a) by kColumns vectors of columns (at b) over `samples` samples of `classes` classes.
// Not inline: the compiler would keep constants of the loops around it in the registers it needs.
template <int kClasses, bool kGuarded>
__attribute__((noinline)) void register_tile(const float* a, const float* b, int64_t strip, int64_t samples,
                                             int64_t run_classes, Vector* product, Exponent* exponent) {
  constexpr int kRows = Tile::kRows, kColumns = Tile::kColumns;
  const int64_t classes = kClasses ? kClasses : run_classes;
  Vector p[kRows][kColumns];
  if constexpr (Tile::kKeepProducts) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j) p[i][j] = product[i * kColumns + j];
  }
  for (int64_t begin = 0; begin < samples; begin += kRenormalise) {
    const int64_t group = samples - begin < kRenormalise ? samples - begin : kRenormalise;
    for (int64_t n = 0; n < group; ++n) {
      Vector sum[kRows][kColumns];
      add_class<true>(a, b, strip, sum);
#pragma GCC unroll 10
      for (int64_t c = 1; c < classes; ++c) add_class<false>(a + c * Tile::kStrip, b + c * Tile::kStrip, strip, sum);
      a += classes * Tile::kStrip;
      b += classes * Tile::kStrip;
      if constexpr (!Tile::kKeepProducts) asm volatile("" ::: "memory");
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < kColumns; ++j) {
          Vector& q = Tile::kKeepProducts ? p[i][j] : product[i * kColumns + j];
          q = kGuarded ? Tile::multiply_guarded(q, sum[i][j]) : q * sum[i][j];
        }
      if constexpr (!Tile::kKeepProducts) asm volatile("" ::: "memory");
    }
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j)
        Tile::renormalise(Tile::kKeepProducts ? p[i][j] : product[i * kColumns + j], exponent[i * kColumns + j]);
  }
  if constexpr (Tile::kKeepProducts) {
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
      for (int j = 0; j < kColumns; ++j) product[i * kColumns + j] = p[i][j];
  }
}

// The same for C too large for the first-level cache: adds the sums over some classes of one sample to `partial`.
__attribute__((noinline)) void partial_tile(const float* a, const float* b, int64_t strip, int64_t classes,
                                            Vector* partial) {
  constexpr int kRows = Tile::kRows, kColumns = Tile::kColumns;
  Vector sum[kRows][kColumns];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) sum[i][j] = partial[i * kColumns + j];
#pragma GCC unroll 4
  for (int64_t c = 0; c < classes; ++c) add_class<false>(a + c * Tile::kStrip, b + c * Tile::kStrip, strip, sum);
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 8
    for (int j = 0; j < kColumns; ++j) partial[i * kColumns + j] = sum[i][j];
}

// The loop over classes unrolled for the common C.
template <bool kGuarded>
auto register_tile_for(int64_t classes) {
  if constexpr (kGuarded) return register_tile<0, true>;
  switch (classes) {
    case 2: return register_tile<2, false>;
    case 3: return register_tile<3, false>;
    case 4: return register_tile<4, false>;
    case 5: return register_tile<5, false>;
    case 6: return register_tile<6, false>;
    case 7: return register_tile<7, false>;
    case 8: return register_tile<8, false>;
    case 9: return register_tile<9, false>;
    case 10: return register_tile<10, false>;
    default: return register_tile<0, false>;
  }
}

// log(x) for x in [1, 2), as log_mantissa.h has it.
LIGHTCONE_INLINE D8 log_mantissa(D8 x) {
  const D8 t = x - 1.5;
  D8 p = splat(lightcone::log_mantissa_coefficient(0));
#pragma GCC unroll 16
  for (int k = 1; k < lightcone::kLogMantissaTerms; ++k) p = p * t + lightcone::log_mantissa_coefficient(k);
  return p;
}

// Calls use(i, j, state) for the register tiles of t that are needed: first row, first column, offset of the state.
template <class Use>
LIGHTCONE_INLINE void for_tiles(const lightcone::TilePairs& t, Use&& use) {
  for (int64_t j = 0; j < t.column_count; j += kTileColumns)
    for (int64_t i = t.row_begin; i < t.row_end; i += kTileRows) {
      if (t.diagonal && j + kTileColumns <= i) break;  // wholly below the diagonal, and so are the rest
      use(i, j, (j / kTileColumns * (kBlock / kTileRows) + i / kTileRows) * kTileSize);
    }
}

// Classes times samples whose columns of one register tile (its hot operand) and rows (a cache line each) take
// 24 KiB: three quarters of the smallest first-level cache there is.
constexpr int64_t kDepth = 24576 / (kTileColumns * static_cast<int64_t>(sizeof(float)) + 64);

template <bool kGuarded>
void multiply_samples(const lightcone::TileArgs& t) {
  constexpr int64_t kStrip = Tile::kStrip;
  const int64_t fit = kDepth / t.classes;
  const int64_t step = fit >= kRenormalise ? fit / kRenormalise * kRenormalise : fit;
  const int64_t strip = t.samples * t.classes * kStrip;
  const auto tile = register_tile_for<kGuarded>(t.classes);
  for (int64_t n = 0; n < t.samples; n += step) {
    const int64_t samples = t.samples - n < step ? t.samples - n : step;
    const float* rows = t.rows + n * t.classes * kStrip;
    const float* columns = t.columns + n * t.classes * kStrip;
    for_tiles(t.pairs, [&](int64_t i, int64_t j, int64_t state) {
      tile(rows + i / kStrip * strip + i % kStrip, columns + j / kStrip * strip + j % kStrip, strip, samples,
           t.classes, reinterpret_cast<Vector*>(t.state.product + state),
           reinterpret_cast<Exponent*>(t.state.exponent + state));
    });
  }
}

// C > kDepth: the sums of one sample over blocks of kDepth classes, then one multiplication for all pairs.
template <bool kGuarded>
void multiply_wide_samples(const lightcone::TileArgs& t) {
  constexpr int64_t kStrip = Tile::kStrip, kVectors = kBlock * kBlock / Tile::kWidth;
  const int64_t strip = t.samples * t.classes * kStrip;
  Vector partial[kVectors];
  Vector* const product = reinterpret_cast<Vector*>(t.state.product);
  Exponent* const exponent = reinterpret_cast<Exponent*>(t.state.exponent);
  for (int64_t n = 0; n < t.samples; ++n) {
    for_tiles(t.pairs, [&](int64_t, int64_t, int64_t state) {
      for (int64_t k = 0; k < kTileSize; k += Tile::kWidth) partial[(state + k) / Tile::kWidth] = Vector{};
    });
    for (int64_t c = 0; c < t.classes; c += kDepth) {
      const int64_t classes = t.classes - c < kDepth ? t.classes - c : kDepth;
      const float* rows = t.rows + (n * t.classes + c) * kStrip;
      const float* columns = t.columns + (n * t.classes + c) * kStrip;
      for_tiles(t.pairs, [&](int64_t i, int64_t j, int64_t state) {
        partial_tile(rows + i / kStrip * strip + i % kStrip, columns + j / kStrip * strip + j % kStrip, strip,
                     classes, partial + state / Tile::kWidth);
      });
    }
    const bool last = (n + 1) % kRenormalise == 0 || n + 1 == t.samples;
    for_tiles(t.pairs, [&](int64_t, int64_t, int64_t state) {
      for (int64_t k = state / Tile::kWidth; k < (state + kTileSize) / Tile::kWidth; ++k) {
        product[k] = kGuarded ? Tile::multiply_guarded(product[k], partial[k]) : product[k] * partial[k];
        if (last) Tile::renormalise(product[k], exponent[k]);
      }
    });
  }
}

template <bool kGuarded>
void multiply_tile(const lightcone::TileArgs& t) {
  if (t.classes <= kDepth) {
    multiply_samples<kGuarded>(t);
  } else {
    multiply_wide_samples<kGuarded>(t);
  }
}

void bhattacharyya_tile(const lightcone::TileArgs& args) {
  const FlushSubnormals flush;
  if (args.first)
    for_tiles(args.pairs, [&](int64_t, int64_t, int64_t state) {
      for (int64_t k = state; k < state + kTileSize; ++k) {
        args.state.product[k] = 1.0f;
        args.state.exponent[k] = 0.0f;  // which is 0 as an integer, too
      }
    });
  if (args.guarded) {
    multiply_tile<true>(args);
  } else {
    multiply_tile<false>(args);
  }
}

void bhattacharyya_finish(const lightcone::TilePairs& pairs, const lightcone::TileState& t, double log_scale,
                          double* sums) {
  typedef float F8 __attribute__((vector_size(32), aligned(4)));
  typedef decltype(Exponent{}[0] + Exponent{}[0]) Element;
  typedef Element E8 __attribute__((vector_size(32), aligned(4), may_alias));
  for_tiles(pairs, [&](int64_t first, int64_t column, int64_t state) {
    for (int64_t k = 0; k < kTileSize; k += kLanes) {
      const D8 p = __builtin_convertvector(*reinterpret_cast<const F8*>(t.product + state + k), D8);
      const D8 e = __builtin_convertvector(*reinterpret_cast<const E8*>(t.exponent + state + k), D8);
      const D8 sum = log_scale - (log_mantissa(p) + e * kLn2);
      const D8 flagged = splat(__builtin_inf());
      double* out = sums + (first + k / kTileColumns) * kBlock + column + k % kTileColumns;
      store8(out, load8(out) + (((e < -3e38) | (p == 0.0)) ? flagged : sum));
    }
  });
}

constexpr int kParts = static_cast<int>(kLanes / kDoubles);  // vectors to the kLanes samples of a step

// kVectors vectors of samples at u and v: h = |s - t|^2, near <- (1 + near) (1 - h / 2) - 1. h is the sum of kSums
// over every kSums-th class: kVectors kSums independent sums hide the latency of an FMA.
template <int kVectors, int kSums>
LIGHTCONE_INLINE void near_step(const double* u, const double* v, int64_t stride, int64_t classes, Double* near,
                                Double& farthest) {
  Double h[kSums][kVectors] = {};
  const auto add = [&](int64_t c, Double(&sum)[kVectors]) __attribute__((always_inline)) {
    const double *uc = u + c * stride, *vc = v + c * stride;
#pragma GCC unroll 4
    for (int k = 0; k < kVectors; ++k) {
      const Double d = load(uc + k * kDoubles) - load(vc + k * kDoubles);
      sum[k] += d * d;
    }
  };
  int64_t c = 0;
  for (; c + kSums <= classes; c += kSums)
#pragma GCC unroll 4
    for (int q = 0; q < kSums; ++q) add(c + q, h[q]);
  for (; c < classes; ++c) add(c, h[0]);
#pragma GCC unroll 4
  for (int k = 0; k < kVectors; ++k) {
    Double sum = h[0][k];
#pragma GCC unroll 4
    for (int q = 1; q < kSums; ++q) sum += h[q][k];
    farthest = farthest > sum ? farthest : sum;
    const Double x = sum * -0.5;
    near[k] = near[k] * (x + 1.0) + x;
  }
}

// s, t: [c][stride], samples a multiple of kLanes and at most 256 (each lane then takes 32 samples, and
// 0.5^32 is far from the end of float64). Per sample the difference form -log1p(-h), h = 1/2 |s - t|^2,
// where h < 1/2, and -log BC otherwise: near 1 the dot product has lost what the difference keeps, and
// far from it the difference has. No log per sample either: 1 + E = prod (1 - h) with E kept instead of
// 1 + E, so that nothing is lost for small h; E and -h have one sign, so E + x cannot cancel.
// Samples with BC < 1e-290 are left out of the sum and listed in tiny.
// Bound by reading both rows: two loads for a subtraction and an FMA. They come from the first-level cache only
// while the rows of a block of models fit the second-level one.
double bhattacharyya_pair(const double* s, const double* t, int64_t samples, int64_t stride,
                          int64_t classes, int32_t* tiny, int32_t* tiny_count) {
  *tiny_count = 0;
  constexpr int kVectors = 4;  // independent sums
  Double near[kVectors] = {}, farthest = {};
  int64_t n = 0;
  for (; n + kVectors * kDoubles <= samples; n += kVectors * kDoubles)
    near_step<kVectors, 1>(s + n, t + n, stride, classes, near, farthest);
  for (; n < samples; n += kLanes) near_step<kParts, kVectors / kParts>(s + n, t + n, stride, classes, near, farthest);
  double largest = farthest[0];
  for (int l = 1; l < kDoubles; ++l) largest = farthest[l] > largest ? farthest[l] : largest;
  double lanes[kLanes];
  if (largest < 1.0) {
    for (int k = kParts; k < kVectors; ++k) near[k % kParts] += near[k] + near[k % kParts] * near[k];
    __builtin_memcpy(lanes, near, sizeof lanes);
    return -sum8(log1p8(load8(lanes)));
  }

  const Double one = Double{} + 1.0;
  Double close[kParts] = {}, product[kParts];
  Mask exponent[kParts] = {};
  for (Double& p : product) p = one;
  for (n = 0; n < samples; n += kLanes)
    for (int k = 0; k < kParts; ++k) {
      Double h = {}, dot = {};
      for (int64_t c = 0; c < classes; ++c) {
        const Double u = load(s + c * stride + n + k * kDoubles), v = load(t + c * stride + n + k * kDoubles);
        const Double d = u - v;
        h += d * d;
        dot += u * v;
      }
      const Mask is_near = h < 1.0, is_tiny = dot < 1e-290;
      const Double x = is_near ? h * -0.5 : Double{};
      close[k] = close[k] * (x + 1.0) + x;
      product[k] *= (is_near | is_tiny) ? one : dot;
      const Mask bits = (Mask)product[k];
      exponent[k] += (bits >> 52) - 1023;
      product[k] = (Double)((bits & 0x000fffffffffffffLL) | 0x3ff0000000000000LL);
      for (int l = 0; l < kDoubles; ++l)
        if (is_tiny[l]) tiny[(*tiny_count)++] = static_cast<int32_t>(n + k * kDoubles + l);
    }
  double mantissas[kLanes];
  int64_t exponents = 0;
  __builtin_memcpy(lanes, close, sizeof lanes);
  __builtin_memcpy(mantissas, product, sizeof mantissas);
  for (const Mask& e : exponent)
    for (int l = 0; l < kDoubles; ++l) exponents += e[l];
  return -(sum8(log1p8(load8(lanes)) + log8(load8(mantissas))) + static_cast<double>(exponents) * kLn2);
}

}  // namespace
