// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lightcone.Control;
import org.lightcone.DType;
import org.lightcone.Embedding;
import org.lightcone.Kind;
import org.lightcone.Predictions;

/** The geometry of a split whose models are known. */
class SplitAnalysisTest {
  private static final int CLASSES = 4;
  private static final int[] LABELS = {0, 1, 2, 3, 0, 1};

  /** Models that give the true class this probability on every sample and share the rest equally. */
  private static SplitAnalysis.Source models(double... truth) {
    int row = LABELS.length * CLASSES;
    ByteBuffer table = ByteBuffer.allocateDirect(8 * row * truth.length).order(ByteOrder.nativeOrder());
    for (double p : truth) {
      for (int label : LABELS) {
        for (int c = 0; c < CLASSES; c++) {
          table.putDouble(c == label ? p : (1 - p) / (CLASSES - 1));
        }
      }
    }
    table.flip();
    return new SplitAnalysis.Source() {
      @Override
      public int models() {
        return truth.length;
      }

      @Override
      public void addTo(Predictions.Builder builder) {
        builder.addMemory(table, "models", Kind.PROBS, DType.FLOAT64, 0, truth.length, 0, LABELS.length, 8L * row);
      }
    };
  }

  /** Stages in order; every one that begins ends. */
  private static final class Log implements SplitAnalysis.Watch {
    private final List<String> stages = new ArrayList<>();
    private int open;

    @Override
    public void begin(String stage, Control control) {
      stages.add(stage);
      open++;
    }

    @Override
    public void end() {
      open--;
    }
  }

  /** D_ij from all dimensions (Eq 7). */
  private static double distance(Embedding e, int i, int j) {
    double sum = 0;
    for (int k = 0; k < e.eigenvalues().length; k++) {
      double difference = e.coordinates()[i][k] - e.coordinates()[j][k];
      sum += e.signature()[k] * difference * difference;
    }
    return sum;
  }

  @Test
  void landmarksAndModelsKeepTheirDistances() {
    Log log = new Log();
    SplitAnalysis analysis = SplitAnalysis.of(models(0.3, 0.6, 0.9), LABELS, CLASSES, 1, log);
    assertEquals(List.of("distances", "embedding", "progress"), log.stages);
    assertEquals(0, log.open);
    assertFalse(analysis.capped());
    assertEquals(3 + analysis.landmarks().length, analysis.coordinates().length);
    assertEquals(0, analysis.landmarks()[0]);
    assertEquals(1, analysis.landmarks()[1]);
    // d(P0, P*) = log(C) / 2; d(P, P*) is half the cross-entropy. The entries are float32: relative 2e-6 of the largest.
    double largest = Math.log(CLASSES) / 2;
    assertEquals(largest, distance(analysis.embedding(), 3, 4), 2e-6 * largest);
    assertEquals(-Math.log(0.6) / 2, distance(analysis.embedding(), 1, 4), 2e-6 * largest);
  }

  @Test
  void progressRisesWithTheProbabilityOfTheTrueClass() {
    double[] progress = SplitAnalysis.of(models(0.25, 0.5, 0.75, 1), LABELS, CLASSES, 1, new Log()).progress();
    assertEquals(4, progress.length);
    // arccos limits progress to about 1e-8.
    assertEquals(0, progress[0], 1e-7);
    assertEquals(1, progress[3], 1e-7);
    assertTrue(progress[0] < progress[1] && progress[1] < progress[2] && progress[2] < progress[3]);
  }

  @Test
  void aModelThatRulesTheTruthOutIsCappedAndSaidSo() {
    SplitAnalysis analysis = SplitAnalysis.of(models(0, 0.5), LABELS, CLASSES, 1, new Log());
    assertTrue(analysis.capped());
    assertEquals(LABELS.length, analysis.distances().infiniteTerms());
    for (double[] row : analysis.coordinates()) {
      for (double x : row) {
        assertTrue(Double.isFinite(x));
      }
    }
    assertEquals(100, distance(analysis.embedding(), 0, 3), 2e-6 * 100);
  }

  @Test
  void aSingleModelIsEnough() {
    assertEquals(1, SplitAnalysis.of(models(0.5), LABELS, CLASSES, 1, new Log()).progress().length);
  }
}
