// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.PrintWriter;
import org.lightcone.Control;
import org.lightcone.lab.analysis.StoreAnalysis;

/** Shows the stages of an analysis and lets Ctrl-C stop the one that runs. */
final class AnalysisDisplay implements StoreAnalysis.Watch, AutoCloseable {
  private final PrintWriter err;
  private final Interruption stop;
  private Interruption.Stage stage;
  private ProgressLine line;

  AnalysisDisplay(PrintWriter err, Interruption stop) {
    this.err = err;
    this.stop = stop;
  }

  @Override
  public void begin(String name, Control control) {
    if (control == null) {
      // Nothing is being written: Ctrl-C may end the process at once.
      line = new ProgressLine(err, name, "", () -> 0, () -> 0);
    } else {
      stage = stop.stage(control::cancel);
      line = new ProgressLine(err, name, name.startsWith("distances") ? "pair-samples" : "rows", control::done,
          control::total);
    }
  }

  @Override
  public void end() {
    close();
  }

  /** Also after a stage that failed. */
  @Override
  public void close() {
    if (line != null) {
      line.close();
      line = null;
    }
    if (stage != null) {
      stage.close();
      stage = null;
    }
  }
}
