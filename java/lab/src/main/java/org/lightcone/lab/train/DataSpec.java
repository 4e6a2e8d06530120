// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import java.nio.file.Path;
import org.lightcone.lab.data.Dataset;
import org.lightcone.lab.data.FashionMnist;

/**
 * Which images a run sees.
 *
 * @param name {@code fashion-mnist}
 * @param source {@code bundled} (inside the jar) or {@code full} (from a folder)
 * @param train the first n train images of the fixed order
 * @param test the first n test images of the fixed order
 */
public record DataSpec(String name, String source, int train, int test) {
  public DataSpec {
    if (!name.equals(FashionMnist.NAME)) {
      throw new SpecException("unknown data set \"" + name + "\"; choose " + FashionMnist.NAME + ".");
    }
    if (!source.equals("bundled") && !source.equals("full")) {
      throw new SpecException("unknown data source \"" + source + "\"; choose bundled (the 10,000 images"
          + " that come with Lightcone) or full (the 70,000 of a folder).");
    }
    range("train", train, source.equals("bundled") ? FashionMnist.BUNDLED_TRAIN : FashionMnist.FULL_TRAIN,
        source);
    range("test", test, source.equals("bundled") ? FashionMnist.BUNDLED_TEST : FashionMnist.FULL_TEST,
        source);
  }

  private static void range(String key, int value, int most, String source) {
    if (value < 1 || value > most) {
      throw new SpecException("data " + key + " must be between 1 and " + most + ", what the " + source
          + " set has, not " + value + ".");
    }
  }

  /**
   * The source when a spec names none: {@code full} if {@code --data-dir} is given or more is asked for than
   * the bundled images have, {@code bundled} otherwise.
   */
  static String defaultSource(int train, int test, boolean folderGiven) {
    return folderGiven || train > FashionMnist.BUNDLED_TRAIN || test > FashionMnist.BUNDLED_TEST ? "full"
        : "bundled";
  }

  /** Loads the images; {@code folder} is where the full set lies, null for Debian's place. */
  public Dataset load(Path folder) {
    return source.equals("bundled") ? FashionMnist.bundled(train, test)
        : FashionMnist.full(folder, train, test);
  }
}
