// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packed jar: what is in it, and that it loads on the class path, on the module path and not elsewhere. */
class LoadTest {
  private static final String PROGRAM = """
      import org.lightcone.*;
      public class Main {
        public static void main(String[] a) {
          var bytes = java.nio.ByteBuffer.allocateDirect(4 * 3 * 2 * 4).order(java.nio.ByteOrder.nativeOrder());
          try (var p = Predictions.of(bytes.asFloatBuffer().put(0, 1f), 4, 3, 2, Kind.LOGITS);
              var d = DistanceMatrix.compute(p, DistanceOptions.defaults(), null)) {
            System.out.println(InPca.embed(d, 1, 1).signature()[0] + " " + Kind.class.getModule().getName());
          }
        }
      }
      """;

  @TempDir Path folder;

  private Path compile(List<String> options) throws Exception {
    Path source = folder.resolve("Main.java");
    Files.writeString(source, PROGRAM);
    Path classes = Files.createDirectories(folder.resolve("classes"));
    var arguments = new java.util.ArrayList<>(options);
    arguments.addAll(List.of("-d", classes.toString(), source.toString()));
    int status = javax.tools.ToolProvider.getSystemJavaCompiler()
        .run(null, null, null, arguments.toArray(String[]::new));
    assertEquals(0, status, "compiles against " + options);
    return classes;
  }

  @Test
  void theEngineIsAPackedJarWithItsNatives() throws Exception {
    Path engine = Shell.engineClassPath().stream()
        .filter(path -> path.getFileName().toString().startsWith("lightcone-engine")).findFirst().orElseThrow();
    try (JarFile jar = new JarFile(engine.toFile())) {
      List<String> names = jar.stream().map(entry -> entry.getName()).collect(Collectors.toList());
      assertTrue(names.contains("org/lightcone/ffi/linux-x86_64/liblightcone.so"), names.toString());
      assertTrue(names.contains("org/lightcone/ffi/linux-x86_64/libjniLightcone.so"), names.toString());
      assertTrue(names.contains("module-info.class"), names.toString());
      assertTrue(names.stream().noneMatch(name -> name.endsWith(".cpp") || name.endsWith(".java")), names.toString());
      for (String library : List.of("liblightcone.so", "libjniLightcone.so")) {
        byte[] bytes = jar.getInputStream(jar.getEntry("org/lightcone/ffi/linux-x86_64/" + library)).readAllBytes();
        String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertFalse(text.contains(System.getProperty("lightcone.root", "/target/native")),
            library + " names the folder that it was built in");
      }
    }
  }

  @Test
  void runsOnTheClassPath() throws Exception {
    String jars = Shell.join(Shell.engineClassPath());
    Path classes = compile(List.of("-cp", jars));
    Shell.Result result = Shell.java(List.of("-cp", jars + java.io.File.pathSeparator + classes, "Main"));
    assertEquals("1 null", result.output().strip());
  }

  @Test
  void runsOnTheModulePath() throws Exception {
    String jars = Shell.join(Shell.engineClassPath());
    Path classes = compile(List.of("-p", jars, "--add-modules", "org.lightcone.engine"));
    Shell.Result result = Shell.java(
        List.of("-p", jars, "--add-modules", "org.lightcone.engine", "-cp", classes.toString(), "Main"));
    assertEquals("1 org.lightcone.engine", result.output().strip());
  }

  @Test
  void theModuleNeedsRealModulesAndShowsOnePackage() {
    var module = java.lang.module.ModuleFinder.of(Shell.engineClassPath().toArray(Path[]::new))
        .find("org.lightcone.engine").orElseThrow().descriptor();
    assertEquals("[com.fasterxml.jackson.core, java.base, org.bytedeco.javacpp, org.bytedeco.javacpp.linux.x86_64,"
        + " org.bytedeco.openblas, org.bytedeco.openblas.linux.x86_64]", module.requires().stream()
        .map(java.lang.module.ModuleDescriptor.Requires::name).sorted().collect(Collectors.toList()).toString());
    assertEquals("[org.lightcone]", module.exports().stream()
        .map(java.lang.module.ModuleDescriptor.Exports::source).collect(Collectors.toList()).toString());
  }

  /** Asks twice, because the failure must be a value that is said each time. */
  static final class AskTwice {
    public static void main(String[] arguments) {
      for (int time = 0; time < 2; time++) {
        try {
          EngineInfo.query();
        } catch (UnsupportedException e) {
          System.out.println(e.getMessage() + " CAUSE " + (e.getCause() != null));
        }
      }
    }
  }

  @Test
  void aPlatformWithoutNativesIsAReasonNotACrash() throws Exception {
    Path tests = Path.of(LoadTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Shell.Result result = Shell.java(List.of("-Dorg.bytedeco.javacpp.platform=linux-riscv64", "-cp",
        Shell.join(Shell.engineClassPath()) + java.io.File.pathSeparator + tests, AskTwice.class.getName()));
    List<String> lines = result.output().lines().filter(line -> !line.startsWith("Warning:")).toList();
    assertEquals(2, lines.size(), result.output());
    assertEquals(lines.get(0), lines.get(1));
    assertTrue(lines.get(0).startsWith("the native library of the engine could not be loaded on Linux"), lines.get(0));
    assertTrue(lines.get(0).endsWith("CAUSE true"), lines.get(0));
  }

  @Test
  void anUnknownForcedInstructionSetIsRefused() throws Exception {
    List<String> command = List.of("/usr/bin/env", "LIGHTCONE_ISA=mmx",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty("org.bytedeco.javacpp.cachedir", "target/javacpp-cache"),
        "-cp", Shell.join(Shell.engineClassPath()) + java.io.File.pathSeparator
            + Path.of(LoadTest.class.getProtectionDomain().getCodeSource().getLocation().toURI()),
        AskTwice.class.getName());
    Shell.Result result = Shell.run(command);
    assertTrue(result.output().contains("mmx"), result.output());
  }

  @Test
  void theForcedInstructionSetIsTheActiveOne() {
    EngineInfo info = EngineInfo.query();
    assertTrue(info.available().contains(Isa.PORTABLE), "portable always runs");
    assertTrue(info.available().contains(info.isa()) || System.getenv("LIGHTCONE_ISA") != null);
    assertEquals(3, info.abi());
    assertTrue(info.version().matches("\\d+\\.\\d+\\.\\d+"), info.version());
    assertTrue(info.memoryBytes() > 1 << 28 && info.processors() > 0);
  }
}
