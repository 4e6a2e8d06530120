// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.lightcone.lab.network.Network;

/**
 * Predictions of a network over the recorded samples: evaluation mode, no gradients, fixed order, no
 * augmentation, log-softmax in float32. The buffers are reused from record to record.
 */
final class Recorder {
  /** The mean cross-entropy in nats per sample and the share of wrong samples of one split. */
  record Score(double loss, double error) {
  }

  // Small enough for the activations of a batch to stay near the caches (measured on allcnn and wrn-10-4-8),
  // and for a stop to be noticed soon.
  private static final int BATCH = 250;

  private final Tensors data;
  private final int train;
  private final int test;
  private final Map<String, ByteBuffer> predictions;

  Recorder(Tensors data, int train, int test) {
    this.data = data;
    this.train = train;
    this.test = test;
    this.predictions = Map.of("train", buffer(train), "test", buffer(test));
  }

  /** What the last {@link #run} found: (N, C) float32, little-endian, by split. */
  Map<String, ByteBuffer> predictions() {
    return predictions;
  }

  /** The samples evaluated by one {@link #run}. */
  int samples() {
    return train + test;
  }

  /** Evaluates both splits; false if {@code stop} came in between. Leaves the network in evaluation mode. */
  boolean run(Network network, StopSignal stop) {
    network.eval();
    return evaluate(network, data.trainImages, train, predictions.get("train"), stop)
        && evaluate(network, data.testImages, test, predictions.get("test"), stop);
  }

  /** The index of the first sample with a value that is NaN or infinite, or -1. */
  int firstBroken(String split) {
    FloatBuffer values = values(split);
    for (int i = 0; i < values.capacity(); i++) {
      if (!Float.isFinite(values.get(i))) {
        return i / data.classes;
      }
    }
    return -1;
  }

  Score score(String split) {
    FloatBuffer values = values(split);
    int[] labels = split.equals("train") ? data.trainClasses : data.testClasses;
    int count = split.equals("train") ? train : test;
    double loss = 0;
    int wrong = 0;
    for (int n = 0; n < count; n++) {
      int best = 0;
      for (int c = 1; c < data.classes; c++) {
        if (values.get(n * data.classes + c) > values.get(n * data.classes + best)) {
          best = c;
        }
      }
      wrong += best == labels[n] ? 0 : 1;
      loss -= values.get(n * data.classes + labels[n]);
    }
    return new Score(loss / count, (double) wrong / count);
  }

  @SuppressWarnings("try") // the scope and the guard act by being open
  private boolean evaluate(Network network, Tensor images, int count, ByteBuffer into, StopSignal stop) {
    FloatBuffer values = into.clear().asFloatBuffer();
    for (int from = 0; from < count; from += BATCH) {
      if (stop.requested()) {
        return false;
      }
      try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
        int batch = Math.min(BATCH, count - from);
        Tensor out = torch.log_softmax(network.forward(images.narrow(0, from, batch)), 1).contiguous();
        FloatPointer data = new FloatPointer(out.data_ptr()).capacity((long) batch * this.data.classes);
        values.put(data.asBuffer());
      }
    }
    return true;
  }

  private FloatBuffer values(String split) {
    ByteBuffer bytes = predictions.get(split);
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear().asFloatBuffer();
  }

  private ByteBuffer buffer(int samples) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(Math.multiplyExact(samples, data.classes),
        Float.BYTES))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
