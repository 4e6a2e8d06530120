// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lightcone}: the verbs. */
@Command(name = "lightcone", versionProvider = Root.Version.class,
    header = "Measures how deep networks learn, as geometry.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {DemoCommand.class, TrainCommand.class, DistancesCommand.class, EmbedCommand.class, PlaceCommand.class,
        ProgressCommand.class, CentroidCommand.class, ReportCommand.class, StatusCommand.class, DoctorCommand.class,
        NetworksCommand.class, PlanCommand.class, BenchCommand.class},
    footer = {"", "Start with:  lightcone demo", "Every command has --help with an example, and --json.",
        "Exit codes: 0 done, 1 failure, 2 wrong usage, 130 stopped by Ctrl-C."})
final class Root implements Runnable {
  @Spec private CommandSpec spec;

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
  private boolean help;

  @Option(names = {"-V", "--version"}, versionHelp = true, description = "Print the version.")
  private boolean version;

  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "name a command: "
        + String.join(", ", spec.subcommands().keySet()));
  }

  /** The version of this jar, which is the version of all of them. */
  static final class Version implements CommandLine.IVersionProvider {
    static String text() {
      // Maven writes it into the jar.
      try (InputStream in = Root.class.getResourceAsStream(
          "/META-INF/maven/org.lightcone/lightcone-cli/pom.properties")) {
        Properties properties = new Properties();
        if (in != null) {
          properties.load(in);
        }
        return properties.getProperty("version", "unpackaged");
      } catch (IOException e) {
        return "unknown (" + e.getMessage() + ")";
      }
    }

    @Override
    public String[] getVersion() {
      return new String[] {"lightcone " + text()};
    }
  }
}
