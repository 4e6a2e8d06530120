// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.lightcone.ffi.Lightcone;

/**
 * The native library: loaded once, its ABI version checked, and the one place that turns its status
 * codes into exceptions.
 */
final class Native {
  /** Why the library cannot be used, or null. A value, so that every later call can say it again. */
  private static final Throwable FAILURE = load();

  private static final Charset PATHS = Charset.forName(
      System.getProperty("sun.jnu.encoding", StandardCharsets.UTF_8.name()));

  private Native() {}

  private static Throwable load() {
    try {
      int found = Lightcone.lightcone_abi_version();
      return found == Lightcone.LIGHTCONE_ABI_VERSION ? null : new LinkageError(
          "liblightcone.so has ABI version " + found + ", this jar was built for version "
              + Lightcone.LIGHTCONE_ABI_VERSION);
    } catch (LinkageError | RuntimeException e) {
      return e;
    }
  }

  /** Must precede every native call that is not made on a handle. */
  static void require() {
    if (FAILURE != null) {
      throw new UnsupportedException(loadMessage(FAILURE), FAILURE);
    }
  }

  private static String loadMessage(Throwable failure) {
    return "the native library of the engine could not be loaded on " + System.getProperty("os.name") + " "
        + System.getProperty("os.arch") + " (" + rootMessage(failure) + "); it runs on linux-x86_64 with glibc, and the "
        + "javacpp and openblas jars with that classifier must be on the class path or module path";
  }

  /** JavaCPP's first complaint is about the binding; the truth is in the last cause. */
  static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage();
  }

  /** The one switch from status to exception. */
  static void check(int status) {
    if (status == Lightcone.LIGHTCONE_OK) {
      return;
    }
    String message = text(Lightcone.lightcone_last_error());
    throw switch (status) {
      case Lightcone.LIGHTCONE_INVALID_ARGUMENT -> new IllegalArgumentException(message);
      case Lightcone.LIGHTCONE_INVALID_DATA -> new InvalidDataException(message);
      case Lightcone.LIGHTCONE_IO -> new LightconeIoException(message);
      case Lightcone.LIGHTCONE_CANCELLED -> new CancelledException(message);
      case Lightcone.LIGHTCONE_UNSUPPORTED -> new UnsupportedException(message);
      default -> new LightconeException(message);
    };
  }

  /** Static or thread-local text of the library. Paths in it are in the encoding of file names. */
  static String text(BytePointer text) {
    if (text == null || text.isNull()) {
      return "";
    }
    // JavaCPP takes all of a buffer whose length it knows, beyond the zero byte.
    String whole = text.getString(PATHS);
    int end = whole.indexOf('\0');
    return end < 0 ? whole : whole.substring(0, end);
  }

  /** The same, copied into an array and ended by a zero byte. */
  static String text(byte[] text) {
    int end = 0;
    while (text[end] != 0) {
      end++;
    }
    return new String(text, 0, end, PATHS);
  }

  /** Text for the library, in the encoding of file names, ending in a zero byte; null for null. */
  static OffHeap text(String text) {
    if (text == null) {
      return null;
    }
    byte[] bytes = text.getBytes(PATHS);
    OffHeap memory = OffHeap.allocate(bytes.length + 1L, "a name");
    memory.bytes(0, bytes.length + 1).put(bytes).put((byte) 0);
    return memory;
  }
}
