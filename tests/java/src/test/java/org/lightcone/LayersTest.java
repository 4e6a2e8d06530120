// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The layers point downwards only, read from the sources: cli, lab, engine, C ABI, kernels. */
class LayersTest {
  private static final Path ROOT = Path.of(System.getProperty("lightcone.root"));
  private static final Pattern IMPORT = Pattern.compile("(?m)^import (?:static )?([\\w.]+)");
  private static final Pattern INCLUDE = Pattern.compile("(?m)^#include [\"<]([^\">]+)[\">]");

  /** What a module may import besides java.* and itself, by prefix. */
  private static void imports(String module, String... allowed) throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : sources("java/" + module + "/src/main/java", ".java")) {
      Matcher imported = IMPORT.matcher(Files.readString(file));
      while (imported.find()) {
        String name = imported.group(1);
        if (Stream.concat(Stream.of("java."), Stream.of(allowed)).noneMatch(name::startsWith)) {
          wrong.add(ROOT.relativize(file) + " imports " + name);
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void theEngineKnowsOnlyItsBindingAndOpenBlas() throws IOException {
    imports("engine", "org.lightcone.ffi.", "org.bytedeco.cuda.", "org.bytedeco.javacpp.", "org.bytedeco.openblas.", "com.fasterxml.jackson.core.");
    for (Path file : sources("java/engine/src/main/java", ".java")) {
      // The engine's own package is flat: what stands there in full would slip past the imports.
      assertTrue(!Files.readString(file).matches("(?s).*org\\.lightcone\\.(lab|cli|spark)\\..*"), file.toString());
    }
  }

  @Test
  void theLabKnowsTheEngineAndNotTheBinding() throws IOException {
    for (Path file : sources("java/lab/src/main/java", ".java")) {
      assertTrue(!Files.readString(file).matches("(?s).*org\\.lightcone\\.(ffi|cli|spark)\\..*"), file.toString());
    }
    imports("lab", "org.lightcone.", "org.bytedeco.javacpp.", "org.bytedeco.openblas.", "org.bytedeco.pytorch.",
        "com.fasterxml.jackson.");
  }

  @Test
  void theCommandLineKnowsNoBinding() throws IOException {
    for (Path file : sources("java/cli/src/main/java", ".java")) {
      assertTrue(!Files.readString(file).contains("org.lightcone.ffi."), file.toString());
    }
  }

  /**
   * base knows no family but in the tables of kernels, nor backend but in the table of a device's operations; families
   * know the two, and of them the geometry alone another.
   */
  @Test
  void nativeFamiliesKnowTheBaseAlone() throws IOException {
    Set<String> tables = Set.of("native/base/kernels.h", "native/base/isa_table.h",
        "native/backend/device_operations.h");
    // Distances between re-indexed trajectories are those of lightcone_distances.
    Map<String, String> uses = Map.of("geometry", "distance/");
    List<String> wrong = new ArrayList<>();
    for (Path file : nativeSources()) {
      String name = ROOT.relativize(file).toString().replace('\\', '/');
      String[] parts = name.split("/");
      String family = parts.length > 2 ? parts[1] : "base";
      Matcher included = INCLUDE.matcher(Files.readString(file));
      while (included.find()) {
        String header = included.group(1);
        int slash = header.indexOf('/');
        boolean ours = slash > 0 && Files.isDirectory(ROOT.resolve("native").resolve(header.substring(0, slash)));
        boolean backend = header.startsWith("backend/") && !family.equals("base");
        if (ours && !header.startsWith("base/") && !backend && !header.startsWith(family + "/")
            && !tables.contains(name) && !header.startsWith(uses.getOrDefault(family, "base/"))) {
          wrong.add(name + " includes " + header);
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  /** A user's file that shrinks would end a process that maps it; OpenMP's pool would fight LibTorch's. */
  @Test
  void nativeCodeMapsNoFilesAndUsesNoOpenMp() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path file : nativeSources()) {
      Matcher found = Pattern.compile("\\bmmap\\s*\\((?:(?!MAP_ANONYMOUS)[^;])*;|<omp\\.h>|#\\s*pragma\\s+omp")
          .matcher(Files.readString(file));
      if (found.find()) {
        wrong.add(ROOT.relativize(file) + " has " + found.group());
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void oneHeaderIsBoundAndItNeedsNothingOfOurs() throws IOException {
    Matcher included = INCLUDE.matcher(Files.readString(ROOT.resolve("native/lightcone.h")));
    List<String> headers = new ArrayList<>();
    while (included.find()) {
      headers.add(included.group(1));
    }
    assertEquals(List.of("stdint.h"), headers);
    List<String> bound = new ArrayList<>();
    for (Path file : sources("java", ".java")) {
      Matcher include = Pattern.compile("include = (\"[^\"]+\"|\\{[^}]+\\})").matcher(Files.readString(file));
      while (include.find()) {
        bound.add(include.group(1));
      }
    }
    assertEquals(List.of("\"lightcone.h\""), bound);
  }

  private static List<Path> nativeSources() throws IOException {
    List<Path> files = new ArrayList<>(sources("native", ".h"));
    files.addAll(sources("native", ".cpp"));
    return files;
  }

  private static List<Path> sources(String folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
      List<Path> found = files.filter(f -> f.toString().endsWith(ending) && !f.toString().contains("/target/")).sorted()
          .toList();
      assertTrue(!found.isEmpty(), folder);
      return found;
    }
  }
}
