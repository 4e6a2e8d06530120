// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The eigenpairs of largest magnitude of a symmetric, indefinite operator, by block Lanczos with full
 * reorthogonalisation and thick restart (Golub and Van Loan, section 10.3; Wu and Simon 2000).
 *
 * <p>With a basis Q of blocks Q_0 .. Q_m, orthonormal, and T = Q'AQ, a product gives A Q = Q T + Q_{m+1} R E'; a Ritz
 * pair (theta, Q s) has the residual |R s_m|, s_m its entries in the last block, so that convergence costs no
 * pass over A. When the basis is full, the Ritz vectors of largest magnitude become its first block.
 *
 * <p>Two widths of a block. Where a pass over the matrix is dear (a file, other machines) it is wider than the number
 * of pairs: the fewest passes, and all copies of an eigenvalue that is as often there are found. Where the matrix is in
 * memory the vectors multiplied are what counts, and narrow blocks need a third as many (measured with K = 50 on
 * random walks of 2,000 models: 144 of 8 against 432 of 72). They find copies beyond their width only by chance, so
 * that after convergence a new random block begins a second space orthogonal to the first: a missed pair shows itself
 * there within {@link #CHECKS} products, and is then made to converge, and looked for again. A basis that is full
 * before all of that is left for the wide one.
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

  /** The narrowest block that keeps a product at more than half of its rate. */
  private static final int NARROW = 8;

  /**
   * Products of a check. What is left of the spectrum once K pairs have converged is a good deal smaller than they are,
   * so that four take a missed pair from the few percent of it in a random block to nearly all of it.
   */
  private static final int CHECKS = 4;

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

  /** The ends of spaces that checks have interrupted. */
  private final List<End> ends = new ArrayList<>();

  private double[] values;
  private DoubleBuffer vectors;

  private Krylov(SymmetricOperator a, int pairs, int width, int slots, KrylovBlocks blocks) {
    this.a = a;
    this.n = a.order();
    this.pairs = pairs;
    this.width = width;
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
    // The basis, two blocks beside it (of narrow ones, the result), T and LAPACK's three copies of it.
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
    return solve(a, pairs, width(pairs), slots(a.order(), pairs, most), tolerance, place);
  }

  /** The same for a matrix in memory: by narrow blocks in the memory of that many wide ones, if that suffices. */
  static Krylov solveInMemory(SymmetricOperator a, int pairs, double tolerance, int most, int threads) {
    Place place = (n, width, slots) -> new HostBlocks(n, width, slots, threads);
    Krylov narrow = null;
    if (NARROW < width(pairs)) {
      int slots = Math.min(most * width(pairs), a.order() - 1) / NARROW;
      narrow = solve(a, pairs, NARROW, slots, tolerance, place);
    }
    return narrow != null ? narrow : solve(a, pairs, tolerance, most, place);
  }

  /** Null if the basis is full and too narrow to restart. */
  private static Krylov solve(
      SymmetricOperator a, int pairs, int width, int slots, double tolerance, Place place) {
    Krylov krylov = new Krylov(a, pairs, width, slots, place.blocks(a.order(), width, slots));
    boolean done = false;
    try {
      done = krylov.iterate(tolerance);
      return done ? krylov : null;
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

  /** False if the basis is full and too narrow to restart. */
  private boolean iterate(double tolerance) {
    random(0);
    boolean wide = width >= pairs;
    int look = pairs; // columns of the basis from which on T is looked at
    boolean checking = false;
    while (true) {
      double[] r = expand();
      boolean full = filled + 1 == slots;
      if (filled * width < look) {
        if (full && !wide) {
          return false;
        }
        continue;
      }
      Ritz ritz = ritz();
      double largest = Math.abs(ritz.value(0));
      double residual = 0;
      for (int k = 0; largest != 0 && k < pairs; k++) {
        double sum = ritz.norm(k, r, filled - 1);
        for (End end : ends) {
          sum += ritz.norm(k, end.r, end.block);
        }
        residual = Math.max(residual, sum / largest);
      }
      if (residual <= tolerance) {
        if (wide || checking) {
          values = new double[pairs];
          Arrays.setAll(values, ritz::value);
          vectors = blocks.combine(filled, ritz.coefficients(pairs, columns()), columns(), work);
          return true;
        }
        checking = true;
        ends.add(new End(r, filled - 1));
        random(filled);
        look = (filled + CHECKS) * width;
      } else {
        checking = false;
        // T's own eigenvalues cost as much as two narrow products, and next to nothing beside a wide one.
        look = wide ? 0 : (filled + 2) * width;
      }
      if (products >= MOST_PRODUCTS) {
        throw new LightconeException("the eigenvalues have not converged after " + products
            + " passes: the largest residual is " + residual + "; allow a larger tolerance, more memory, or ask for fewer dimensions");
      }
      if (full) {
        if (!wide) {
          return false;
        }
        restart(ritz);
      }
    }
  }

  /** The residual R s_block that a space leaves behind when another one begins. */
  private record End(double[] r, int block) {}

  /** A random block behind so many blocks. */
  private void random(int count) {
    SplittableRandom random = new SplittableRandom(SEED + count);
    blocks.fill(work, () -> random.nextDouble() - 0.5);
    orthonormalise(count);
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

    /** |R s_block|. */
    double norm(int k, double[] r, int block) {
      int last = order[k] * all.length + block * width;
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
