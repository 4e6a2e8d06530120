// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_full;
import org.bytedeco.pytorch.global.torch;

/**
 * Loads LibTorch. Call {@link #load} before the first use of any class of {@code org.bytedeco.pytorch}; it is
 * cheap after the first time. Thread-safe.
 */
public final class LibTorch {
  private LibTorch() {
  }

  /**
   * Loads the natives once per process (about 2 s the first time on a machine, 1 s later).
   *
   * @throws IllegalStateException if they cannot be unpacked or loaded, with the reason
   */
  public static void load() {
    Holder.check();
  }

  /**
   * Sets the threads of this process's LibTorch. They share the work of convolutions and element-wise
   * operations; matrix products stay on one thread whatever the count: OpenBLAS's second thread makes small
   * networks 1.3 times faster on idle cores, but 20 times slower as soon as a core is shared, because it
   * waits actively.
   */
  public static void setThreads(int threads) {
    load();
    openblas_full.openblas_set_num_threads(1);
    torch.set_num_threads(threads);
  }

  /** The JVM initialises this class once, under its own lock. */
  private static final class Holder {
    private static final String PROBLEM = attempt();

    private static String attempt() {
      // libtorch.so needs libtorch_cpu.so, which JavaCPP unpacks only after loading libtorch.so. On an empty
      // cache the system's own libtorch_cpu.so would be found instead (Debian's is 1.13) and crash the
      // process: unpack both it and what it needs beforehand.
      String folder = "/org/bytedeco/pytorch/" + Loader.getPlatform() + "/";
      try {
        Class<?> presets = Class.forName("org.bytedeco.pytorch.presets.torch", false,
            LibTorch.class.getClassLoader());
        for (String library : new String[] {"libgomp.so.1", "libc10.so", "libtorch_cpu.so", "libtorch.so"}) {
          if (Loader.cacheResource(presets, folder + library) == null) {
            return "the jar of LibTorch for " + Loader.getPlatform() + " is not on the class path";
          }
        }
        Class.forName("org.bytedeco.pytorch.global.torch");
        return null;
      } catch (IOException e) {
        return "it could not be unpacked: " + e.getMessage();
      } catch (ClassNotFoundException | LinkageError e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse(cause.toString());
      }
    }

    static void check() {
      if (PROBLEM != null) {
        throw new IllegalStateException("LibTorch did not load (" + PROBLEM
            + "); it needs linux-x86_64 with glibc 2.35 or newer, and space in the JavaCPP cache folder"
            + " (~/.javacpp/cache, or -Dorg.bytedeco.javacpp.cachedir=DIR).");
      }
    }
  }
}
