// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.DoubleBuffer;
import java.util.function.DoubleSupplier;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;
import org.lightcone.ffi.Lightcone;

/** Blocks in host memory: tall products in the engine's own threads, factorisations in OpenBLAS. */
final class HostBlocks implements KrylovBlocks {
  private final int n;
  private final int width;
  private final int threads;
  private final long blockBytes;
  private final OffHeaps memory = new OffHeaps();
  private final OffHeap blocks;
  private final OffHeap coefficients;

  HostBlocks(int n, int width, int slots, int threads) {
    this.n = n;
    this.width = width;
    this.threads = threads;
    this.blockBytes = (long) n * width * Double.BYTES;
    this.blocks = memory.allocate((slots + 2) * blockBytes, "the basis of the eigenvectors");
    this.coefficients = memory.allocate((long) slots * width * width * Double.BYTES, "coefficients");
  }

  @Override
  public String name() {
    return "the CPU";
  }

  private DoubleBuffer view(int block) {
    return blocks.doubles(block * blockBytes, n * width);
  }

  @Override
  public void fill(int block, DoubleSupplier next) {
    DoubleBuffer z = view(block);
    for (int k = 0; k < n * width; k++) {
      z.put(k, next.getAsDouble());
    }
  }

  @Override
  public void multiply(SymmetricOperator a, int x, int y) {
    a.multiply(width, view(x), view(y));
  }

  @Override
  public double[] inner(int first, int count, int z) {
    long numbers = (long) count * width * width;
    Native.check(Lightcone.lightcone_block_inner(blocks.doublePointer(first * blockBytes, count * (long) n * width), count,
        width, blocks.doublePointer(z * blockBytes, (long) n * width), n, width, threads,
        coefficients.doublePointer(0, numbers)));
    double[] c = new double[(int) numbers];
    coefficients.doubles(0, c.length).get(c);
    return c;
  }

  @Override
  public void update(int first, int count, double[] c, double factor, int z) {
    coefficients.doubles(0, c.length).put(c);
    update(first, count, coefficients, factor, blocks.doublePointer(z * blockBytes, (long) n * width), width);
  }

  private void update(int first, int count, OffHeap c, double factor, DoublePointer z, int columns) {
    Native.check(Lightcone.lightcone_block_update(blocks.doublePointer(first * blockBytes, count * (long) n * width),
        count, width, c.doublePointer(0, (long) count * width * columns), factor, z, n, columns, threads));
  }

  @Override
  public void clear(int block) {
    Pointer.memset(blocks.pointer(block * blockBytes, blockBytes), 0, blockBytes);
  }

  @Override
  public void copy(int from, int to) {
    Pointer.memcpy(blocks.pointer(to * blockBytes, blockBytes), blocks.pointer(from * blockBytes, blockBytes), blockBytes);
  }

  @Override
  public double[] householder(int block) {
    return Lapack.householder(blocks, block * blockBytes, n, width);
  }

  @Override
  public DoubleBuffer combine(int count, double[] c, int columns, int scratch) {
    long numbers = (long) n * columns;
    // A narrow block does not hold the result.
    boolean fits = columns <= width;
    OffHeap out = fits ? blocks : memory.allocate(numbers * Double.BYTES, "the eigenvectors");
    long at = fits ? scratch * blockBytes : 0;
    Pointer.memset(out.pointer(at, numbers * Double.BYTES), 0, numbers * Double.BYTES);
    try (OffHeap wide = OffHeap.allocate((long) c.length * Double.BYTES, "coefficients")) {
      wide.doubles(0, c.length).put(c);
      update(0, count, wide, 1, out.doublePointer(at, numbers), columns);
    }
    return out.doubles(at, n * columns);
  }

  @Override
  public double[] eigen(double[] matrix, int size) {
    return SymmetricEigen.solve(matrix, size);
  }

  @Override
  public void close() {
    memory.close();
  }
}
