// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.Devices;
import org.lightcone.EngineInfo;
import picocli.CommandLine.Command;

/** {@code lightcone doctor}: what works on this machine and, where something does not, why. Never fails itself. */
@Command(name = "doctor", header = "Says what works on this machine, and why something does not.",
    footer = {"", "Example:", "  lightcone doctor --json"})
final class DoctorCommand extends Verb {
  /** What the libraries in our dependencies were linked against. */
  private static final String LIBTORCH_GLIBC = "2.35";
  private static final String OPENBLAS_GLIBC = "2.34";

  @Override
  Result execute() {
    ObjectNode json = JSON.createObjectNode();
    List<String> lines = new ArrayList<>();
    json.put("version", Root.Version.text());
    lines.add("Lightcone " + Root.Version.text() + ", Java " + System.getProperty("java.version") + ", "
        + System.getProperty("os.name") + " " + System.getProperty("os.arch"));

    ArrayNode backends = json.putArray("backends");
    String isa = null;
    String reason = "";
    try {
      isa = EngineInfo.query().isa().toString();
    } catch (RuntimeException | LinkageError e) {
      reason = cause(e);
    }
    backend(backends, lines, "cpu", "isa", isa, reason);
    cuda(backends, lines);

    json.put("memory", Machine.memoryBytes());
    json.put("threads", Runtime.getRuntime().availableProcessors());
    lines.add("memory     " + ByteSize.format(Machine.memoryBytes()) + ", "
        + Runtime.getRuntime().availableProcessors() + " processors");

    String glibc = Machine.glibc();
    try {
      String version = LibTorchProbe.version();
      json.put("libtorch", version);
      lines.add("libtorch   " + version);
    } catch (RuntimeException | LinkageError e) {
      String why = cause(e).replaceFirst("\\.$", "");
      json.putNull("libtorch");
      json.put("libtorch_reason", why);
      lines.add("libtorch   not available, so nothing can be trained; the rest works without it: " + why);
    }
    json.put("glibc", glibc);
    lines.add("glibc      " + glibc + " (LibTorch needs " + LIBTORCH_GLIBC + ", OpenBLAS " + OPENBLAS_GLIBC + ")");

    ArrayNode missing = json.putArray("missing_tools");
    for (String[] tool : new String[][] {{"javac", "openjdk-17-jdk-headless"}, {"g++", "g++"},
        {"cmake", "cmake"}, {"make", "make"}}) {
      if (Machine.program(tool[0]) == null) {
        missing.add(tool[0]);
        lines.add("to build   " + tool[0] + " is missing: apt-get install " + tool[1]);
      }
    }
    return new Result(json, lines);
  }

  /** One entry for each GPU, or one with the reason why there is none. */
  private static void cuda(ArrayNode backends, List<String> lines) {
    try {
      for (Devices.Entry gpu : Devices.list()) {
        backend(backends, lines, "cuda", "device", gpu.available() ? gpu.name() : null, gpu.reason());
        if (gpu.available()) {
          ((ObjectNode) backends.get(backends.size() - 1)).put("memory", gpu.memoryBytes());
        }
      }
    } catch (RuntimeException | LinkageError e) {
      backend(backends, lines, "cuda", "device", null, cause(e));
    }
  }

  private static void backend(ArrayNode backends, List<String> lines, String name, String key, String value,
      String reason) {
    ObjectNode entry = backends.addObject();
    entry.put("name", name);
    entry.put("available", value != null);
    entry.put("reason", reason);
    entry.put(key, value);
    lines.add(String.format(Locale.ROOT, "%-10s %s", name, value != null ? "available, " + value : "not available: " + reason));
  }

  /** The innermost cause: JavaCPP's outer message says only that a class does not initialise. */
  private static String cause(Throwable e) {
    Throwable inner = e;
    while (inner.getCause() != null && inner.getCause() != inner) {
      inner = inner.getCause();
    }
    String message = inner.getMessage() == null ? inner.getClass().getSimpleName() : inner.getMessage();
    return message.lines().findFirst().orElse(message);
  }
}
