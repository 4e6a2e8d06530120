// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.Buffer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;

/**
 * A caller's direct buffers, checked before their address crosses: outside the heap, of native byte order, writable
 * where they are written, and large enough. The native side sees an address without an end.
 */
final class Direct {
  private Direct() {}

  static Pointer in(FloatBuffer buffer, long needed, String what) {
    require(buffer, buffer.order(), needed, what);
    return OffHeap.of(buffer);
  }

  static Pointer in(DoubleBuffer buffer, long needed, String what) {
    require(buffer, buffer.order(), needed, what);
    return OffHeap.of(buffer);
  }

  /** Bytes; null stays null. */
  static BytePointer in(ByteBuffer buffer, long needed, String what) {
    if (buffer == null) {
      return null;
    }
    require(buffer, ByteOrder.nativeOrder(), needed, what);
    return new BytePointer(OffHeap.of(buffer));
  }

  static Pointer out(FloatBuffer buffer, long needed, String what) {
    requireWritable(buffer, what);
    return in(buffer, needed, what);
  }

  static BytePointer out(ByteBuffer buffer, long needed, String what) {
    requireWritable(buffer, what);
    return in(buffer, needed, what);
  }

  /** Null stays null. */
  static IntPointer out(IntBuffer buffer, long needed, String what) {
    if (buffer == null) {
      return null;
    }
    requireWritable(buffer, what);
    require(buffer, buffer.order(), needed, what);
    return new IntPointer(OffHeap.of(buffer));
  }

  private static void require(Buffer buffer, ByteOrder order, long needed, String what) {
    Npy.requireDirect(buffer, what);
    if (order != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(what + " is " + order
          + "; give the buffer order(ByteOrder.nativeOrder()) before asFloatBuffer() and the like");
    }
    if (needed < 0 || buffer.remaining() < needed) {
      throw new IllegalArgumentException(
          what + " has " + buffer.remaining() + " elements from its position on, " + needed + " are needed");
    }
  }

  private static void requireWritable(Buffer buffer, String what) {
    if (buffer.isReadOnly()) {
      throw new IllegalArgumentException(what + " is read-only");
    }
  }
}
