// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.report;

import java.time.Instant;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that a report shows, as plain values: no engine handle, no open file.
 *
 * <p>Every record checks itself when it is made, so that a report is either complete or not written at all;
 * the checks throw {@link IllegalArgumentException} with one sentence that names the entry and the mend.
 * Arrays are kept, not copied (a view may hold 150,000 models): do not change them afterwards. The records
 * are safe to share between threads under that rule.
 *
 * @param title      the heading, for example the name of the sweep
 * @param subtitle   one line below it; may be empty
 * @param runs       every run, failed ones included, in the order in which the table first shows them
 * @param views      the embeddings the page switches between, for example train and test; may be empty
 * @param stages     what was timed, in order
 * @param provenance where the numbers come from
 */
public record ReportData(String title, String subtitle, List<Run> runs, List<View> views, List<Stage> stages,
                         Provenance provenance) {

  public ReportData {
    title = Check.text(title, "the report's title");
    subtitle = Check.orEmpty(subtitle);
    runs = List.copyOf(runs);
    views = List.copyOf(views);
    stages = List.copyOf(stages);
    if (provenance == null) {
      throw new IllegalArgumentException("the report has no provenance; pass Provenance.none() where it is unknown");
    }
    for (View view : views) {
      int[] run = view.models().run();
      for (int i = 0; i < run.length; i++) {
        if (run[i] >= runs.size()) {
          throw new IllegalArgumentException("model " + i + " of view '" + view.name() + "' names run " + run[i]
              + ", but there are " + runs.size() + " runs; number them from 0 in the order of the list");
        }
      }
    }
  }

  /** How a run ended. */
  public enum Status { DONE, RUNNING, FAILED }

  /**
   * One training configuration with one seed.
   *
   * @param id               the run's id in the store
   * @param label            what a person calls it, for example {@code allcnn sgd 0.1 seed 42}
   * @param network          the network's name
   * @param optimizer        the optimiser's name
   * @param learningRate     its first learning rate; NaN where unknown
   * @param batch            samples per step; 0 where unknown
   * @param seed             the initialisation seed
   * @param status           how the run ended
   * @param reason           why it failed; must not be empty for a failed run
   * @param trainError       final share of wrong train samples, 0 to 1; NaN where unknown
   * @param testError        final share of wrong test samples, 0 to 1; NaN where unknown
   * @param records          number of recorded models
   * @param trainingSeconds  wall-clock seconds of training; NaN where unknown
   * @param recordingSeconds wall-clock seconds of recording predictions; NaN where unknown
   */
  public record Run(String id, String label, String network, String optimizer, double learningRate, int batch,
                    long seed, Status status, String reason, double trainError, double testError, int records,
                    double trainingSeconds, double recordingSeconds) {
    public Run {
      id = Check.text(id, "a run's id");
      label = label == null || label.isBlank() ? id : label;
      network = Check.text(network, "the network of run " + id);
      optimizer = Check.text(optimizer, "the optimiser of run " + id);
      reason = Check.orEmpty(reason);
      if (status == null) {
        throw new IllegalArgumentException("run " + id + " has no status; pass DONE, RUNNING or FAILED");
      }
      if (status == Status.FAILED && reason.isBlank()) {
        throw new IllegalArgumentException("run " + id + " failed without a reason; say why it failed");
      }
      Check.share(trainError, "the train error of run " + id);
      Check.share(testError, "the test error of run " + id);
      if (records < 0 || batch < 0) {
        throw new IllegalArgumentException("run " + id + " has " + records + " records and batch size " + batch
            + "; neither can be negative");
      }
    }
  }

  /**
   * One embedding: the models of one split with their coordinates.
   *
   * @param name        what the switch shows, for example {@code train}
   * @param samples     N
   * @param classes     C
   * @param sampleHash  hash of the sample set; may be empty
   * @param models      the recorded models, in order of training within each run
   * @param specials    ignorance, truth and points of the geodesic between them; may be empty
   * @param eigenvalues lambda_k ordered by magnitude, signed; the report shows the first 50
   * @param signature   +1 space-like or -1 time-like, one for each eigenvalue
   * @param stress      explained stress chi_k for k = 1.. (Eq 8), 0 to 1; entry 0 is chi_1
   * @param pairwise    explained pairwise distance for k = 1.. (Eq 12), at most 1; may be empty
   * @param distances   how the distance matrix was made
   */
  public record View(String name, long samples, int classes, String sampleHash, Models models,
                     List<Special> specials, double[] eigenvalues, int[] signature, double[] stress,
                     double[] pairwise, Distances distances) {
    public View {
      name = Check.text(name, "a view's name");
      String where = " of view '" + name + "'";
      sampleHash = Check.orEmpty(sampleHash);
      specials = List.copyOf(specials);
      if (models == null || distances == null) {
        throw new IllegalArgumentException("view '" + name + "' lacks its models or its distances; pass both");
      }
      Check.length(signature.length, eigenvalues.length, "the signature" + where, "its eigenvalues");
      Check.finite(eigenvalues, "eigenvalue", where);
      Check.finite(stress, "explained stress", where);
      Check.finite(pairwise, "explained pairwise distance", where);
      for (int k = 0; k < signature.length; k++) {
        if (signature[k] != 1 && signature[k] != -1) {
          throw new IllegalArgumentException("entry " + k + " of the signature" + where + " is " + signature[k]
              + "; it must be +1 (space-like) or -1 (time-like)");
        }
      }
      int dims = models.dims();
      if (models.count() > 0 && dims > eigenvalues.length) {
        throw new IllegalArgumentException("the models" + where + " have " + dims + " coordinates but there are "
            + eigenvalues.length + " eigenvalues; pass one for each dimension");
      }
      for (Special special : specials) {
        if (models.count() > 0) {
          Check.length(special.coordinates().length, dims, "the coordinates of " + special.kind() + where,
              "those of its models");
        }
      }
    }
  }

  /**
   * The recorded models of a view as columns of one length M. Models of one run stand together, in order of
   * training: the page joins neighbours of equal run by a line.
   *
   * @param run         index into {@link ReportData#runs()}, (M)
   * @param record      number of the record within its run from 0, (M)
   * @param step        optimiser steps done, (M)
   * @param epoch       epochs done, fractions included, (M)
   * @param progress    Eq 4, 0 to 1; NaN where unknown, (M)
   * @param trainError  share of wrong train samples, 0 to 1; NaN where unknown, (M)
   * @param testError   share of wrong test samples, 0 to 1; NaN where unknown, (M)
   * @param loss        cross-entropy in nats per sample on the view's samples; NaN where unknown, (M)
   * @param coordinates InPCA coordinates, (M, K), K of about 10: at most 16 are shown
   */
  public record Models(int[] run, int[] record, long[] step, double[] epoch, double[] progress,
                       double[] trainError, double[] testError, double[] loss, double[][] coordinates) {
    public Models {
      int m = run.length;
      Check.length(record.length, m, "the record numbers", "the run indices");
      Check.length(step.length, m, "the steps", "the run indices");
      Check.length(epoch.length, m, "the epochs", "the run indices");
      Check.length(progress.length, m, "the progress values", "the run indices");
      Check.length(trainError.length, m, "the train errors", "the run indices");
      Check.length(testError.length, m, "the test errors", "the run indices");
      Check.length(loss.length, m, "the losses", "the run indices");
      Check.length(coordinates.length, m, "the coordinates", "the run indices");
      BitSet closed = new BitSet();
      for (int i = 0; i < m; i++) {
        if (run[i] < 0 || closed.get(run[i])) {
          throw new IllegalArgumentException(run[i] < 0 ? "model " + i + " names run " + run[i]
              + "; number the runs from 0" : "the models of run " + run[i] + " do not stand together (see model " + i
              + "); sort the models by run and record");
        }
        if (i + 1 < m && run[i + 1] != run[i]) {
          closed.set(run[i]);
        }
        if (coordinates[i] == null) {
          throw new IllegalArgumentException("model " + i + " has no coordinates; pass K numbers for each model");
        }
        Check.length(coordinates[i].length, coordinates[0].length, "the coordinates of model " + i,
            "those of model 0");
        Check.finite(coordinates[i], "coordinate", " of model " + i);
        Check.share(progress[i], "the progress of model " + i);
        Check.share(trainError[i], "the train error of model " + i);
        Check.share(testError[i], "the test error of model " + i);
      }
    }

    /** M. */
    public int count() {
      return run.length;
    }

    /** K, 0 when there is no model. */
    public int dims() {
      return coordinates.length == 0 ? 0 : coordinates[0].length;
    }
  }

  /** What a special point is. */
  public enum Landmark { IGNORANCE, TRUTH, GEODESIC }

  /**
   * A point that is no recorded model.
   *
   * @param kind        ignorance (1/C everywhere), truth (one-hot labels) or a point of the geodesic (Eq 3)
   * @param t           its place on the geodesic from ignorance (0) to truth (1)
   * @param coordinates InPCA coordinates, (K)
   */
  public record Special(Landmark kind, double t, double[] coordinates) {
    public Special {
      if (kind == null) {
        throw new IllegalArgumentException("a special point has no kind; pass IGNORANCE, TRUTH or GEODESIC");
      }
      if (!(t >= 0 && t <= 1)) {
        throw new IllegalArgumentException("a special point lies at t = " + t + "; t must be in [0, 1]");
      }
      Check.finite(coordinates, "coordinate", " of " + kind + " at t = " + t);
    }
  }

  /**
   * How a view's distances were made.
   *
   * @param metric        for example {@code bhattacharyya}
   * @param models        order of the distance matrix, special points included
   * @param refinedShare  share of pairs redone in float64, 0 to 1; NaN where unknown
   * @param infiniteTerms number of infinite per-sample terms met
   */
  public record Distances(String metric, long models, double refinedShare, long infiniteTerms) {
    public Distances {
      metric = Check.text(metric, "the metric");
      Check.share(refinedShare, "the refined share");
    }
  }

  /** One timed stage, in wall-clock seconds. */
  public record Stage(String name, double seconds) {
    public Stage {
      name = Check.text(name, "a stage's name");
      if (!(seconds >= 0) || Double.isInfinite(seconds)) {
        throw new IllegalArgumentException("stage '" + name + "' took " + seconds
            + " seconds; pass a finite number of at least 0");
      }
    }
  }

  /**
   * Where the numbers come from. Empty strings and 0 threads mean unknown and are left out of the page.
   *
   * @param version  Lightcone's version
   * @param commit   the commit it was built from
   * @param isa      the instruction set the kernels used
   * @param threads  engine threads
   * @param os       operating system and architecture
   * @param cpu      processor name
   * @param java     Java version
   * @param libtorch LibTorch version
   * @param specHash hash of the training spec
   * @param made     when the report was made
   * @param more     anything else to show, in order of iteration
   */
  public record Provenance(String version, String commit, String isa, int threads, String os, String cpu,
                           String java, String libtorch, String specHash, Instant made,
                           Map<String, String> more) {
    public Provenance {
      version = Check.orEmpty(version);
      commit = Check.orEmpty(commit);
      isa = Check.orEmpty(isa);
      os = Check.orEmpty(os);
      cpu = Check.orEmpty(cpu);
      java = Check.orEmpty(java);
      libtorch = Check.orEmpty(libtorch);
      specHash = Check.orEmpty(specHash);
      // LinkedHashMap and not Map.copyOf: the page keeps the caller's order.
      more = more == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(more));
    }

    /** Nothing known. */
    public static Provenance none() {
      return new Provenance("", "", "", 0, "", "", "", "", "", null, Map.of());
    }
  }
}
