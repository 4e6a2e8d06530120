// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.store.Status;
import org.lightcone.lab.store.Store;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone status}: how far a store is. */
@Command(name = "status", header = "How far the runs of a store are.",
    description = "Reads only; other processes may be training. 'left' counts runs that are planned, running or"
        + " stopped.",
    footer = {"", "Example:", "  lightcone status --store my-store"})
final class StatusCommand extends Verb {
  @Option(names = "--store", paramLabel = "DIR", required = true, description = "The store.")
  private Path store;

  @Override
  Result execute() {
    List<RunInfo> runs = Store.open(store).runs();
    List<String> lines = new ArrayList<>();
    ObjectNode json = summary(runs);
    lines.add(words(json));
    ArrayNode list = json.putArray("list");
    for (RunInfo run : runs) {
      list.addObject().put("id", run.id()).put("label", run.label()).put("status", run.status().word())
          .put("records", run.records()).put("reason", run.reason())
          .put("seconds", run.trainingSeconds() + run.recordingSeconds());
      lines.add(String.format(Locale.ROOT, "%-8s %4d records %8s  %s%s", run.status().word(), run.records(),
          ProgressLine.clock(run.trainingSeconds() + run.recordingSeconds()), run.label(),
          run.reason().isEmpty() ? "" : "  (" + run.reason() + ")"));
    }
    return new Result(json, lines);
  }

  /** The contract's counts; seconds are those of all training and recording so far. */
  static ObjectNode summary(List<RunInfo> runs) {
    long done = runs.stream().filter(run -> run.status() == Status.DONE).count();
    long failed = runs.stream().filter(run -> run.status() == Status.FAILED).count();
    ObjectNode json = JSON.createObjectNode();
    json.put("runs", runs.size());
    json.put("done", done);
    json.put("failed", failed);
    json.put("left", runs.size() - done - failed);
    json.put("seconds", runs.stream().mapToDouble(run -> run.trainingSeconds() + run.recordingSeconds()).sum());
    return json;
  }

  static String words(ObjectNode json) {
    return json.get("runs").asInt() + " runs: " + json.get("done").asInt() + " done, " + json.get("failed").asInt()
        + " failed, " + json.get("left").asInt() + " left";
  }
}
