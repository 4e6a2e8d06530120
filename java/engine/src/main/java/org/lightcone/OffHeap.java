// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A piece of memory outside the heap of any size, freed by {@link #close()} and by nothing else.
 *
 * <p>JavaCPP's own allocating constructors are not used: they count towards a limit derived from the
 * heap and run the collector when the process is large.
 */
final class OffHeap implements AutoCloseable {
  private final long bytes;
  private Pointer memory;

  private OffHeap(Pointer memory, long bytes) {
    this.memory = memory;
    this.bytes = bytes;
  }

  /** Uninitialised memory; {@code purpose} completes "no memory for ...". */
  static OffHeap allocate(long bytes, String purpose) {
    Memory.require(bytes, purpose);
    Pointer memory = Pointer.malloc(Math.max(bytes, 1));
    if (memory == null || memory.isNull()) {
      throw Memory.refused(bytes, purpose);
    }
    return new OffHeap(memory, bytes);
  }

  long bytes() {
    return bytes;
  }

  /** To hand on to native code; valid until close. */
  Pointer pointer() {
    return new Bytes(memory.address(), bytes);
  }

  /** A piece of it to hand on to native code; valid until close. */
  Pointer pointer(long byteOffset, long count) {
    return new Bytes(memory.address() + checked(byteOffset, count), count);
  }

  /** The same as text or bytes. */
  BytePointer bytePointer() {
    return new Bytes(memory.address(), bytes);
  }

  DoublePointer doublePointer(long byteOffset, long count) {
    return new Doubles(memory.address() + checked(byteOffset, count * Double.BYTES), count);
  }

  /** A view of at most 2 GiB, in native order. It must not be used after close. */
  ByteBuffer bytes(long byteOffset, int count) {
    return new Bytes(memory.address() + checked(byteOffset, count), count).asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  FloatBuffer floats(long byteOffset, int count) {
    return bytes(byteOffset, Math.multiplyExact(count, Float.BYTES)).asFloatBuffer();
  }

  DoubleBuffer doubles(long byteOffset, int count) {
    return bytes(byteOffset, Math.multiplyExact(count, Double.BYTES)).asDoubleBuffer();
  }

  private long checked(long byteOffset, long count) {
    if (byteOffset < 0 || count < 0 || byteOffset > bytes - count) {
      throw new IndexOutOfBoundsException(byteOffset + " + " + count + " of " + bytes + " bytes");
    }
    return byteOffset;
  }

  @Override
  public void close() {
    Pointer freed = memory;
    memory = null;
    if (freed != null) {
      Pointer.free(freed);
    }
  }

  /** The address of a direct buffer's first element, its position counted. */
  static Pointer of(ByteBuffer direct) {
    return new Bytes(address(direct, 1), direct.remaining());
  }

  /** The address of a direct buffer's first element, its position counted. */
  static Pointer of(FloatBuffer direct) {
    return new Bytes(address(direct, Float.BYTES), direct.remaining() * (long) Float.BYTES);
  }

  /** The address of a direct buffer's first element, its position counted. */
  static Pointer of(IntBuffer direct) {
    return new Bytes(address(direct, Integer.BYTES), direct.remaining() * (long) Integer.BYTES);
  }

  /** An address that the caller vouches for. */
  static Pointer at(long address, long bytes) {
    return new Bytes(address, bytes);
  }

  /** float64 at an address on a device, which Java does not look at. */
  static DoublePointer doublesAt(long address) {
    return new Doubles(address, Long.MAX_VALUE / Double.BYTES);
  }

  /** The address of a direct buffer's first element, its position counted. */
  static DoublePointer of(DoubleBuffer direct) {
    return new Doubles(address(direct, Double.BYTES), direct.remaining());
  }

  private static long address(Buffer direct, int elementBytes) {
    return Bytes.base(direct) + direct.position() * (long) elementBytes;
  }

  /** A borrowed address; it owns nothing. */
  private static final class Bytes extends BytePointer {
    Bytes(long address, long capacity) {
      super((Pointer) null);
      this.address = address;
      this.limit = capacity;
      this.capacity = capacity;
    }

    static long base(Buffer direct) {
      return getDirectBufferAddress(direct);
    }
  }

  private static final class Doubles extends DoublePointer {
    Doubles(long address, long capacity) {
      super((Pointer) null);
      this.address = address;
      this.limit = capacity;
      this.capacity = capacity;
    }
  }
}
