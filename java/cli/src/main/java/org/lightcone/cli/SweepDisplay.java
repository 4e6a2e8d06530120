// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.lightcone.lab.store.RunInfo;
import org.lightcone.lab.train.SweepListener;

/** Shows how a sweep gets on: a line that moves, and one that stays for each run that ended. */
final class SweepDisplay implements SweepListener, AutoCloseable {
  private final StatusLine status;
  private int runs;
  private int ended;

  SweepDisplay(PrintWriter err) {
    status = new StatusLine(err, StatusLine.onTerminal());
  }

  @Override
  public void started(int all, int finished) {
    runs = all;
    ended = finished;
    status.print(all + " runs" + (finished > 0 ? ", " + finished + " of them need nothing more" : ""));
  }

  @Override
  public void progress(Progress p) {
    double share = p.runs() == 0 ? 1 : (p.finished() + (p.steps() == 0 ? 0 : (double) p.step() / p.steps())) / p.runs();
    status.show(String.format(Locale.ROOT, "training %s run %d/%d %s: %.0f images/s, %s left",
        ProgressLine.bar(status.terminal(), share), Math.min(p.finished() + 1, p.runs()), p.runs(), p.label(),
        p.imagesPerSecond(), ProgressLine.clock(p.secondsLeft())));
  }

  @Override
  public void ended(RunInfo run) {
    ended++;
    status.print(String.format(Locale.ROOT, "%3d/%d %-7s %s: %d records, %s%s", ended, runs, run.status().word(),
        run.label(), run.records(), ProgressLine.clock(run.trainingSeconds() + run.recordingSeconds()),
        run.reason().isEmpty() ? "" : " (" + run.reason() + ")"));
  }

  @Override
  public void problem(String run, String message) {
    status.print("lightcone: " + run + ": " + message);
  }

  @Override
  public void close() {
    status.close();
  }
}
