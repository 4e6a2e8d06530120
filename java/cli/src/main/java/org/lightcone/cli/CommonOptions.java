// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.nio.file.Path;
import java.util.Locale;
import org.lightcone.Device;
import org.lightcone.Devices;
import org.lightcone.DistancePlan;
import org.lightcone.EmbeddingOptions;
import org.lightcone.Npy;
import org.lightcone.UnsupportedException;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Options that every command takes. */
final class CommonOptions {
  @Option(names = "--json", description = "Print one JSON value on standard output and nothing else there.")
  boolean json;

  @Option(names = "--threads", paramLabel = "N", description = "Threads to work with (default: all processors).")
  private Integer threads;

  @Option(names = "--memory", paramLabel = "SIZE",
      description = "Keep the process within so much memory, for example 8g; what cannot be is refused (default: most of"
          + " what the machine has free).")
  private String memory;

  @Option(names = "--device", paramLabel = "auto|cpu|cuda", defaultValue = "auto",
      converter = DeviceName.class,
      description = "Where to compute (default: auto, where it is projected to be done first; distances and embed"
          + " have a GPU to choose).")
  Device device;

  @Option(names = "--debug", description = "Print the stack trace of a failure.")
  boolean debug;

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
  private boolean help;

  /** Refuses what this version or this machine cannot honour. */
  void check(CommandLine command) {
    if (threads != null && threads < 1) {
      throw new CommandLine.ParameterException(command, "--threads " + threads + ": at least 1 is needed");
    }
    if (memory != null) {
      try {
        ByteSize.parse(memory);
      } catch (IllegalArgumentException e) {
        throw new CommandLine.ParameterException(command, "--memory " + e.getMessage(), e);
      }
    }
    if (device == Device.CUDA) {
      Devices.Entry first = Devices.list().get(0);
      if (!first.available()) {
        throw new UnsupportedException("--device cuda: " + first.reason() + "; use --device cpu or leave the option out");
      }
      if (!(command.getCommand() instanceof DistancesCommand || command.getCommand() instanceof EmbedCommand)) {
        throw new UnsupportedException("--device cuda: " + command.getCommandName() + " runs on the CPU alone; use"
            + " --device cpu or leave the option out");
      }
    }
  }

  /** Reads auto, cpu or cuda. */
  private static final class DeviceName implements CommandLine.ITypeConverter<Device> {
    @Override
    public Device convert(String text) {
      try {
        return Device.parse(text.toLowerCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new CommandLine.TypeConversionException(e.getMessage());
      }
    }
  }

  /** Threads to use, at least 1. */
  int threads() {
    return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
  }

  /** How to embed within --threads and --memory; weights from a .npy file, or null. */
  EmbeddingOptions embedding(int dims, Path weights) {
    return EmbeddingOptions.of(dims).withThreads(threads()).withMemory(memoryBytes()).withDevice(device)
        .withWeights(weights == null ? null : Npy.readDoubles(weights));
  }

  /** Bytes that the process may come to hold. */
  long memoryBytes() {
    return memory == null ? DistancePlan.machineBytes() : ByteSize.parse(memory);
  }

  /** Refuses work of {@code need} bytes beyond --memory; what the machine has is the engine's own check. */
  void reserve(String what, long need) {
    if (memory != null && need > ByteSize.parse(memory)) {
      throw new UnsupportedException(what + " takes up to " + ByteSize.format(need) + " and --memory allows "
          + ByteSize.format(ByteSize.parse(memory)) + ": allow more, or use fewer models");
    }
  }
}
