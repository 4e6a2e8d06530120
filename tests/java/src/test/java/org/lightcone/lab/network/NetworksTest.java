// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The networks: counts, shapes, initialisation. */
@SuppressWarnings("try") // scopes and guards act by being open
class NetworksTest {
  private static final ImageShape CIFAR = new ImageShape(3, 32, 32);
  private static final ImageShape FASHION = new ImageShape(1, 28, 28);

  @ParameterizedTest
  @CsvSource({"fc, 3837066", "allcnn, 399486", "wrn-10-4-8, 300226"})
  void parameterCountsOfThePaper(String name, long expected) {
    assertEquals(expected, Networks.parameters(name, CIFAR, 10));
  }

  /**
   * By hand: the first layer has 784 inputs (fc), 9 weights per filter (allcnn, wrn), all else is as above.
   */
  @ParameterizedTest
  @CsvSource({"fc, 1494154", "allcnn, 397758", "wrn-10-4-8, 300082"})
  void parameterCountsForGreyImages(String name, long expected) {
    assertEquals(expected, Networks.parameters(name, FASHION, 10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fc", "allcnn", "wrn-10-4-8"})
  void anyShapeAndClassCountGivesLogits(String name) {
    for (ImageShape shape : List.of(CIFAR, FASHION, new ImageShape(2, 15, 9))) {
      try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
        Network network = Networks.create(name, shape, 7, 1);
        Tensor x = torch.randn(3, shape.channels(), shape.height(), shape.width());
        network.train(true);
        assertArrayEquals(new long[] {3, 7}, network.forward(x).shape());
        network.eval();
        assertArrayEquals(new long[] {3, 7}, network.forward(x).shape());
      }
    }
  }

  /**
   * Stride 2 where it belongs: with a wrong stride the residual additions or the pooled means would differ.
   */
  @Test
  void stridesHalveTheImage() {
    LibTorch.load();
    try (PointerScope scope = new PointerScope(); NoGradGuard guard = new NoGradGuard()) {
      Tensor x = torch.randn(2, 3, 32, 32);
      assertArrayEquals(new long[] {2, 5, 16, 16}, Layers.conv(3, 5, 3, 2, true).forward(x).shape());
      assertArrayEquals(new long[] {2, 5, 32, 32}, Layers.conv(3, 5, 3, 1, true).forward(x).shape());
      assertArrayEquals(new long[] {2, 5, 16, 16}, Layers.conv(3, 5, 1, 2, true).forward(x).shape());
    }
  }

  @Test
  void theSeedDecidesTheWeights() {
    assertArrayEquals(firstWeights(5), firstWeights(5));
    assertFalse(java.util.Arrays.equals(firstWeights(5), firstWeights(6)));
  }

  /** PyTorch's default for Linear: uniform in +-1/sqrt(inputs). */
  @Test
  void initialisationIsPyTorchsDefault() {
    float bound = (float) (1 / Math.sqrt(784));
    float largest = 0;
    for (float w : firstWeights(3)) {
      largest = Math.max(largest, Math.abs(w));
    }
    assertTrue(largest <= bound, "largest weight " + largest + " above " + bound);
    // 802,816 uniform draws: all below 0.999 of the bound has probability e^-800.
    assertTrue(largest > 0.999f * bound, "largest weight " + largest + " far below " + bound);
  }

  @Test
  void unknownNamesListTheKnownOnes() {
    String message = assertThrows(IllegalArgumentException.class, () -> Networks.parameters("vgg", CIFAR, 10))
        .getMessage();
    assertTrue(message.contains("\"vgg\"") && message.contains("wrn-10-4-8"), message);
  }

  private static float[] firstWeights(long seed) {
    try (PointerScope scope = new PointerScope()) {
      Tensor weights = Networks.create("fc", FASHION, 10, seed).parameters().get(0);
      float[] values = new float[(int) weights.numel()];
      new FloatPointer(weights.data_ptr()).capacity(values.length).get(values);
      return values;
    }
  }
}
