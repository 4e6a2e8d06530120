// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.lightcone.lab.analysis.StoreAnalysis;
import org.lightcone.lab.report.Report;
import org.lightcone.lab.store.Store;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lightcone report}: a store as one page. */
@Command(name = "report", header = "Writes a store's report: one HTML file that opens anywhere.",
    description = "Measures and embeds all recorded models of each split together with ignorance, truth and the"
        + " geodesic between them. A store that is still being trained is shown as it stands.",
    footer = {"", "Example:", "  lightcone report --store my-store --out report.html"})
final class ReportCommand extends Verb {
  @Option(names = "--store", paramLabel = "DIR", required = true, description = "The store.")
  private Path store;

  @Option(names = "--out", paramLabel = "report.html", required = true, description = "Where the page goes.")
  private Path out;

  @Option(names = "--title", paramLabel = "TEXT", description = "The page's heading (default: the store's name).")
  private String title;

  @Override
  Result execute() throws Exception {
    try {
      Options.output("--out", out);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
    long begin = System.nanoTime();
    Store opened = Store.open(store);
    StoreAnalysis analysis;
    try (AnalysisDisplay display = new AnalysisDisplay(spec.commandLine().getErr(), stop)) {
      analysis = StoreAnalysis.of(opened, title == null ? heading() : title, common.threads(), display);
    }
    Report.write(out, analysis.report());
    double seconds = (System.nanoTime() - begin) * 1e-9;
    ObjectNode json = JSON.createObjectNode();
    json.put("runs", analysis.report().runs().size());
    json.put("models", analysis.models());
    json.put("samples", analysis.samples());
    json.put("classes", analysis.classes());
    json.put("seconds", seconds);
    json.put("report", out.toAbsolutePath().toString());
    return new Result(json, List.of(String.format(Locale.ROOT, "%d runs, %d models: %s in %.1f s",
        analysis.report().runs().size(), analysis.models(), out, seconds)));
  }

  private String heading() {
    Path name = store.toAbsolutePath().normalize().getFileName();
    return name == null ? "Lightcone" : name.toString();
  }
}
