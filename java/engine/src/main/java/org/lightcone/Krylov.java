// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The eigenpairs of largest magnitude of a symmetric, indefinite operator, by block Lanczos with full
 * reorthogonalisation and thick restart (Golub and Van Loan, section 10.3; Wu and Simon 2000).
 *
 * <p>With a basis Q of blocks Q_0 .. Q_m, orthonormal, and T = Q'AQ, a product gives A Q = Q T + Q_{m+1} R E'; a Ritz
 * pair (theta, Q s) has the residual |R s_m|, s_m its entries in the last block, so that convergence costs no
 * pass over A. When the basis is full, the Ritz vectors of largest magnitude become its first block.
 *
 * <p>Every column is orthogonal to the basis to float64: each new block is projected and factorised until a
 * factorisation finds nothing left to do, by Cholesky where the block is well conditioned and by Householder
 * where it is not, which also replaces directions that have run out (an invariant subspace, A = 0) by new ones.
 * The start block is from a fixed seed: the same bits for the same operator.
 */
final class Krylov implements AutoCloseable {
  private static final long SEED = 0x4c69676874L;

  /**
   * Below this smallest pivot of the Gram matrix, scaled to a diagonal of ones, Cholesky leaves the columns far from
   * orthogonal (the Gram matrix squares the condition number: 1e-7 squared is float64's last digit).
   */
  private static final double ILL = 1e-6;
  /** Above it the columns were orthonormal before the factorisation, but for rounding that it removed. */
  private static final double WELL = 0.5;
  private static final int MOST_ROUNDS = 8;

  private static final int MOST_BLOCKS = 12;
  /** T of this order takes LAPACK about 10 s, as long as ten passes over 20,000 models. */
  private static final int MOST_COLUMNS = 4_000;

  /** Far beyond any that converges: the sentence comes instead of an endless run. */
  private static final int MOST_PRODUCTS = 1_000;

  private final SymmetricOperator a;
  private final int n;
  private final int pairs;
  private final int width;
  private final int slots;
  private final KrylovBlocks blocks;
  /** The scratch blocks: the one that is worked on, and another. */
  private final int work;
  private final int other;
  /** T, row-major, leading dimension slots width. */
  private final double[] t;
  private final int ld;
  /** Blocks of the basis whose product is in T; the next block follows them. */
  private int filled;
  private int products;
  /** Q'Z of the block last orthonormalised, (blocks width, width). */
  private double[] projections;

  private double[] values;
  private DoubleBuffer vectors;

  private Krylov(SymmetricOperator a, int pairs, int slots, KrylovBlocks blocks) {
    this.a = a;
    this.n = a.order();
    this.pairs = pairs;
    this.width = width(pairs);
    this.slots = slots;
    this.ld = slots * width;
    this.t = new double[ld * ld];
    this.blocks = blocks;
    this.work = slots;
    this.other = slots + 1;
  }

  /**
   * Vectors in a block: a fifth more than asked for, and an odd multiple of 8, so that the rows of a block do
   * not all fall into the same few sets of the first cache.
   */
  static int width(int pairs) {
    int eighths = (pairs + Math.max(8, pairs / 5) + 7) / 8;
    return 8 * (eighths | 1);
  }

  /** Fewest blocks of a basis: the kept ones, the last, and the next. */
  static final int FEWEST_BLOCKS = 3;

  /** Whether an operator of that order is large enough for the basis, and LAPACK for T. */
  static boolean fits(int order, int pairs) {
    return (long) FEWEST_BLOCKS * width(pairs) < Math.min(order, SymmetricEigen.MAX_ORDER);
  }

  /** Blocks beyond which more memory would be of no use: it converges before, or T's own eigenvalues cost the more. */
  static int mostBlocks(int pairs) {
    return Math.max(FEWEST_BLOCKS, Math.min(MOST_BLOCKS, MOST_COLUMNS / width(pairs)));
  }

  /** Bytes taken with a basis of that many blocks, A's own apart. */
  static long bytes(int order, int pairs, int blocks) {
    long columns = blocks * (long) width(pairs);
    // The basis, two blocks beside it, T and LAPACK's three copies of it.
    return (blocks + 2) * (long) order * width(pairs) * Double.BYTES + 4 * columns * columns * Double.BYTES;
  }

  /**
   * Solves.
   *
   * @param pairs K; {@link #fits} must hold
   * @param tolerance largest |A v - lambda v| / |lambda_1| of a pair
   * @param most blocks of the basis, at least {@link #FEWEST_BLOCKS}
   * @param place makes the blocks
   * @throws LightconeException if it does not converge
   */
  static Krylov solve(SymmetricOperator a, int pairs, double tolerance, int most, Place place) {
    int slots = slots(a.order(), pairs, most);
    Krylov krylov = new Krylov(a, pairs, slots, place.blocks(a.order(), width(pairs), slots));
    boolean done = false;
    try {
      krylov.iterate(tolerance);
      done = true;
      return krylov;
    } finally {
      if (!done) {
        krylov.close();
      }
    }
  }

  /** The same with the blocks in host memory. */
  static Krylov solve(SymmetricOperator a, int pairs, double tolerance, int most, int threads) {
    return solve(a, pairs, tolerance, most, (n, width, slots) -> new HostBlocks(n, width, slots, threads));
  }

  /** Where the blocks of vectors lie. */
  interface Place {
    KrylovBlocks blocks(int order, int width, int slots);
  }

  /** Blocks of a basis of at most {@code most}: it does not grow to the whole space. */
  static int slots(int order, int pairs, int most) {
    return Math.min(most, (order - 1) / width(pairs));
  }

  /** (K), by falling magnitude; of equal magnitudes the positive one first. */
  double[] values() {
    return values;
  }

  /** Columns of {@link #vectors}: K rounded up to a multiple of 8. */
  int columns() {
    return (pairs + 7) / 8 * 8;
  }

  /** (n, columns), row-major: the eigenvectors; columns beyond K are 0. Valid until close. */
  DoubleBuffer vectors() {
    return vectors;
  }

  private void iterate(double tolerance) {
    start();
    while (true) {
      double[] r = expand();
      Ritz ritz = ritz();
      double largest = Math.abs(ritz.value(0));
      double residual = 0;
      for (int k = 0; largest != 0 && k < pairs; k++) {
        residual = Math.max(residual, ritz.lastBlockNorm(k, r) / largest);
      }
      if (residual <= tolerance) {
        values = new double[pairs];
        Arrays.setAll(values, ritz::value);
        vectors = blocks.combine(filled, ritz.coefficients(pairs, columns()), columns(), work);
        return;
      }
      if (products >= MOST_PRODUCTS) {
        throw new LightconeException("the eigenvalues have not converged after " + products
            + " passes: the largest residual is " + residual + "; allow a larger tolerance, more memory, or ask for fewer dimensions");
      }
      if (filled + 1 == slots) {
        restart(ritz);
      }
    }
  }

  private void start() {
    SplittableRandom random = new SplittableRandom(SEED);
    blocks.fill(work, () -> random.nextDouble() - 0.5);
    orthonormalise(0);
  }

  /** One product: T grows by the block that was next, and a new next block follows. Returns R. */
  private double[] expand() {
    blocks.multiply(a, filled, work);
    products++;
    double[] r = orthonormalise(filled + 1);
    int from = filled * width;
    for (int i = 0; i < from + width; i++) {
      for (int j = 0; j < width; j++) {
        double entry = projections[i * width + j];
        if (i >= from) {
          entry = 0.5 * (entry + projections[(from + j) * width + i - from]);
        }
        t[i * ld + from + j] = entry;
        t[(from + j) * ld + i] = entry;
      }
    }
    filled++;
    return r;
  }

  /**
   * Makes the block in {@code work}, Z, orthonormal to the first blocks of the basis and puts it behind them:
   * Z = Q projections + Q_next R. Returns R.
   */
  private double[] orthonormalise(int count) {
    projections = new double[count * width * width];
    double[] r = identity();
    int from = work;
    int to = other;
    for (int round = 0; ; round++) {
      // A Q_m is in exact arithmetic orthogonal to all blocks but the last two: the first round takes out those, the
      // second, as always, whatever is left of any.
      int first = round == 0 ? Math.max(0, count - 2) : 0;
      if (count > 0) {
        double[] c = blocks.inner(first, count - first, from);
        blocks.update(first, count - first, c, -1, from);
        addProduct(c, r, projections, first * width);
      }
      double[] factor = blocks.inner(from, 1, from);
      double smallest = smallestPivot(factor);
      if (smallest > ILL) {
        blocks.clear(to);
        blocks.update(from, 1, Lapack.inverse(factor, width), 1, to);
        int swapped = from;
        from = to;
        to = swapped;
      } else {
        factor = blocks.householder(from);
      }
      double[] product = new double[width * width];
      addProduct(factor, r, product, 0);
      r = product;
      if (round > 0 && smallest > WELL) {
        break;
      }
      if (round == MOST_ROUNDS) {
        throw new LightconeException("the eigenvalue basis of " + n + " models cannot be made orthogonal: is there a"
            + " NaN in the matrix?");
      }
    }
    blocks.copy(from, count);
    return r;
  }

  /** Replaces G by its Cholesky factor R; the smallest of R's pivots for G scaled to a diagonal of ones, or 0. */
  private double smallestPivot(double[] g) {
    double[] scale = new double[width];
    for (int k = 0; k < width; k++) {
      scale[k] = Math.sqrt(g[k * width + k]);
      if (!(scale[k] > 0)) {
        return 0;
      }
    }
    for (int i = 0; i < width; i++) {
      for (int j = 0; j < width; j++) {
        g[i * width + j] /= scale[i] * scale[j];
      }
    }
    if (!Lapack.cholesky(g, width)) {
      return 0;
    }
    double smallest = 1;
    for (int i = 0; i < width; i++) {
      smallest = Math.min(smallest, g[i * width + i]);
      for (int j = i; j < width; j++) {
        g[i * width + j] *= scale[j];
      }
    }
    return smallest;
  }

  private double[] identity() {
    double[] identity = new double[width * width];
    for (int k = 0; k < width; k++) {
      identity[k * width + k] = 1;
    }
    return identity;
  }

  /** out += left right from row {@code first} of out on; left (rows, width), right (width, width). */
  private void addProduct(double[] left, double[] right, double[] out, int first) {
    for (int i = 0; i < left.length / width; i++) {
      for (int k = 0; k < width; k++) {
        double factor = left[i * width + k];
        for (int j = 0; j < width; j++) {
          out[(first + i) * width + j] += factor * right[k * width + j];
        }
      }
    }
  }

  private void restart(Ritz ritz) {
    blocks.clear(work);
    blocks.update(0, filled, ritz.coefficients(width, width), 1, work);
    blocks.copy(work, 0);
    blocks.copy(filled, 1);
    Arrays.fill(t, 0);
    for (int k = 0; k < width; k++) {
      t[k * ld + k] = ritz.value(k);
    }
    filled = 1;
  }

  /** T's eigenpairs by falling magnitude. */
  private Ritz ritz() {
    int size = filled * width;
    double[] s = new double[size * size];
    for (int i = 0; i < size; i++) {
      System.arraycopy(t, i * ld, s, i * size, size);
    }
    double[] all = blocks.eigen(s, size);
    int[] order = SymmetricEigen.byMagnitude(all);
    return new Ritz(all, s, order);
  }

  /** Eigenvectors s of T as rows of (size, size), in LAPACK's order; {@code order} lists them by magnitude. */
  private final class Ritz {
    private final double[] all;
    private final double[] s;
    private final int[] order;

    Ritz(double[] all, double[] s, int[] order) {
      this.all = all;
      this.s = s;
      this.order = order;
    }

    double value(int k) {
      return all[order[k]] + 0.0; // -0 becomes 0
    }

    /** |R s_m|. */
    double lastBlockNorm(int k, double[] r) {
      int last = order[k] * all.length + all.length - width;
      double sum = 0;
      for (int i = 0; i < width; i++) {
        double entry = 0;
        for (int j = 0; j < width; j++) {
          entry += r[i * width + j] * s[last + j];
        }
        sum += entry * entry;
      }
      return Math.sqrt(sum);
    }

    /** Of the first {@code count} Ritz vectors in the basis: (filled width, columns), the columns beyond 0. */
    double[] coefficients(int count, int columns) {
      double[] c = new double[all.length * columns];
      for (int k = 0; k < count; k++) {
        for (int i = 0; i < all.length; i++) {
          c[i * columns + k] = s[order[k] * all.length + i];
        }
      }
      return c;
    }
  }

  @Override
  public void close() {
    blocks.close();
  }
}
