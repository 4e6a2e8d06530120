// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What all commands share: the common options, the progress line, and one result printed once. */
abstract class Verb implements Callable<Integer> {
  static final ObjectMapper JSON = new ObjectMapper();

  @Spec CommandSpec spec;
  @Mixin CommonOptions common;
  Interruption stop = new Interruption();

  /** Exit code of a clean stop: 128 + SIGINT. */
  static final int STOPPED = 130;

  /** What a command found: the JSON of {@code --json}, the lines a person reads instead, and the exit code. */
  record Result(JsonNode json, List<String> lines, int code) {
    Result(JsonNode json, List<String> lines) {
      this(json, lines, CommandLine.ExitCode.OK);
    }
  }

  /** Does the work. */
  abstract Result execute() throws Exception;

  @Override
  public final Integer call() throws Exception {
    common.check(spec.commandLine());
    Result result = execute();
    PrintWriter out = spec.commandLine().getOut();
    if (common.json) {
      out.println(JSON.writeValueAsString(result.json()));
    } else {
      result.lines().forEach(out::println);
    }
    out.flush();
    return result.code();
  }

  /** A wrong command line that picocli cannot see: exit code 2 with this sentence. */
  CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
