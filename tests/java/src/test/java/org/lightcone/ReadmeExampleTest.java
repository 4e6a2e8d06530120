// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Java example of README.md, given a table, prints its stress: with the engine and its five jars alone. */
class ReadmeExampleTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("<!-- example -->.*?```java\\n(.*?)```", Pattern.DOTALL);

  @TempDir Path folder;

  @Test
  void runsOnTheEngineAlone() throws Exception {
    Path readme = Path.of(System.getProperty("lightcone.root"), "README.md");
    Matcher example = EXAMPLE.matcher(Files.readString(readme));
    assertTrue(example.find(), "README.md has a ```java block after <!-- example -->");
    String code = example.group(1);
    Matcher type = Pattern.compile("\\bclass (\\w+)").matcher(code);
    assertTrue(type.find(), "the example is a class with a main method");
    Path source = folder.resolve(type.group(1) + ".java");
    Files.writeString(source, code);

    List<Path> jars = Shell.engineClassPath();
    String names = jars.stream().map(path -> path.getFileName().toString().replaceAll("-[0-9.]+[0-9](?=[.-])", ""))
        .sorted().collect(Collectors.joining(" "));
    assertEquals("jackson-core.jar javacpp-linux-x86_64.jar javacpp.jar lightcone-engine.jar openblas-linux-x86_64.jar"
        + " openblas.jar", names);
    System.out.println("class path of the README example: " + names);

    int status = javax.tools.ToolProvider.getSystemJavaCompiler().run(null, null, null,
        "-cp", Shell.join(jars), "-d", folder.toString(), source.toString());
    assertEquals(0, status, "the example compiles");
    Path table = folder.resolve("P.npy");
    Npy.writeFloats(table, Tables.softmax(Tables.logits(new Random(71), 12, 30, 10, 2), 10), 12, 30, 10);
    double wanted;
    try (Predictions predictions = Predictions.open(table, Kind.PROBS);
        DistanceMatrix d = DistanceMatrix.compute(predictions, DistanceOptions.defaults(), null)) {
      wanted = InPca.embed(d, 2, 1).stress()[1];
    }
    Shell.Result result = Shell.java(
        List.of("-cp", Shell.join(jars) + File.pathSeparator + folder, type.group(1), table.toString()));
    assertEquals(0, result.status(), result.output());
    assertEquals(wanted, Double.parseDouble(result.output().strip()), 1e-12, "the stress that two axes explain");
  }
}
