// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine;

/**
 * The command line's entry. Exit codes: 0 done, 1 failure, 2 wrong usage, 130 stopped by Ctrl-C.
 *
 * <p>Standard output carries the result alone: {@link System#out} is pointed at standard error for the
 * life of the process, so that nothing a library prints can spoil the JSON.
 */
public final class Main {
  private Main() {}

  /** Runs one command and ends the JVM with its exit code. */
  public static void main(String[] args) {
    PrintStream results = System.out;
    System.setOut(System.err);
    Interruption stop = Interruption.install(System.err);
    int code;
    try {
      code = run(args, new PrintWriter(results, false, StandardCharsets.UTF_8),
          new PrintWriter(System.err, true, StandardCharsets.UTF_8), stop);
    } finally {
      // From here on a Ctrl-C finds nothing left to stop.
      stop.finished();
    }
    System.exit(code);
  }

  /** Runs one command; the result goes to {@code out}, everything else to {@code err}. */
  static int run(String[] args, PrintWriter out, PrintWriter err, Interruption stop) {
    boolean debug = Arrays.asList(args).contains("--debug");
    Failures failures = new Failures(err, debug);
    CommandLine commands = new CommandLine(new Root(), new VerbFactory(stop));
    commands.setOut(out);
    commands.setErr(err);
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setParameterExceptionHandler(failures::usage);
    commands.setExecutionExceptionHandler((exception, command, parsed) -> failures.failure(exception));
    int code;
    try {
      code = commands.execute(args);
    } catch (Error e) {
      code = failures.failure(e);
    }
    out.flush();
    if (code == 0 && out.checkError()) {
      err.println("lightcone: standard output could not be written: is the disk full or the pipe closed?");
      return 1;
    }
    return code;
  }
}
