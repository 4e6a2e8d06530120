// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lightcone.lab.store.RunInfo;
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
    Store opened = Store.open(store);
    List<RunInfo> runs = opened.runs();
    Store.Counts counts = opened.counts();
    ObjectNode json = JSON.createObjectNode();
    json.put("runs", counts.runs()).put("done", counts.done()).put("failed", counts.failed())
        .put("left", counts.left());
    // Of all training and recording so far.
    json.put("seconds", runs.stream().mapToDouble(run -> run.trainingSeconds() + run.recordingSeconds()).sum());
    List<String> lines = new ArrayList<>();
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

  static String words(ObjectNode json) {
    return json.get("runs").asInt() + " runs: " + json.get("done").asInt() + " done, " + json.get("failed").asInt()
        + " failed, " + json.get("left").asInt() + " left";
  }
}
