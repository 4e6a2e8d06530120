// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** distances, embed and progress on files: the numbers, the JSON of the contract, and bad input. */
class EngineCommandsTest {
  /** Three models, two samples, two classes. */
  private static final double[] P = {0.5, 0.5, 0.5, 0.5, 0.9, 0.1, 0.2, 0.8, 0.99, 0.01, 0.01, 0.99};
  private static final String SHAPE = "(3, 2, 2)";

  @TempDir Path folder;

  private Path path(String name) {
    return folder.resolve(name);
  }

  private Cli.Ran distances(Path predictions, String kind, Object... more) {
    Object[] args = {"distances", "--json", "--predictions", predictions, "--kind", kind, "--out", path("D.npy")};
    Object[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return Cli.run(all);
  }

  /** (1/N) sum_n -log sum_c sqrt(p q). */
  private static double bhattacharyya(int i, int j) {
    double sum = 0;
    for (int n = 0; n < 2; n++) {
      double bc = 0;
      for (int c = 0; c < 2; c++) {
        bc += Math.sqrt(P[4 * i + 2 * n + c] * P[4 * j + 2 * n + c]);
      }
      sum -= Math.log(bc);
    }
    return sum / 2;
  }

  @Test
  void fromPredictionsToCoordinates() throws Exception {
    JsonNode d = distances(NpyFile.doubles(path("P.npy"), SHAPE, P), "probs").json();
    assertEquals(3, d.get("models").asInt());
    assertEquals(2, d.get("samples").asInt());
    assertEquals(2, d.get("classes").asInt());
    assertEquals("bhattacharyya", d.get("metric").asText());
    assertEquals("exact", d.get("precision").asText());
    assertEquals("cpu", d.get("device").asText());
    assertEquals(0, d.get("infinite").asInt());
    assertTrue(d.get("isa").asText().matches("portable|avx2|avx512"), d.toString());
    assertTrue(d.get("refined_share").asDouble() >= 0 && d.get("refined_share").asDouble() <= 1);
    assertTrue(d.get("pair_samples_per_second").isNumber());
    for (String stage : new String[] {"read", "distances", "refine", "write"}) {
      assertTrue(d.get("seconds").get(stage).asDouble() >= 0, stage);
    }
    double[] matrix = NpyFile.read(path("D.npy"));
    assertEquals(9, matrix.length);
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double expected = i == j ? 0 : bhattacharyya(i, j);
        assertEquals(expected, matrix[3 * i + j], 2e-6 * expected);
      }
    }

    JsonNode e = Cli.run("embed", "--json", "--distances", path("D.npy"), "--dims", 2, "--out", path("X.npy")).json();
    assertEquals(3, e.get("models").asInt());
    assertEquals(2, e.get("dims").asInt());
    for (String key : new String[] {"eigenvalues", "signature", "stress", "pairwise", "residuals"}) {
      assertEquals(2, e.get(key).size(), key);
    }
    assertTrue(e.get("passes").isInt() && e.get("seconds").asDouble() >= 0);
    double[] x = NpyFile.read(path("X.npy"));
    assertEquals(6, x.length);
    assertTrue(NpyFile.header(path("X.npy")).contains("<f8"));
    // Two dimensions hold three models exactly (Eq 7); float32 entries bound the agreement.
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 3; j++) {
        double sum = 0;
        for (int k = 0; k < 2; k++) {
          double difference = x[2 * i + k] - x[2 * j + k];
          sum += e.get("signature").get(k).asInt() * difference * difference;
        }
        assertEquals(matrix[3 * i + j], sum, 1e-6 * Arrays.stream(matrix).max().orElseThrow());
      }
    }
  }

  @Test
  void otherMetricsStandardErrorsAndNewModels() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), SHAPE, P);
    JsonNode e = distances(p, "probs", "--metric", "euclidean", "--std-errors", path("E.npy"), "--sample-blocks", 2)
        .json();
    assertEquals("euclidean", e.get("metric").asText());
    assertEquals(2, e.get("sample_blocks").asInt());
    double[] terms = new double[2];
    for (int n = 0; n < 2; n++) {
      for (int c = 0; c < 2; c++) {
        terms[n] += Math.pow(P[2 * n + c] - P[4 + 2 * n + c], 2);
      }
    }
    assertEquals((terms[0] + terms[1]) / 2, NpyFile.read(path("D.npy"))[1], 2e-6);
    assertEquals(Math.abs(terms[0] - terms[1]) / 2, NpyFile.read(path("E.npy"))[1], 2e-6);

    Path q = NpyFile.doubles(path("Q.npy"), "(1, 2, 2)", Arrays.copyOf(P, 4));
    JsonNode a = distances(p, "probs", "--against", q, "--precision", "fast").json();
    assertEquals(1, a.get("against").asInt());
    assertEquals(3, a.get("models").asInt());
    double[] cross = NpyFile.read(path("D.npy"));
    assertEquals(3, cross.length);
    assertEquals(bhattacharyya(0, 1), cross[1], 1e-5);
    JsonNode ae = distances(p, "probs", "--metric", "euclidean", "--against", q, "--std-errors", path("E.npy"),
        "--sample-blocks", 2).json();
    assertEquals(2, ae.get("sample_blocks").asInt());
    assertEquals((terms[0] + terms[1]) / 2, NpyFile.read(path("D.npy"))[1], 2e-6);
    double[] errors = NpyFile.read(path("E.npy"));
    assertEquals(3, errors.length);
    assertEquals(0, errors[0]);
    assertEquals(Math.abs(terms[0] - terms[1]) / 2, errors[1], 2e-6);
    distances(p, "probs", "--against", q, "--std-errors", path("E.tiles")).fails(2, "--std-errors");
    distances(p, "probs", "--against", q, "--memory", "8").fails(1, "--memory");
    distances(p, "probs", "--std-errors", path("E.npy"), "--memory", "8").fails(1, "--memory");
    distances(p, "probs", "--std-errors", path("E.npy"), "--sample-blocks", 1).fails(2, "--sample-blocks");
    distances(p, "probs", "--metric", "jeffreys", "--precision", "compat").fails(1, "jeffreys");
  }

  @Test
  void bootstrapReplicatesDrawTheSameBlocksForAllPairs() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), SHAPE, P);
    Object[] draw = {"--metric", "euclidean", "--bootstrap", 20, "--replicates", path("B.npy"), "--sample-blocks", 2,
        "--seed", 3};
    JsonNode json = distances(p, "probs", draw).json();
    assertEquals(20, json.get("bootstrap").get("replicates").asInt());
    assertEquals(3, json.get("bootstrap").get("seed").asInt());
    assertEquals(2, json.get("sample_blocks").asInt());
    double[] replicates = NpyFile.read(path("B.npy"));
    assertEquals(20 * 9, replicates.length);
    assertTrue(NpyFile.header(path("B.npy")).contains("(20, 3, 3)"), NpyFile.header(path("B.npy")));
    int[] drawn = new int[3];
    for (int r = 0; r < 20; r++) {
      int matches = 0;
      for (int twice = 0; twice <= 2; twice++) { // of two blocks the first is drawn so often
        boolean all = true;
        for (int i = 0; i < 3; i++) {
          for (int j = 0; j < 3; j++) {
            double mean = (twice * squared(i, j, 0) + (2 - twice) * squared(i, j, 1)) / 2;
            all &= Math.abs(replicates[9 * r + 3 * i + j] - mean) <= 2e-6 * mean;
          }
        }
        matches += all ? 1 : 0;
        drawn[twice] += all ? 1 : 0;
      }
      assertEquals(1, matches, "replicate " + r);
    }
    assertTrue(drawn[1] < 20, "the draws differ: " + Arrays.toString(drawn));
    distances(p, "probs", draw).json();
    assertArrayEquals(replicates, NpyFile.read(path("B.npy")), "the same seed, the same blocks");
    distances(p, "probs", "--bootstrap", 2).fails(2, "--replicates");
    distances(p, "probs", "--replicates", path("B.npy")).fails(2, "--bootstrap");
    distances(p, "probs", "--bootstrap", 0, "--replicates", path("B.npy")).fails(2, "--bootstrap");
    distances(p, "probs", "--bootstrap", 2, "--replicates", path("B.npy"), "--against", p).fails(2, "--against");
    distances(p, "probs", "--bootstrap", 2, "--replicates", path("B.npy"), "--memory", "8").fails(1, "--memory");
  }

  /** |p - q|^2 of one sample. */
  private static double squared(int i, int j, int n) {
    double sum = 0;
    for (int c = 0; c < 2; c++) {
      sum += Math.pow(P[4 * i + 2 * n + c] - P[4 * j + 2 * n + c], 2);
    }
    return sum;
  }

  /** Binary predictions of one sample under hellinger lie on an arc of a plane: two dimensions hold all. */
  @Test
  void landmarksPlaceTheOthersAndTellTheirError() throws Exception {
    int models = 60;
    double[] p = new double[2 * models];
    for (int i = 0; i < models; i++) {
      p[2 * i] = (i + 0.5) / models;
      p[2 * i + 1] = 1 - p[2 * i];
    }
    Path file = NpyFile.doubles(path("P.npy"), "(60, 1, 2)", p);
    Object[] args = {"embed", "--json", "--predictions", file, "--kind", "probs", "--metric", "hellinger", "--landmarks",
        20, "--dims", 2, "--out", path("X.npy")};
    JsonNode e = Cli.run(args).json();
    assertEquals(60, e.get("models").asInt());
    JsonNode landmarks = e.get("landmarks");
    assertEquals(20, landmarks.get("models").size());
    assertEquals(20, landmarks.get("count").asInt());
    assertEquals(40, landmarks.get("held_out").asInt());
    // Distances are float32 to 2e-6 of each, and each coordinate is a mean of 20 of them.
    assertEquals(1, landmarks.get("pairwise").asDouble(), 1e-4);
    assertTrue(landmarks.get("mean_error").asDouble() < 1e-4, e.toString());
    double[] x = NpyFile.read(path("X.npy"));
    assertEquals(120, x.length);
    for (int i = 0; i < models; i++) {
      for (int j = 0; j < models; j++) {
        double bc = Math.sqrt(p[2 * i] * p[2 * j]) + Math.sqrt(p[2 * i + 1] * p[2 * j + 1]);
        double interval = Math.pow(x[2 * i] - x[2 * j], 2) + Math.pow(x[2 * i + 1] - x[2 * j + 1], 2);
        assertEquals(1 - bc, interval, 1e-4);
      }
    }
    Cli.run("embed", "--predictions", file, "--kind", "probs", "--out", path("X.npy")).fails(2, "--landmarks");
    Cli.run("embed", "--predictions", file, "--landmarks", 5, "--out", path("X.npy")).fails(2, "--kind");
    Cli.run("embed", "--distances", path("D.npy"), "--landmarks", 5, "--out", path("X.npy")).fails(2, "--predictions");
    Cli.run("embed", "--out", path("X.npy")).fails(2, "--distances");
    Cli.run("embed", "--predictions", file, "--kind", "probs", "--landmarks", 59, "--out", path("X.npy"))
        .fails(1, "59 landmarks");
  }

  @Test
  void progressOfIgnoranceIsZeroAndOfTruthIsOne() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), "(2, 2, 2)", 0.5, 0.5, 0.5, 0.5, 1, 0, 0, 1);
    Path labels = NpyFile.bytes(path("L.npy"), "(2,)", 0, 1);
    JsonNode json = Cli.run("progress", "--json", "--predictions", p, "--kind", "probs", "--labels", labels, "--out",
        path("s.npy")).json();
    assertEquals(2, json.get("models").asInt());
    assertTrue(json.get("seconds").asDouble() >= 0);
    double[] s = NpyFile.read(path("s.npy"));
    // arccos near 1 limits progress to about 1e-8.
    assertEquals(0, s[0], 1e-7);
    assertEquals(1, s[1], 1e-7);
  }

  @Test
  void theCentroidIsWrittenAndSummarised() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), "(2, 1, 2)", 0.5, 0.5, 0.9, 0.1);
    Object[] args = {"centroid", "--json", "--predictions", p, "--kind", "probs", "--mean", "arithmetic", "--out",
        path("q.npy")};
    JsonNode json = Cli.run(args).json();
    assertEquals(2, json.get("models").asInt());
    assertTrue(json.get("seconds").asDouble() >= 0);
    assertEquals(-0.7 * Math.log(0.7) - 0.3 * Math.log(0.3), json.get("entropy").asDouble(), 1e-15);
    assertArrayEquals(new double[] {0.7, 0.3}, NpyFile.read(path("q.npy")), 1e-15);
    Path weights = NpyFile.doubles(path("w.npy"), "(2,)", 0, 1);
    Cli.run("centroid", "--predictions", p, "--kind", "probs", "--mean", "jeffreys", "--weights", weights, "--out",
        path("q.npy"));
    assertArrayEquals(new double[] {0.9, 0.1}, NpyFile.read(path("q.npy")), 1e-15);
    args[7] = "median";
    Cli.run(args).fails(2, "--mean median", "bhattacharyya");
  }

  @Test
  void aSubsetOfSamplesIsMeasuredAlone() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), SHAPE, P);
    assertEquals(1, distances(p, "probs", "--samples", "0:1").json().get("samples").asInt());
    double expected = -Math.log(Math.sqrt(0.5 * 0.9) + Math.sqrt(0.5 * 0.1));
    assertEquals(expected, NpyFile.read(path("D.npy"))[1], 2e-6 * expected);
    distances(p, "probs", "--samples", "1:9").fails(1, "2");
  }

  @Test
  void infiniteDistancesAreCountedKeptOrCappedAndRefusedByEmbed() throws Exception {
    Path p = NpyFile.floats(path("P.npy"), "(3, 1, 2)", 1, 0, 0, 1, 0.5, 0.5);
    assertEquals(1, distances(p, "probs").json().get("infinite").asInt());
    assertEquals(Double.POSITIVE_INFINITY, NpyFile.read(path("D.npy"))[1]);
    Cli.run("embed", "--distances", path("D.npy"), "--dims", 2, "--out", path("X.npy"))
        .fails(1, "--infinity cap");
    assertFalse(Files.exists(path("X.npy")));
    distances(p, "probs", "--infinity", "cap").json();
    assertEquals(100, NpyFile.read(path("D.npy"))[1]);
  }

  @Test
  void badPredictionsAreNamedAndNothingIsLeftBehind() throws Exception {
    distances(path("none.npy"), "probs").fails(1, "none.npy");
    distances(Files.writeString(path("text.npy"), "hello, this is no array at all"), "probs").fails(1, "text.npy");
    distances(NpyFile.doubles(path("rank.npy"), "(3, 4)", P), "probs").fails(1, "rank.npy");
    distances(NpyFile.write(path("ints.npy"), "<i4", false, "(1, 2, 2)", new byte[16]), "probs").fails(1, "ints.npy", "i4");
    distances(NpyFile.write(path("big.npy"), ">f8", false, "(1, 2, 2)", new byte[32]), "probs").fails(1, "big.npy");
    distances(NpyFile.write(path("fortran.npy"), "<f8", true, "(1, 2, 2)", new byte[32]), "probs")
        .fails(1, "fortran.npy");
    distances(NpyFile.doubles(path("single.npy"), "(1, 2, 2)", 0.5, 0.5, 0.5, 0.5), "probs")
        .fails(1, "single.npy", "1 model");
    distances(NpyFile.doubles(path("short.npy"), "(30, 2, 2)", P), "probs").fails(1, "short.npy");
    for (double bad : new double[] {Double.NaN, -0.25, Double.POSITIVE_INFINITY, 0.75}) {
      double[] values = P.clone();
      values[6] = bad;   // model 1, sample 1
      distances(NpyFile.doubles(path("row.npy"), SHAPE, values), "probs").fails(1, "row.npy", "model 1", "sample 1");
    }
    assertFalse(Files.exists(path("D.npy")));
    try (var files = Files.list(folder)) {
      assertEquals(0, files.filter(f -> !f.toString().endsWith(".npy")).count(), "a file written aside is left");
    }
  }

  @Test
  void badLabelsAreNamed() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), SHAPE, P);
    Object[] args = {"progress", "--predictions", p, "--kind", "probs", "--out", path("s.npy"), "--labels", null};
    args[8] = NpyFile.bytes(path("long.npy"), "(3,)", 0, 1, 1);
    Cli.run(args).fails(1, "3", "2");
    args[8] = NpyFile.bytes(path("range.npy"), "(2,)", 0, 2);
    Cli.run(args).fails(1, "2");
    args[8] = NpyFile.doubles(path("real.npy"), "(2,)", 0, 1);
    Cli.run(args).fails(1, "real.npy");
    assertFalse(Files.exists(path("s.npy")));
  }

  @Test
  void tilesAreEmbeddedAndPlacedInLikeNpy() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), SHAPE, P);
    double[][] x = new double[2][];
    for (int run = 0; run < 2; run++) {
      Path d = path(run == 0 ? "D.npy" : "D.tiles");
      Cli.run("distances", "--predictions", p, "--kind", "probs", "--json", "--out", d).json();
      JsonNode e = Cli.run("embed", "--json", "--distances", d, "--dims", 2, "--out", path("X.npy")).json();
      assertTrue(e.get("passes").asInt() > 0 && e.get("pairwise_l2").size() == 2, e.toString());
      x[run] = NpyFile.read(path("X.npy"));
    }
    assertArrayEquals(x[0], x[1]);
  }

  /** Points 0, 1, 3 and 6 of a line, as squared distances. */
  private Path line() throws Exception {
    return NpyFile.floats(path("line.npy"), "(4, 4)", 0, 1, 9, 36, 1, 0, 4, 25, 9, 4, 0, 9, 36, 25, 9, 0);
  }

  @Test
  void weightsMoveTheOriginAndMustFit() throws Exception {
    Object[] args = {"embed", "--json", "--distances", line(), "--dims", 1, "--out", path("X.npy"), "--weights", null};
    args[9] = NpyFile.doubles(path("w.npy"), "(4,)", 1, 0, 0, 1);
    JsonNode e = Cli.run(args).json();
    assertEquals(1, e.get("stress").get(0).asDouble(), 1e-7);
    assertEquals(1, e.get("pairwise").get(0).asDouble(), 1e-12);
    double[] x = NpyFile.read(path("X.npy"));
    for (int i = 0; i < 4; i++) {
      // The weighted mean of 0 and 6 is the origin, and of the two largest coordinates the first is positive.
      assertEquals(3 - new double[] {0, 1, 3, 6}[i], x[i], 1e-12);
    }
    args[9] = NpyFile.doubles(path("w.npy"), "(3,)", 1, 1, 1);
    Cli.run(args).fails(1, "3 weights", "4 models");
    args[9] = NpyFile.doubles(path("w.npy"), "(4,)", 1, -1, 1, 1);
    Cli.run(args).fails(1, "model 1");
  }

  @Test
  void placedModelsLieWhereTheirDistancesSay() throws Exception {
    // An old model, and the point 2.
    Path added = NpyFile.floats(path("DN.npy"), "(2, 4)", 9, 4, 0, 9, 4, 1, 1, 16);
    Object[] args = {"place", "--json", "--distances", line(), "--new", added, "--dims", 2, "--out", path("XN.npy")};
    JsonNode p = Cli.run(args).json();
    assertEquals(2, p.get("models").asInt());
    assertEquals(4, p.get("embedded").asInt());
    assertEquals("[2]", p.get("dropped").toString(), "a line has one dimension");
    double[] x = NpyFile.read(path("XN.npy"));
    assertEquals(4, x.length);
    // The origin is 2.5, and 6 is on the positive side.
    assertEquals(0.5, x[0], 1e-12);
    assertEquals(-0.5, x[2], 1e-12);
    assertEquals(0, x[1]);
    args[5] = NpyFile.floats(path("DN.npy"), "(1, 3)", 9, 4, 0);
    Cli.run(args).fails(1, "DN.npy", "(1, 3)", "(Q, 4)");
    args[5] = NpyFile.floats(path("DN.npy"), "(1, 4)", 9, 4, 0, -1);
    Cli.run(args).fails(1, "new model 0", "model 3");
  }

  @Test
  void badMatricesAreNamed() throws Exception {
    Object[] args = {"embed", "--distances", null, "--dims", 1, "--out", path("X.npy")};
    args[2] = NpyFile.floats(path("oblong.npy"), "(2, 3)", 0, 1, 1, 0, 1, 1);
    Cli.run(args).fails(1, "oblong.npy");
    args[2] = NpyFile.floats(path("lopsided.npy"), "(2, 2)", 0, 1, 1.1, 0);
    Cli.run(args).fails(1, "lopsided.npy", "symmetric");
    args[2] = NpyFile.floats(path("nan.npy"), "(2, 2)", 0, Double.NaN, Double.NaN, 0);
    Cli.run(args).fails(1, "nan.npy");
    args[2] = NpyFile.floats(path("single.npy"), "(1, 1)", 0);
    Cli.run(args).fails(1, "2");
    args[2] = NpyFile.floats(path("two.npy"), "(2, 2)", 0, 1, 1, 0);
    args[4] = 2;
    Cli.run(args).fails(1, "1");
    assertFalse(Files.exists(path("X.npy")));
  }

  @Test
  void workBeyondTheMemoryLimitIsRefusedBeforeItBegins() throws Exception {
    int models = 500;
    double[] half = new double[2 * models];
    Arrays.fill(half, 0.5);
    Path p = NpyFile.floats(path("P.npy"), "(" + models + ", 1, 2)", half);
    distances(p, "probs", "--memory", "1m").fails(1, "--memory", "limit is 1.0 MB");
    assertFalse(Files.exists(path("D.npy")));
    distances(p, "probs", "--memory", "8g").json();
    Cli.run("embed", "--distances", path("D.npy"), "--out", path("X.npy"), "--memory", "1m").fails(1, "--memory");
  }

  @Test
  void aProcessOfItsOwnKeepsStandardOutputClean() throws Exception {
    Path p = NpyFile.doubles(path("P.npy"), SHAPE, P);
    JsonNode json = Cli.fork(folder, "distances", "--json", "--predictions", p, "--kind", "probs", "--out",
        path("D.npy")).json();
    assertEquals(3, json.get("models").asInt());
    Cli.fork(folder, "distances", "--predictions", path("none.npy"), "--kind", "probs", "--out", path("D.npy"))
        .fails(1, "none.npy");
    Cli.fork(folder, "distances", "--nonsense").fails(2);
  }
}
