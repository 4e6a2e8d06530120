// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.bytedeco.cuda.cublas.cublasContext;
import org.bytedeco.cuda.cusolver.cusolverDnContext;
import org.bytedeco.cuda.global.cublas;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.cusolver;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * Blocks in a GPU's memory, multiplied by cuBLAS; T's eigenpairs by cuSOLVER. Row-major blocks are to those libraries the
 * transposes of column-major ones. The rare Householder factorisation of a degenerate block takes its way through the
 * host. Nothing here is touched unless {@link #unavailable} is null: the presets and the libraries are optional.
 */
final class CudaBlocks implements KrylovBlocks {
  private static final int LOWER = 0; // CUBLAS_FILL_MODE_LOWER

  private final int n;
  private final int width;
  private final long blockBytes;
  private final List<Pointer> taken = new ArrayList<>();
  private cublasContext blas;
  private cusolverDnContext solver;
  private final Pointer blocks;
  private final Pointer coefficients;
  /** A block on its way. */
  private final OffHeap host;

  /** Why the dense parts cannot run on a device here, or null. */
  static String unavailable() {
    try {
      Pointer[] probe = {new cublasContext(), new cusolverDnContext()};
      for (Pointer handle : probe) {
        handle.deallocate(false);
      }
      cublas.cublasGetVersion_v2(null, new int[1]);
      cusolver.cusolverGetVersion(new int[1]);
      return null;
    } catch (NoClassDefFoundError e) {
      return "the jars org.bytedeco:cuda are not there (" + Native.rootMessage(e) + ")";
    } catch (LinkageError | RuntimeException e) {
      return "cuBLAS and cuSOLVER of CUDA 13 could not be loaded (" + Native.rootMessage(e)
          + "); put libcublas.so.13 and libcusolver.so.12 on LD_LIBRARY_PATH";
    }
  }

  CudaBlocks(int n, int width, int slots) {
    this.n = n;
    this.width = width;
    this.blockBytes = (long) n * width * Double.BYTES;
    this.host = OffHeap.allocate(blockBytes, "a block of vectors");
    boolean done = false;
    try {
      blas = new cublasContext();
      blas(cublas.cublasCreate_v2(blas), "start");
      // The same bits from run to run.
      blas(cublas.cublasSetAtomicsMode(blas, cublas.CUBLAS_ATOMICS_NOT_ALLOWED), "be made deterministic");
      solver = new cusolverDnContext();
      solver(cusolver.cusolverDnCreate(solver), "start");
      blocks = allocate((slots + 2) * blockBytes);
      coefficients = allocate((long) slots * width * width * Double.BYTES);
      done = true;
    } finally {
      if (!done) {
        close();
      }
    }
  }

  /** Device memory of {@code slots} blocks, in bytes. */
  static long bytes(int n, int width, int slots) {
    long columns = (long) slots * width;
    // cuSOLVER works on some four matrices of T's size.
    return (slots + 2) * (long) n * width * Double.BYTES + 5 * columns * columns * Double.BYTES;
  }

  @Override
  public String name() {
    return "the GPU, by cuBLAS and cuSOLVER";
  }

  @Override
  public void fill(int block, DoubleSupplier next) {
    DoubleBuffer z = host.doubles(0, n * width);
    for (int k = 0; k < n * width; k++) {
      z.put(k, next.getAsDouble());
    }
    copy(at(block), host.pointer(), blockBytes);
  }

  @Override
  public void multiply(SymmetricOperator a, int x, int y) {
    // The engine's streams do not wait for those of the libraries.
    check(cudart.cudaDeviceSynchronize(), "finish");
    ((CentredDistances) a).multiplyOnDevice(width, at(x), at(y));
  }

  @Override
  public double[] inner(int first, int count, int z) {
    for (int q = 0; q < count; q++) {
      // Column-major, out' (columns, width) = z' Q.
      gemm(cublas.CUBLAS_OP_N, cublas.CUBLAS_OP_T, width, width, n, 1, at(z), width, at(first + q), width, 0,
          doubles(coefficients, (long) q * width * width), width);
    }
    double[] c = new double[count * width * width];
    fetch(coefficients, c);
    return c;
  }

  @Override
  public void update(int first, int count, double[] c, double factor, int z) {
    update(first, count, c, factor, z, width);
  }

  private void update(int first, int count, double[] c, double factor, int z, int columns) {
    put(c, coefficients);
    for (int q = 0; q < count; q++) {
      // z' += factor c' Q'.
      gemm(cublas.CUBLAS_OP_N, cublas.CUBLAS_OP_N, columns, n, width, factor,
          doubles(coefficients, (long) q * width * columns), columns, at(first + q), width, 1, at(z), columns);
    }
  }

  private void gemm(int opA, int opB, int rows, int columns, int depth, double alpha, DoublePointer a, int lda,
      DoublePointer b, int ldb, double beta, DoublePointer c, int ldc) {
    try (DoublePointer factors = new DoublePointer(alpha, beta); DoublePointer second = new DoublePointer(beta)) {
      blas(cublas.cublasDgemm_v2(blas, opA, opB, rows, columns, depth, factors, a, lda, b, ldb, second, c, ldc),
          "multiply");
    }
  }

  @Override
  public void clear(int block) {
    check(cudart.cudaMemset(at(block), 0, blockBytes), "clear memory");
  }

  @Override
  public void copy(int from, int to) {
    copy(at(to), at(from), blockBytes);
  }

  @Override
  public double[] householder(int block) {
    copy(host.pointer(), at(block), blockBytes);
    double[] r = Lapack.householder(host, 0, n, width);
    copy(at(block), host.pointer(), blockBytes);
    return r;
  }

  @Override
  public DoubleBuffer combine(int count, double[] c, int columns, int scratch) {
    clear(scratch);
    update(0, count, c, 1, scratch, columns);
    copy(host.pointer(), at(scratch), (long) n * columns * Double.BYTES);
    return host.doubles(0, n * columns);
  }

  @Override
  public double[] eigen(double[] matrix, int size) {
    double[] values = new double[size];
    int mark = taken.size();
    try (IntPointer length = new IntPointer(1); IntPointer status = new IntPointer(1)) {
      DoublePointer a = doubles(allocate((long) size * size * Double.BYTES), 0);
      DoublePointer w = doubles(allocate((long) size * Double.BYTES), 0);
      Pointer info = allocate(Integer.BYTES);
      put(matrix, a);
      solver(cusolver.cusolverDnDsyevd_bufferSize(solver, cusolver.CUSOLVER_EIG_MODE_VECTOR, LOWER, size, a, size, w,
          length), "plan");
      DoublePointer work = doubles(allocate(Math.max(1L, length.get()) * Double.BYTES), 0);
      solver(cusolver.cusolverDnDsyevd(solver, cusolver.CUSOLVER_EIG_MODE_VECTOR, LOWER, size, a, size, w, work,
          length.get(), new IntPointer(info)), "solve");
      copy(status, info, Integer.BYTES);
      if (status.get() != 0) {
        throw new LightconeException("cuSOLVER's Dsyevd stopped with code " + status.get());
      }
      fetch(a, matrix);
      fetch(w, values);
      return values;
    } finally {
      release(mark);
    }
  }

  private DoublePointer at(int block) {
    return doubles(blocks, (long) block * n * width);
  }

  private static DoublePointer doubles(Pointer base, long offset) {
    return OffHeap.doublesAt(base.address() + offset * Double.BYTES);
  }

  private Pointer allocate(long bytes) {
    Pointer memory = new Pointer();
    check(cudart.cudaMalloc(memory, bytes), "allocate " + Memory.size(bytes));
    taken.add(memory);
    return memory;
  }

  private void release(int mark) {
    while (taken.size() > mark) {
      cudart.cudaFree(taken.remove(taken.size() - 1));
    }
  }

  private void put(double[] from, Pointer to) {
    try (OffHeap memory = OffHeap.allocate((long) from.length * Double.BYTES, "coefficients")) {
      memory.doubles(0, from.length).put(from);
      copy(to, memory.pointer(), memory.bytes());
    }
  }

  private void fetch(Pointer from, double[] to) {
    try (OffHeap memory = OffHeap.allocate((long) to.length * Double.BYTES, "coefficients")) {
      copy(memory.pointer(), from, memory.bytes());
      memory.doubles(0, to.length).get(to);
    }
  }

  private static void copy(Pointer to, Pointer from, long bytes) {
    check(cudart.cudaMemcpy(to, from, bytes, cudart.cudaMemcpyDefault), "copy");
  }

  private static void check(int code, String what) {
    if (code != 0) {
      throw new LightconeException("the GPU could not " + what + ": " + cudart.cudaGetErrorString(code).getString());
    }
  }

  private static void blas(int code, String what) {
    if (code != 0) {
      throw new LightconeException("cuBLAS could not " + what + ": " + cublas.cublasGetStatusString(code).getString());
    }
  }

  private static void solver(int code, String what) {
    if (code != 0) {
      throw new LightconeException("cuSOLVER could not " + what + ": code " + code);
    }
  }

  @Override
  public void close() {
    release(0);
    if (solver != null) {
      cusolver.cusolverDnDestroy(solver);
      solver = null;
    }
    if (blas != null) {
      cublas.cublasDestroy_v2(blas);
      blas = null;
    }
    host.close();
  }
}
