// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.network;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.global.torch;

/**
 * The networks by name. Thread-safe, except that {@link #create} draws from LibTorch's one global generator.
 */
public final class Networks {
  /** Builds one network for an input shape and a number of classes. */
  @FunctionalInterface
  private interface Factory {
    Network create(ImageShape input, int classes);
  }

  private static final Map<String, Factory> FACTORIES;

  static {
    Map<String, Factory> all = new LinkedHashMap<>();
    all.put("fc", FullyConnected::new);
    all.put("allcnn", AllCnn::new);
    all.put("wrn-10-4-8", (input, classes) ->
      new WideResNet("wrn-10-4-8", input, classes, 8, new int[] {32, 64, 128}, 1));
    FACTORIES = Collections.unmodifiableMap(all);
  }

  private Networks() {
  }

  /** All names, in a fixed order. */
  public static List<String> names() {
    return List.copyOf(FACTORIES.keySet());
  }

  /** Whether a network of this name exists. */
  public static boolean exists(String name) {
    return FACTORIES.containsKey(name);
  }

  /**
   * A new network with PyTorch's default initialisation under {@code seed}: LibTorch's global generator is
   * seeded with it first. The same name, shape, classes and seed give the same bits.
   *
   * @throws IllegalArgumentException if there is no such network, or fewer than two classes
   */
  public static Network create(String name, ImageShape input, int classes, long seed) {
    Factory factory = FACTORIES.get(name);
    if (factory == null) {
      throw new IllegalArgumentException("There is no network \"" + name + "\"; choose one of "
          + String.join(", ", FACTORIES.keySet()) + ".");
    }
    if (classes < 2) {
      throw new IllegalArgumentException("A classifier needs at least 2 classes, not " + classes + ".");
    }
    LibTorch.load();
    // One generator for the whole process: two networks built at the same time would share its numbers.
    synchronized (FACTORIES) {
      torch.manual_seed(seed);
      return factory.create(input, classes);
    }
  }

  /** The number of trainable values of a network. Loads LibTorch and builds the network once. */
  @SuppressWarnings("try") // the scope frees what is made inside
  public static long parameters(String name, ImageShape input, int classes) {
    LibTorch.load();
    try (PointerScope scope = new PointerScope()) {
      return create(name, input, classes, 0).parameterCount();
    }
  }
}
