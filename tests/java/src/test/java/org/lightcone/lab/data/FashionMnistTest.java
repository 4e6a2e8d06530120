// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled images, their fixed split, and full sets from folders. */
class FashionMnistTest {
  @TempDir
  Path folder;

  @Test
  void theSplitIsFixedForever() {
    Dataset data = FashionMnist.bundled(2_000, 500);
    // Taken once from this code; a change here would silently change every run that was ever made.
    assertEquals("9f1ec356a747bfe4ebab3cfb722d3694c9ca737e2570f6f90cf31d7b6fd689d4", data.contentHash());
    assertEquals("6f8a2284ac8812cfe7265cbdad337078d96d343f94ce75ff02b01dcdd7a95904",
        data.orderHash("train", 1_000));
    assertEquals("c3db544f5e69bbf3796261759a952d1402b564e51ef6e3b4691a64f29ce32827",
        data.orderHash("test", 500));
    assertEquals(2_000, data.train().count());
    assertEquals(500, data.test().count());
    assertEquals(10, data.classNames().size());
  }

  @Test
  void noImageIsInBothSplitsAndSmallerSetsArePartsOfLargerOnes() {
    Dataset all = FashionMnist.bundled(FashionMnist.BUNDLED_TRAIN, FashionMnist.BUNDLED_TEST);
    Set<Integer> seen = new HashSet<>();
    Arrays.stream(all.trainOrder()).forEach(seen::add);
    Arrays.stream(all.testOrder()).forEach(seen::add);
    assertEquals(10_000, seen.size());
    Dataset some = FashionMnist.bundled(300, 200);
    assertArrayEquals(Arrays.copyOf(all.trainOrder(), 300), some.trainOrder());
    assertArrayEquals(Arrays.copyOf(all.testOrder(), 200), some.testOrder());
    assertArrayEquals(Arrays.copyOf(all.test().labels(), 200), some.test().labels());
    assertEquals(all.orderHash("test", 100), some.orderHash("test", 100));
    assertNotEquals(all.orderHash("test", 100), some.orderHash("test", 99));
  }

  @Test
  void trainPixelsHaveMeanZeroAndDeviationOne() {
    Dataset data = FashionMnist.bundled(500, 10);
    double sum = 0;
    double squares = 0;
    for (float v : data.train().pixels()) {
      sum += v;
      squares += (double) v * v;
    }
    int n = data.train().pixels().length;
    // Each value is rounded to float32 once: at most 2^-24 of about 2, far below 1e-6 in the mean.
    assertEquals(0, sum / n, 1e-6);
    assertEquals(1, squares / n, 1e-6);
    assertTrue(data.mean()[0] > 0.2 && data.mean()[0] < 0.4, "mean of pixels in [0, 1]: " + data.mean()[0]);
  }

  @Test
  void everyClassIsThere() {
    Set<Integer> classes = new HashSet<>();
    Arrays.stream(FashionMnist.bundled(200, 10).train().labels()).forEach(classes::add);
    assertEquals(10, classes.size());
  }

  @Test
  void moreThanThereIsIsRefused() {
    String message = assertThrows(DataException.class, () -> FashionMnist.bundled(8_001, 1)).getMessage();
    assertTrue(message.contains("8000") && message.contains("source: full"), message);
  }

  @Test
  void aFolderWithoutTheSetIsNamed() {
    Path missing = folder.resolve("no");
    String message = assertThrows(DataException.class, () -> FashionMnist.full(missing, 1, 1)).getMessage();
    assertTrue(message.contains(missing.toString()) && message.contains("--data-dir"), message);
    message = assertThrows(DataException.class, () -> FashionMnist.full(folder, 1, 1)).getMessage();
    assertTrue(message.contains("train-images-idx3-ubyte.gz"), message);
  }

  @Test
  void readsAFullSetFromAFolder() throws IOException {
    write("train", 12, 0);
    write("t10k", 5, 0);
    Dataset data = FashionMnist.full(folder, 10, 5);
    assertEquals("full", data.source());
    for (int n = 0; n < 10; n++) {
      assertEquals(data.trainOrder()[n] % 10, data.train().labels()[n]);
    }
    // Image i is grey value i everywhere, so that a sample's pixel tells which image it is.
    double value = data.train().pixels()[0] * data.deviation()[0] + data.mean()[0];
    assertEquals(data.trainOrder()[0] / 255.0, value, 1e-7);
    assertThrows(DataException.class, () -> FashionMnist.full(folder, 13, 5));
  }

  @Test
  void labelsOutOfRangeAndForeignLabelsAreRefused() throws IOException {
    write("train", 12, 5);
    write("t10k", 5, 0);
    String message = assertThrows(DataException.class, () -> FashionMnist.full(folder, 1, 1)).getMessage();
    assertTrue(message.contains("hold 10 at sample 5"), message);
    write("train", 12, 0);
    Files.copy(folder.resolve("t10k-labels-idx1-ubyte.gz"), folder.resolve("x"));
    Files.move(folder.resolve("x"), folder.resolve("train-labels-idx1-ubyte.gz"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    message = assertThrows(DataException.class, () -> FashionMnist.full(folder, 1, 1)).getMessage();
    assertTrue(message.contains("12 images") && message.contains("5"), message);
  }

  private void write(String prefix, int count, int shift) throws IOException {
    byte[] images = new byte[16 + count * 784];
    System.arraycopy(new byte[] {0, 0, 8, 3, 0, 0, 0, (byte) count, 0, 0, 0, 28, 0, 0, 0, 28}, 0, images, 0,
        16);
    byte[] labels = new byte[8 + count];
    System.arraycopy(new byte[] {0, 0, 8, 1, 0, 0, 0, (byte) count}, 0, labels, 0, 8);
    for (int i = 0; i < count; i++) {
      Arrays.fill(images, 16 + i * 784, 16 + (i + 1) * 784, (byte) i);
      labels[8 + i] = (byte) (i % 10 + (i >= 5 ? shift : 0));
    }
    Files.write(folder.resolve(prefix + "-images-idx3-ubyte.gz"), IdxTest.gzip(images));
    Files.write(folder.resolve(prefix + "-labels-idx1-ubyte.gz"), IdxTest.gzip(labels));
  }
}
