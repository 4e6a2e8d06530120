// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativeDeviceInfo;

/**
 * The devices beside the CPU. They come with a library of their own, {@code liblightcone_cuda.so}: the one that the
 * environment variable {@code LIGHTCONE_CUDA_LIBRARY} names, or that {@link #load} was given.
 */
public final class Devices {
  private static final int REASON_BYTES = 512;

  private Devices() {}

  /**
   * One device, or the reason why there is none.
   *
   * @param ordinal its number among several
   * @param available whether it can be used
   * @param name "" if there is none
   * @param reason why it cannot be used; "" if it can
   * @param memoryBytes its whole memory
   * @param capability compute capability, 90 for 9.0; 0 if unknown
   * @param multiprocessors their number
   */
  public record Entry(int ordinal, boolean available, String name, String reason, long memoryBytes, int capability,
      int multiprocessors) {}

  /**
   * Where a computation would run.
   *
   * @param device {@link Device#CPU} or {@link Device#CUDA}
   * @param reason why there
   */
  public record Choice(Device device, String reason) {}

  /**
   * An entry for each device, or one that says why there is none.
   *
   * @throws UnsupportedException if the engine itself cannot be loaded
   */
  public static List<Entry> list() {
    Native.require();
    int[] count = new int[1];
    Native.check(Lightcone.lightcone_device_count(count));
    List<Entry> entries = new ArrayList<>();
    try (NativeDeviceInfo info = new NativeDeviceInfo()) {
      for (int index = 0; index < count[0]; index++) {
        Lightcone.lightcone_device_info_init(info);
        Native.check(Lightcone.lightcone_device_query(index, info));
        entries.add(new Entry(info.ordinal(), info.available() != 0, Native.text(info.name()),
            Native.text(info.reason()), info.memory_bytes(), info.capability(), info.multiprocessors()));
      }
    }
    return List.copyOf(entries);
  }

  /**
   * Loads a device library for all later computations of this process. That there is no driver or no GPU is no failure:
   * {@link #list} says it.
   *
   * @throws LightconeIoException if it cannot be loaded
   * @throws UnsupportedException if it is none, or belongs to another version
   */
  public static void load(Path library) {
    Native.require();
    try (OffHeap path = Native.text(library.toString())) {
      Native.check(Lightcone.lightcone_backend_load(new BytePointer(path.pointer())));
    }
  }

  /**
   * Where the distances of all pairs of such a table would be computed.
   *
   * @throws UnsupportedException if the options ask for a device that cannot do it, with the reason
   */
  public static Choice choose(DistanceOptions options, long models, long samples, long classes) {
    Native.require();
    return DistanceCall.withOptions(options, to -> {
      int[] device = new int[1];
      byte[] reason = new byte[REASON_BYTES];
      Native.check(
          Lightcone.lightcone_distances_device(models, samples, classes, to, device, reason, reason.length));
      return new Choice(Device.ofCode(device[0]), Native.text(reason));
    });
  }

  /** The name of the device that settled options compute on; "" for the CPU. */
  static String name(DistanceOptions settled) {
    return settled.device() == Device.CUDA ? list().get(0).name() : "";
  }

  /**
   * Options whose device is no longer auto: a computation in bands must not change its mind between them.
   *
   * @param reason why that one; null if it was asked for
   */
  record Settled(DistanceOptions options, String reason) {
    static Settled of(DistanceOptions options, Predictions table) {
      return of(options, table.models(), table.samples(), table.classes());
    }

    static Settled of(DistanceOptions options, long models, long samples, long classes) {
      if (options.device() != Device.AUTO) {
        return new Settled(options, null);
      }
      Choice choice = choose(options, models, samples, classes);
      return new Settled(options.withDevice(choice.device()), choice.reason());
    }

    /** The report with the reason. */
    DistanceMatrix.Report explained(DistanceMatrix.Report report) {
      return reason == null ? report : report.withDeviceReason(reason);
    }
  }
}
