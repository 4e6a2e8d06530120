// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.lightcone.lab.network.ImageShape;

/**
 * Fashion-MNIST, 28x28 grey images of ten kinds of clothes, from one of two sources:
 *
 * <ul>
 *   <li>{@code bundled}: the data set's 10,000 test images, inside this jar. One fixed shuffle of them
 *   ({@link SplitMix},
 *       seed {@value #SPLIT_SEED}) gives the fixed order; its first 8,000 are for training, its last 2,000
 *       for testing.
 *   <li>{@code full}: 60,000 train and 10,000 test images from a folder, each shuffled once by the same rule.
 * </ul>
 *
 * A spec that asks for n samples gets the first n of the fixed order, so that a smaller set is part of every
 * larger one.
 */
public final class FashionMnist {
  /** The name in specs. */
  public static final String NAME = "fashion-mnist";
  /** The ten classes, by label. */
  public static final List<String> CLASSES = List.of("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
      "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");
  /** The sizes of the bundled splits. */
  public static final int BUNDLED_TRAIN = 8_000;
  /** The sizes of the bundled splits. */
  public static final int BUNDLED_TEST = 2_000;
  /** The sizes of the full splits. */
  public static final int FULL_TRAIN = 60_000;
  /** The sizes of the full splits. */
  public static final int FULL_TEST = 10_000;
  /** Where Debian's package dataset-fashion-mnist puts the full set. */
  public static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");

  private static final long SPLIT_SEED = 20_170_828;
  private static final int SIDE = 28;

  private FashionMnist() {
  }

  /**
   * The first {@code train} and {@code test} samples of the bundled images.
   *
   * @throws DataException if more are asked for than there are
   */
  public static Dataset bundled(int train, int test) {
    limit("bundled", train, BUNDLED_TRAIN, "train", "write \"source: full\" under data for the 60,000");
    limit("bundled", test, BUNDLED_TEST, "test", "write \"source: full\" under data for the 10,000");
    Raw raw = new Raw(resource("t10k-images-idx3-ubyte.gz", 3), resource("t10k-labels-idx1-ubyte.gz", 1),
        "the bundled t10k files");
    int[] order = new SplitMix(SPLIT_SEED).permutation(raw.count());
    return assemble("bundled", raw, Arrays.copyOf(order, train),
        raw, Arrays.copyOfRange(order, BUNDLED_TRAIN, BUNDLED_TRAIN + test), raw.addTo(new Hash()).hex());
  }

  /**
   * The first {@code train} and {@code test} samples of the full set in a folder.
   *
   * @param folder holds train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz and their t10k twins; null for
   *     Debian's
   * @throws DataException if a file is missing or damaged, or holds too few samples
   */
  public static Dataset full(Path folder, int train, int test) {
    Path from = folder == null ? DEBIAN : folder;
    if (!Files.isDirectory(from)) {
      throw new DataException("There is no folder " + from + " with the full Fashion-MNIST; install Debian's"
          + " dataset-fashion-mnist, name its folder with --data-dir, or write \"source: bundled\" under"
          + " data for the images that come with Lightcone (8,000 to train, 2,000 to test).");
    }
    Raw trainRaw = read(from, "train");
    Raw testRaw = read(from, "t10k");
    limit(from.toString(), train, trainRaw.count(), "train", "ask for at most as many");
    limit(from.toString(), test, testRaw.count(), "test", "ask for at most as many");
    int[] trainOrder = new SplitMix(SPLIT_SEED).permutation(trainRaw.count());
    int[] testOrder = new SplitMix(SPLIT_SEED).permutation(testRaw.count());
    return assemble("full", trainRaw, Arrays.copyOf(trainOrder, train), testRaw,
        Arrays.copyOf(testOrder, test), testRaw.addTo(trainRaw.addTo(new Hash())).hex());
  }

  private static void limit(String where, int asked, int available, String split, String mend) {
    if (asked < 1 || asked > available) {
      throw new DataException("The " + where + " Fashion-MNIST has " + available + " " + split
          + " images, but " + asked + " are asked for; " + mend + ".");
    }
  }

  private static Raw read(Path folder, String prefix) {
    Path images = folder.resolve(prefix + "-images-idx3-ubyte.gz");
    return new Raw(Idx.read(images, 3), Idx.read(folder.resolve(prefix + "-labels-idx1-ubyte.gz"), 1),
        images.toString());
  }

  private static Idx resource(String name, int rank) {
    try (InputStream in = FashionMnist.class.getResourceAsStream("fashion-mnist/" + name)) {
      if (in == null) {
        throw new DataException("The bundled " + name + " is missing from the lightcone-lab jar; build it"
            + " again.");
      }
      return Idx.read(in, "the bundled " + name, rank);
    } catch (IOException e) {
      throw new DataException("The bundled " + name + " could not be read: " + e.getMessage() + ".", e);
    }
  }

  private static Dataset assemble(String source, Raw trainRaw, int[] trainOrder, Raw testRaw, int[] testOrder,
                    String contentHash) {
    double[] moments = trainRaw.moments(trainOrder);
    return new Dataset(NAME, source, trainRaw.take(trainOrder, moments), testRaw.take(testOrder, moments),
        CLASSES, new double[] {moments[0]}, new double[] {moments[1]}, contentHash, trainOrder, testOrder);
  }

  /** Images and labels as stored, checked against each other. */
  private record Raw(Idx images, Idx labels, String name) {
    Raw {
      if (images.shape()[1] != SIDE || images.shape()[2] != SIDE) {
        throw new DataException(name + " holds images of " + images.shape()[1] + "x" + images.shape()[2]
            + " pixels; Fashion-MNIST has 28x28.");
      }
      if (images.shape()[0] != labels.shape()[0]) {
        throw new DataException(name + " holds " + images.shape()[0] + " images but its labels' file holds "
            + labels.shape()[0] + "; the two do not belong together.");
      }
      for (int i = 0; i < labels.values().length; i++) {
        if ((labels.values()[i] & 0xff) >= CLASSES.size()) {
          throw new DataException("The labels beside " + name + " hold " + (labels.values()[i] & 0xff)
              + " at sample " + i + "; labels run from 0 to 9.");
        }
      }
    }

    int count() {
      return labels.values().length;
    }

    Hash addTo(Hash hash) {
      return hash.bytes(images.values()).bytes(labels.values());
    }

    /** Mean and standard deviation of the pixels in [0, 1]: exact sums of integers, rounded once. */
    double[] moments(int[] order) {
      long sum = 0;
      long squares = 0;
      int values = SIDE * SIDE;
      for (int sample : order) {
        for (int i = 0; i < values; i++) {
          int v = images.values()[sample * values + i] & 0xff;
          sum += v;
          squares += v * v;
        }
      }
      double n = (double) order.length * values;
      double mean = sum / n;
      double deviation = Math.sqrt(Math.max(0, squares / n - mean * mean));
      // One blank image alone has no spread: leave it as it is instead of dividing by zero.
      return new double[] {mean / 255, deviation > 0 ? deviation / 255 : 1};
    }

    Images take(int[] order, double[] moments) {
      int values = SIDE * SIDE;
      float[] table = new float[256];
      for (int v = 0; v < table.length; v++) {
        table[v] = (float) ((v / 255.0 - moments[0]) / moments[1]);
      }
      float[] pixels = new float[order.length * values];
      int[] labelled = new int[order.length];
      for (int n = 0; n < order.length; n++) {
        labelled[n] = labels.values()[order[n]];
        for (int i = 0; i < values; i++) {
          pixels[n * values + i] = table[images.values()[order[n] * values + i] & 0xff];
        }
      }
      return new Images(new ImageShape(1, SIDE, SIDE), pixels, labelled);
    }
  }
}
