// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.util.Arrays;

/**
 * Intensive principal component analysis: the isometric embedding of a matrix of distances.
 *
 * <p>W = -1/2 L D L with L = I - 11'/M, W = sum_k lambda_k v_k v_k' in float64, ordered by falling |lambda|;
 * coordinates v sqrt |lambda|. Negative eigenvalues are time-like dimensions. With all M - 1 dimensions
 * the intervals equal D (Eq 7). With weights, C.3: see {@link Embedding}; a model of weight 0 gets the coordinates of
 * Eq 9.
 *
 * <p>Signs: in every dimension the coordinate of largest magnitude, of models of weight above 0, is positive; of
 * several equal to within 1e-9 of it, that of the lowest model counts.
 *
 * <p>Small matrices are solved by dense LAPACK (24 M^2 bytes, 10 M^3 operations), the others by a block Krylov
 * method that reads D once per product, in memory or from a file. The same bits for the same matrix, options and
 * thread count. Safe for several threads at once.
 */
public final class InPca {
  /** Magnitudes closer than this are ties for the sign rule: rounding must not choose between them. */
  private static final double TIE = 1e-9;

  /** Up to about this order dense LAPACK is as fast as the Krylov method (measured: 400 for K = 10, 750 for K = 50). */
  static final int DENSE_ORDER = 600;

  /** For reading tiles from a file, at most: reading and computing overlap in pieces of a quarter second. */
  private static final long MOST_BUFFER = 256L << 20;

  /** Compiled code, OpenBLAS's buffers, stacks and garbage that come after the plan; 30 MiB were measured. */
  private static final long GROWTH = 40L << 20;

  /** A block of vectors is looked at through one buffer, which Java limits to 2 GiB. */
  private static final long MOST_ENTRIES = Integer.MAX_VALUE / Double.BYTES;

  private InPca() {}

  /**
   * Embeds with equal weights and all memory.
   *
   * @param dims K, 1 to M - 1
   * @param threads 0: all processors
   * @throws IllegalArgumentException for dims out of range
   * @throws InvalidDataException for fewer than two models or an infinite distance, naming the pair
   * @throws LightconeException if this machine has no memory for it; said before anything is taken
   */
  public static Embedding embed(PackedTiles d, int dims, int threads) {
    return embed(d, EmbeddingOptions.of(dims).withThreads(threads), null);
  }

  /**
   * Embeds.
   *
   * @param control to cancel; its counters are those of the pass that runs. May be null
   * @throws IllegalArgumentException for dims or weights that do not fit the matrix
   * @throws InvalidDataException for fewer than two models or an infinite distance, naming the pair
   * @throws LightconeException if the memory does not suffice, said before anything is taken, or the eigenvalues do not
   *     converge
   * @throws CancelledException if it was cancelled
   */
  public static Embedding embed(PackedTiles d, EmbeddingOptions options, Control control) {
    long start = System.nanoTime();
    int models = d.models();
    int dims = options.dims();
    if (models < 2) {
      throw new InvalidDataException("an embedding needs at least 2 models and the matrix has " + models);
    }
    if (dims < 1 || dims > models - 1) {
      throw new IllegalArgumentException("the number of dimensions is " + dims + "; " + models
          + " models have between 1 and " + (models - 1));
    }
    if (options.weights() != null && options.weights().length != models) {
      throw new IllegalArgumentException(options.weights().length + " weights for " + models + " models");
    }
    Plan plan = Plan.of(models, d instanceof DistanceMatrix, options);
    Where where = Where.of(models, plan, options);
    try (CentredDistances a = new CentredDistances(d, options.weights(), plan.bufferBytes, options.threads(), control,
        where.device == Device.CUDA ? Krylov.width(dims) : 0)) {
      if (plan.blocks == 0) {
        return dense(a, options, where, start);
      }
      Krylov.Place place = (n, width, slots) ->
          where.denseOnDevice ? new CudaBlocks(n, width, slots) : new HostBlocks(n, width, slots, options.threads());
      // Narrow blocks pay where a pass over the matrix is cheap and the blocks are on the host.
      try (Krylov solved = d instanceof DistanceMatrix && where.device == Device.CPU
          ? Krylov.solveInMemory(a, dims, options.tolerance(), plan.blocks, options.threads())
          : Krylov.solve(a, dims, options.tolerance(), plan.blocks, place)) {
        return finish(a, solved.values(), solved.columns(), solved.vectors(), where, start);
      }
    }
  }

  /**
   * Where an embedding runs.
   *
   * @param device of the products with the matrix
   * @param reason why there
   * @param denseOnDevice whether the rest is there too
   * @param dense where it is, and why
   */
  record Where(Device device, String reason, boolean denseOnDevice, String dense) {
    static Where of(int models, Plan plan, EmbeddingOptions options) {
      if (plan.blocks == 0) {
        return new Where(Device.CPU, models + " models are solved by dense LAPACK", false, "the CPU, by LAPACK");
      }
      int width = Krylov.width(options.dims());
      Devices.Choice choice = DeviceTiles.choose(models, width, options.device(), options.threads());
      if (choice.device() == Device.CPU) {
        return new Where(Device.CPU, choice.reason(), false, "the CPU, as the products");
      }
      String missing = CudaBlocks.unavailable();
      if (missing != null) {
        System.getLogger("org.lightcone").log(System.Logger.Level.INFO,
            "the vectors of the embedding are multiplied on the CPU: " + missing);
      }
      return new Where(Device.CUDA, choice.reason(), missing == null,
          missing == null ? "the device, by cuBLAS and cuSOLVER" : "the CPU: " + missing);
    }
  }

  /**
   * Bytes that the process comes to hold, before anything is taken: with the matrix, if it is in memory, at most.
   *
   * @param inMemory whether the matrix is, or else a .tiles file
   * @throws UnsupportedException if the options do not allow enough
   * @throws LightconeException if the machine has not enough
   */
  public static long memory(int models, boolean inMemory, EmbeddingOptions options) {
    long matrix = inMemory ? new TileLayout(models).bytes() : 0;
    long allowed = options.memoryBytes();
    Plan plan = Plan.of(models, inMemory, allowed > 0 ? options.withMemory(Math.max(1, allowed - matrix)) : options);
    return Memory.resident() + GROWTH + matrix + plan.bytes;
  }

  /**
   * What fits into the memory.
   *
   * @param blocks of the Krylov basis; 0 for dense LAPACK
   * @param bytes taken at most, the matrix apart
   * @param bufferBytes for reading tiles
   */
  record Plan(int blocks, long bytes, long bufferBytes) {
    static Plan of(int models, boolean inMemory, EmbeddingOptions options) {
      int dims = options.dims();
      long memory = options.memoryBytes() > 0 ? options.memoryBytes() - Memory.resident() - GROWTH : Memory.total();
      String what = "the embedding of " + models + " models";
      if (models * (long) Krylov.width(dims) > MOST_ENTRIES) {
        throw new UnsupportedException(dims + " dimensions of " + models + " models: their vectors take more than the "
            + Memory.size(MOST_ENTRIES * Double.BYTES) + " of one piece of memory; ask for fewer dimensions");
      }
      // Two runs of block rows are in memory at once, however long one is.
      long twoRows = 2 * new TileLayout(models).bytes(0, 1);
      long buffer = inMemory ? 0 : Math.max(twoRows, Math.min(MOST_BUFFER, memory / 4));
      // Coordinates twice, a block each for the centred vectors and the last product.
      long around = models * (long) Krylov.width(dims) * 4 * Double.BYTES;
      boolean fits = Krylov.fits(models, dims);
      if (options.device() == Device.CUDA && !fits) {
        throw new UnsupportedException("device cuda: " + dims + " dimensions of " + models + " models are solved by dense"
            + " LAPACK, on the CPU alone; ask for fewer dimensions, or the device cpu");
      }
      if (models <= DENSE_ORDER && options.device() != Device.CUDA || !fits) {
        if (models > SymmetricEigen.MAX_ORDER) {
          throw new UnsupportedException(dims + " dimensions of " + models + " models need the dense solver, which"
              + " takes at most " + SymmetricEigen.MAX_ORDER + " models; ask for fewer dimensions");
        }
        long bytes = SymmetricEigen.bytes(models) + around;
        require(bytes, memory, options, what);
        return new Plan(0, bytes + buffer, buffer);
      }
      require(around + Krylov.bytes(models, dims, Krylov.FEWEST_BLOCKS) + buffer, memory, options, what);
      int blocks = Krylov.FEWEST_BLOCKS;
      while (blocks < Krylov.mostBlocks(dims) && around + Krylov.bytes(models, dims, blocks + 1) + buffer <= memory) {
        blocks++;
      }
      return new Plan(blocks, around + Krylov.bytes(models, dims, blocks) + buffer, buffer);
    }

    private static void require(long bytes, long memory, EmbeddingOptions options, String what) {
      Memory.require(bytes, what);
      if (options.memoryBytes() > 0 && bytes > memory) {
        throw new UnsupportedException(what + " takes at least " + Memory.size(bytes) + " beside the "
            + Memory.size(options.memoryBytes() - memory) + " that the process holds or will, and "
            + Memory.size(options.memoryBytes()) + " are allowed: allow more (--memory), or ask for fewer dimensions");
      }
    }
  }

  private static Embedding dense(CentredDistances a, EmbeddingOptions options, Where where, long start) {
    int models = a.order();
    int dims = options.dims();
    int columns = (dims + 7) / 8 * 8;
    long count = (long) models * models;
    try (OffHeap w = OffHeap.allocate(count * Double.BYTES, "the centred matrix");
        OffHeap values = OffHeap.allocate((long) models * Double.BYTES, "eigenvalues");
        OffHeap vectors = OffHeap.allocate((long) models * columns * Double.BYTES, "eigenvectors")) {
      a.fill(w);
      SymmetricEigen.solve(w, models, values, options.threads());
      double[] all = new double[models];
      values.doubles(0, models).get(all);
      int[] order = SymmetricEigen.byMagnitude(all);
      double[] eigenvalues = new double[dims];
      DoubleBuffer to = vectors.doubles(0, models * columns);
      for (int k = 0; k < columns; k++) {
        DoubleBuffer from = w.doubles((long) order[Math.min(k, dims - 1)] * models * Double.BYTES, models);
        for (int i = 0; i < models; i++) {
          to.put(i * columns + k, k < dims ? from.get(i) : 0);
        }
        if (k < dims) {
          eigenvalues[k] = all[order[k]] + 0.0; // -0 becomes 0
        }
      }
      return finish(a, eigenvalues, columns, to, where, start);
    }
  }

  /** Signs, coordinates, and with one more pass over D the residuals and Eq 12. */
  private static Embedding finish(
      CentredDistances a, double[] eigenvalues, int columns, DoubleBuffer vectors, Where where, long start) {
    int models = a.order();
    int dims = eigenvalues.length;
    for (int k = 0; k < dims; k++) {
      fixSign(vectors, columns, k, a.roots());
    }
    int[] signature = Arrays.stream(eigenvalues).mapToInt(lambda -> (int) Math.signum(lambda)).toArray();
    double[][] coordinates = new double[models][dims];
    for (int i = 0; i < models; i++) {
      double root = a.roots()[i];
      for (int k = 0; k < dims && root > 0; k++) {
        coordinates[i][k] = vectors.get(i * columns + k) * Math.sqrt(Math.abs(eigenvalues[k])) / root;
      }
    }
    try (OffHeap memory = OffHeap.allocate((long) models * columns * Double.BYTES, "a block of vectors")) {
      DoubleBuffer product = memory.doubles(0, models * columns);
      // Models of weight 0 count nothing in Eq 12; the product of the same pass gives them their coordinates (Eq 9).
      double[] missed = a.last(columns, vectors, product, coordinates, signature);
      placeUnweighted(a, eigenvalues, columns, product, coordinates);
      double[] residuals = residuals(a, eigenvalues, columns, vectors, product);
      double[] pairwise = Arrays.stream(missed).map(share -> 1 - share).toArray();
      return new Embedding(coordinates, eigenvalues, signature, stress(eigenvalues, a.norm()), pairwise,
          pairwiseL2(a, eigenvalues, coordinates), residuals, a.weights(), a.means(), a.passes(),
          (System.nanoTime() - start) * 1e-9, where.device, where.reason, where.dense);
    }
  }

  /** By the coordinates: an eigenvector's entry over the root of the model's weight, but for a factor. */
  private static void fixSign(DoubleBuffer vectors, int columns, int k, double[] roots) {
    double largest = 0;
    for (int i = 0; i < roots.length; i++) {
      if (roots[i] > 0) {
        largest = Math.max(largest, Math.abs(vectors.get(i * columns + k)) / roots[i]);
      }
    }
    for (int i = 0; i < roots.length; i++) {
      double entry = vectors.get(i * columns + k);
      if (roots[i] > 0 && Math.abs(entry) / roots[i] >= largest * (1 - TIE)) {
        for (int j = 0; entry < 0 && j < roots.length; j++) {
          vectors.put(j * columns + k, -vectors.get(j * columns + k));
        }
        return;
      }
    }
  }

  /** X = W m^1/2 U sign(Lambda) / sqrt |Lambda| for the models of weight 0; 0 along null dimensions. */
  private static void placeUnweighted(
      CentredDistances a, double[] eigenvalues, int columns, DoubleBuffer product, double[][] coordinates) {
    for (int i = 0; i < coordinates.length; i++) {
      for (int k = 0; k < eigenvalues.length && a.roots()[i] == 0; k++) {
        double lambda = eigenvalues[k];
        coordinates[i][k] = Placement.isNull(lambda, eigenvalues[0]) ? 0
            : product.get(i * columns + k) * Math.signum(lambda) / Math.sqrt(Math.abs(lambda));
      }
    }
  }

  /** chi_k = 1 - sqrt(1 - sum_{l<=k} lambda_l^2 / |W|_F^2) (Eq 8); nothing to explain counts as explained. */
  private static double[] stress(double[] eigenvalues, double norm) {
    double[] stress = new double[eigenvalues.length];
    double explained = 0;
    for (int k = 0; k < stress.length; k++) {
      explained += eigenvalues[k] * eigenvalues[k];
      // Rounding may take the share a few ulp above 1.
      stress[k] = norm == 0 ? 1 : 1 - Math.sqrt(Math.max(0, 1 - explained / (norm * norm)));
    }
    return stress;
  }

  /** |A v - lambda v| / |lambda_1| from a product with D itself, so that the solver is judged by the input. */
  private static double[] residuals(
      CentredDistances a, double[] eigenvalues, int columns, DoubleBuffer vectors, DoubleBuffer product) {
    double[] residuals = new double[eigenvalues.length];
    for (int i = 0; i < a.order(); i++) {
      for (int k = 0; k < residuals.length; k++) {
        double error = a.roots()[i] * product.get(i * columns + k) - eigenvalues[k] * vectors.get(i * columns + k);
        residuals[k] += error * error;
      }
    }
    double largest = Math.abs(eigenvalues[0]);
    return Arrays.stream(residuals).map(sum -> largest == 0 ? 0 : Math.sqrt(sum) / largest).toArray();
  }

  /**
   * 1 - |D - D_k|_F / |D|_F, with weights, for k = 1..K, from |D - D_k|_F^2 = 2 (tr W - sum lambda)^2
   * + 2 M |diag W - diag W_k|^2 + 4 (|W|_F^2 - sum lambda^2): no pass over D.
   */
  private static double[] pairwiseL2(CentredDistances a, double[] eigenvalues, double[][] coordinates) {
    int models = a.order();
    double[] explained = new double[eigenvalues.length];
    double[] left = new double[models];
    Arrays.setAll(left, a::diagonal);
    double off = a.norm() * a.norm();
    for (int k = 0; k < explained.length; k++) {
      off -= eigenvalues[k] * eigenvalues[k];
      double trace = 0;
      double squares = 0;
      for (int i = 0; i < models; i++) {
        left[i] -= Math.signum(eigenvalues[k]) * coordinates[i][k] * coordinates[i][k];
        trace += a.weights()[i] * left[i];
        squares += a.weights()[i] * left[i] * left[i];
      }
      double missed = 2 * trace * trace + 2.0 * models * squares + 4 * Math.max(0, off);
      explained[k] = a.squares() == 0 ? 1 : 1 - Math.sqrt(missed / a.squares());
    }
    return explained;
  }
}
