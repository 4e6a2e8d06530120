// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.lightcone.CancelledException;
import org.lightcone.EngineInfo;

/**
 * Runs rows: the ceilings before and after each, its answer verified before anything is timed, then its runs with the
 * peers' between them.
 */
public final class Bench {
  /** Runs of a row at least; of one that takes long, two. */
  private static final int LEAST_RUNS = 3;
  private static final double LONG_SECONDS = 8;
  /** For which a row is repeated: dozens of runs of most. */
  private static final double ROW_SECONDS = 1;
  private static final double QUICK_SECONDS = 0.1;
  /** More runs would not make the quantiles better. */
  private static final int MOST_RUNS = 200;
  /** A peer's threads spin for a while after their work, beside whoever runs next. */
  private static final long PEER_PAUSE_MILLIS = 60;

  private final boolean quick;
  private final Path peers;
  private final Consumer<String> progress;
  private final BooleanSupplier stopped;
  private final MachineCeilings ceilings;
  private final EngineInfo engine = EngineInfo.query();
  private final int threads;
  /** Kernels that had peers. */
  private final Set<String> compared = new HashSet<>();

  /**
   * A benchmark.
   *
   * @param threads of the rows that are not of one thread
   * @param quick small sizes and few runs, to see that every row is right
   * @param peers the folder of the peers' scripts, or null for none
   * @param progress is told what begins
   * @param stopped whether to stop
   */
  public Bench(int threads, boolean quick, Path peers, Consumer<String> progress, BooleanSupplier stopped) {
    this.threads = threads;
    this.quick = quick;
    this.peers = peers;
    this.progress = progress;
    this.stopped = stopped;
    this.ceilings = new MachineCeilings(quick ? 5 : 1);
  }

  /**
   * Runs all rows, or those of one kernel.
   *
   * @throws IllegalArgumentException for a kernel that has no row
   * @throws CancelledException if it was stopped
   */
  public BenchResult run(String kernel) throws IOException {
    List<Row> rows = Rows.of(kernel, quick, threads);
    List<RowResult> results = new ArrayList<>();
    Path folder = Files.createTempDirectory("lightcone-bench");
    try (Inputs inputs = new Inputs()) {
      for (Row row : rows) {
        if (stopped.getAsBoolean()) {
          throw new CancelledException("the benchmark was stopped");
        }
        progress.accept(results.size() + 1 + "/" + rows.size() + " " + row.key);
        try (row) {
          results.add(run(row, inputs, folder));
        } catch (CancelledException e) {
          throw e;
        } catch (IOException | RuntimeException | OutOfMemoryError e) {
          // One row that cannot run must not cost the others.
          results.add(RowResult.failed(row, e));
        }
      }
    } finally {
      delete(folder);
    }
    return new BenchResult(List.copyOf(results), ceilings.json());
  }

  private RowResult run(Row row, Inputs inputs, Path folder) throws IOException {
    if (row.bytes() > engine.memoryBytes() / 2) {
      return RowResult.skipped(row, "it takes " + row.bytes() + " bytes, more than half of this machine's "
          + engine.memoryBytes());
    }
    row.prepare(inputs);
    Errors errors = row.verify();
    if (!errors.verified()) {
      return RowResult.wrong(row, errors);
    }
    List<Peer> others = new ArrayList<>();
    try {
      for (PeerSpec spec : comparable(row) ? row.peers(folder) : List.<PeerSpec>of()) {
        others.add(Peer.start(spec, peers, folder, row.key.threads()));
      }
      Ceiling before = row.ceiling(ceilings);
      Timing timing = time(row, others);
      Ceiling after = row.ceiling(ceilings);
      Ceiling ceiling = before == null || before.rate() > after.rate() ? before : after;
      ObjectNode notes = JsonNodeFactory.instance.objectNode();
      row.notes(notes);
      List<RowResult.PeerResult> peerResults = new ArrayList<>();
      for (Peer peer : others) {
        peerResults.add(new RowResult.PeerResult(peer.spec.name(), peer.absent(), peer.errors(),
            peer.absent() != null ? null : Timing.of(peer.seconds), peer.spec.rounds() == 1));
      }
      return new RowResult(row.key, null, errors, timing, ceiling, row.bytes(), row.work(), row.unit(), row.note(),
          notes, List.copyOf(peerResults));
    } finally {
      others.forEach(Peer::close);
    }
  }

  /**
   * Peers use what the machine has, so they stand beside the row that does too. To see that they work, one row of each
   * kernel is enough.
   */
  private boolean comparable(Row row) {
    return row.key.threads() == threads && row.key.isa().equals(engine.isa().toString())
        && (!quick || compared.add(row.key.kernel()));
  }

  /** Runs until the row's time is up, each peer once after each of ours while it wants more. */
  private Timing time(Row row, List<Peer> others) throws IOException {
    double budget = quick ? QUICK_SECONDS : ROW_SECONDS;
    List<Double> seconds = new ArrayList<>();
    double spent = 0;
    boolean peersWant = true;
    while (seconds.size() < MOST_RUNS
        && (seconds.size() < (spent < LONG_SECONDS ? LEAST_RUNS : 2) || spent < budget || peersWant)) {
      double one = row.seconds();
      seconds.add(one);
      spent += one;
      peersWant = false;
      for (Peer peer : others) {
        if (peer.wantsMore()) {
          peer.run();
          peersWant |= peer.wantsMore();
          pause();
        }
      }
      if (stopped.getAsBoolean()) {
        throw new CancelledException("the benchmark was stopped");
      }
    }
    return Timing.of(seconds);
  }

  private static void pause() {
    try {
      Thread.sleep(PEER_PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
