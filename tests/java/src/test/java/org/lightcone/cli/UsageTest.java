// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.lightcone.Devices;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Help, versions and wrong command lines: exit codes 0 and 2. */
class UsageTest {
  @ParameterizedTest
  @ValueSource(strings = {"demo", "train", "distances", "embed", "place", "progress", "centroid", "report", "status", "doctor",
      "networks", "plan", "bench"})
  void everyCommandHasHelpWithAnExampleAndTheCommonOptions(String verb) {
    Cli.Ran ran = Cli.run(verb, "--help");
    assertEquals(0, ran.code(), ran.err());
    assertTrue(ran.out().contains("Example:"), ran.out());
    assertTrue(ran.out().contains("lightcone " + verb), ran.out());
    for (String option : new String[] {"--json", "--threads", "--memory", "--device", "--debug"}) {
      assertTrue(ran.out().contains(option), option);
    }
  }

  @Test
  void theVersionIsTheProjects() {
    Cli.Ran ran = Cli.run("--version");
    assertEquals(0, ran.code());
    assertTrue(ran.out().matches("lightcone \\d+\\.\\d+\\.\\d+.*\\R"), ran.out());
  }

  @Test
  void noCommandNamesThem() {
    Cli.run().fails(2, "name a command", "demo", "networks");
  }

  @Test
  void anUnknownCommandOrOptionGetsASuggestion() {
    Cli.Ran command = Cli.run("distance");
    assertEquals(2, command.code());
    assertTrue(command.err().contains("distances"), command.err());
    Cli.Ran option = Cli.run("embed", "--distances", "D.npy", "--dimms", "3", "--out", "X.npy");
    assertEquals(2, option.code());
    assertTrue(option.err().contains("--dims"), option.err());
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "--metric|manhattan|unknown",
      "--precision|double|exact, fast, compat",
      "--infinity|drop|keep, cap",
      "--refine|maybe|auto, off",
      "--samples|5:5|are none",
      "--samples|-1:5|are none",
      "--samples|0:5:0|are none",
      "--samples|x|begin:end",
      "--kind|odds|probs, log-probs, logits",
      "--threads|0|at least 1",
      "--threads|many|many",
      "--memory|lots|8g",
      "--device|tpu|tpu"})
  void aValueThatCannotBeHonouredIsRefusedByName(String option, String value, String words, @TempDir Path folder) {
    Object[] args = {"distances", "--predictions", "P.npy", "--kind", "probs", "--out", folder.resolve("D.npy"),
        option, value};
    if (option.equals("--kind")) {
      args = new Object[] {"distances", "--predictions", "P.npy", "--out", folder.resolve("D.npy"), option, value};
    }
    Cli.run(args).fails(2, option.equals("--kind") ? "--kind" : option, words);
  }

  @Test
  void aDeviceThatIsNotThereIsAFailureWithTheMend(@TempDir Path folder) {
    // Refused whether there is a GPU or not (another test may have loaded the emulated one).
    Cli.run("progress", "--predictions", "P.npy", "--kind", "probs", "--labels", "L.npy", "--out",
        folder.resolve("s.npy"), "--device", "cuda").fails(1, "cuda", "--device cpu");
    if (!Devices.list().get(0).available()) {
      Cli.run("distances", "--predictions", "P.npy", "--kind", "probs", "--out", folder.resolve("D.npy"), "--device",
          "cuda").fails(1, "cuda", "--device cpu");
    }
  }

  @Test
  void distancesNeedsExactlyOneSourceAndItsCompanion() {
    Cli.run("distances", "--out", "D.npy").fails(2, "--predictions", "--store");
    Cli.run("distances", "--predictions", "P.npy", "--store", "s", "--out", "D.npy").fails(2, "either");
    Cli.run("distances", "--predictions", "P.npy", "--out", "D.npy").fails(2, "--kind");
    Cli.run("distances", "--store", "s", "--out", "D.npy").fails(2, "--split");
  }

  @Test
  void benchRefusesWhatItHasNoRowFor(@TempDir Path folder) throws Exception {
    Cli.run("bench", "--kernel", "fft").fails(2, "fft", "bhattacharyya", "call");
    Cli.run("bench", "--compare", folder.resolve("old.json")).fails(2, "--compare", "no such file");
    Path other = Files.writeString(folder.resolve("other.json"), "{\"rows\": 3}");
    Cli.run("bench", "--kernel", "call", "--compare", other).fails(1, "other.json", "no result of lightcone bench");
  }

  @Test
  void anOutputThatCannotBeIsRefusedBeforeAnyWork(@TempDir Path folder) {
    Cli.run("distances", "--predictions", "P.npy", "--kind", "probs", "--out", folder.resolve("D.csv"))
        .fails(2, "--out", ".npy", ".tiles");
    Cli.run("distances", "--predictions", "P.npy", "--kind", "probs", "--out", folder.resolve("no/D.npy"))
        .fails(2, "--out", "does not exist");
    Cli.run("embed", "--distances", "D.npy", "--out", folder).fails(2, "--out");
    Cli.run("embed", "--distances", "D.npy", "--dims", "0", "--out", folder.resolve("X.npy")).fails(2, "--dims");
    Cli.run("embed", "--distances", "D.npy", "--tolerance", "1", "--out", folder.resolve("X.npy"))
        .fails(2, "--tolerance");
    Cli.run("place", "--distances", "D.npy", "--new", "DN.npy", "--dims", "0", "--out", folder.resolve("XN.npy"))
        .fails(2, "--dims");
  }
}
