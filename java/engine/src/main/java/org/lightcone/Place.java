// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.function.Consumer;
import org.lightcone.ffi.Lightcone;
import org.lightcone.ffi.NativePlace;

/**
 * Where a computation of the geometry or of the planes runs. On a device the results are those of the CPU: exact where
 * labels are counted, bit for bit for points of planes, and within the same bounds for progress and geodesics.
 *
 * @param device where; a device that cannot be had is refused with {@link UnsupportedException} and the reason
 * @param ordinal which of several devices
 * @param threads of the host; 0: all processors. No result depends on it
 * @param stream the caller's CUDA stream, 0 for the default one: what it holds when the call begins is done before the
 *     call touches memory of the device. A call returns when its work is done
 * @param memoryBytes what buffers may take on the device, about; 0: 2 GiB, an 8th of it at most. No result depends on it
 * @param ran told after a call that succeeded where it ran and why; may be null
 */
public record Place(
    Device device, int ordinal, int threads, long stream, long memoryBytes, Consumer<Devices.Choice> ran) {
  public Place {
    if (device == null || memoryBytes < 0) {
      throw new IllegalArgumentException("a place needs a device, and bytes of memory that are not negative");
    }
  }

  /** On that device, with the default of all else. */
  public static Place on(Device device) {
    return new Place(device, 0, 0, 0, 0, null);
  }

  /** On the CPU. */
  static Place cpu(int threads) {
    return on(Device.CPU).withThreads(threads);
  }

  /** The same with another number of threads. */
  public Place withThreads(int count) {
    return new Place(device, ordinal, count, stream, memoryBytes, ran);
  }

  /** The same with the stream that fills the memory a call reads. */
  public Place withStream(long caller) {
    return new Place(device, ordinal, threads, caller, memoryBytes, ran);
  }

  /** The same with another bound on the buffers. */
  public Place withMemoryBytes(long bytes) {
    return new Place(device, ordinal, threads, stream, bytes, ran);
  }

  /** The same, telling where a call ran. */
  public Place withReport(Consumer<Devices.Choice> told) {
    return new Place(device, ordinal, threads, stream, memoryBytes, told);
  }

  /** A native call at a place. */
  interface Call {
    int status(NativePlace place);
  }

  /** Makes the call with arrays of the host. */
  void call(Call call) {
    call(false, false, call);
  }

  void call(boolean deviceInput, boolean deviceOutput, Call call) {
    try (NativePlace place = new NativePlace()) {
      Lightcone.lightcone_place_init(place);
      place.device(device.code).ordinal(ordinal).threads(threads).memory_bytes(memoryBytes);
      place.input(deviceInput ? Lightcone.LIGHTCONE_MEMORY_DEVICE : Lightcone.LIGHTCONE_MEMORY_HOST);
      place.output(deviceOutput ? Lightcone.LIGHTCONE_MEMORY_DEVICE : Lightcone.LIGHTCONE_MEMORY_HOST);
      place.stream(stream == 0 ? null : OffHeap.at(stream, 0));
      Native.check(call.status(place));
      if (ran != null) {
        ran.accept(new Devices.Choice(Device.ofCode(place.ran()), Native.text(place.reason())));
      }
    }
  }
}
