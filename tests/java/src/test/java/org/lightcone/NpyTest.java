// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** .npy files: NumPy as the other side, and every way in which a file can be wrong. */
class NpyTest {
  @TempDir Path folder;

  private Path npy(int version, String header, byte[] data) throws IOException {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer bytes = ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) version, 0});
    if (version == 1) {
      bytes.putShort((short) text.length);
    } else {
      bytes.putInt(text.length);
    }
    bytes.put(text).put(data);
    Path file = folder.resolve("hand.npy");
    Files.write(file, Arrays.copyOf(bytes.array(), bytes.position()));
    return file;
  }

  private Path npy(String descr, String order, String shape, int dataBytes) throws IOException {
    return npy(1, "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n",
        new byte[dataBytes]);
  }

  private static void refused(Path file, String part, org.junit.jupiter.api.function.Executable reading) {
    InvalidDataException e = assertThrows(InvalidDataException.class, reading);
    assertTrue(e.getMessage().startsWith(file + " cannot be used: "), e.getMessage());
    assertTrue(e.getMessage().contains(part), e.getMessage() + " lacks: " + part);
    assertFalse(e.getMessage().contains("\n"), "one sentence: " + e.getMessage());
  }

  @Test
  void numpyReadsWhatWeWrite() throws Exception {
    Path doubles = folder.resolve("d.npy");
    Path matrix = folder.resolve("m.npy");
    Path floats = folder.resolve("f.npy");
    Path ints = folder.resolve("i.npy");
    Npy.writeDoubles(doubles, new double[] {1, -2.5, Double.NaN, Double.POSITIVE_INFINITY, 1e-300, 6}, 1, 2, 3);
    Npy.writeDoubles(matrix, new double[][] {{1, 2}, {3, 4}, {5, 6}});
    float[] many = new float[700_001]; // several pieces
    for (int i = 0; i < many.length; i++) {
      many[i] = i * 0.5f;
    }
    Npy.writeFloats(floats, many, many.length);
    Npy.writeInts(ints, new int[] {Integer.MIN_VALUE, -1, 0, Integer.MAX_VALUE}, 2, 2);
    String said = Shell.python("""
        import sys, numpy as np
        d, m, f, i = (np.load(p, allow_pickle=False) for p in sys.argv[1:])
        assert d.dtype == np.dtype('<f8') and d.shape == (1, 2, 3) and d.flags.c_contiguous
        assert d[0, 0, 1] == -2.5 and np.isnan(d[0, 0, 2]) and np.isinf(d[0, 1, 0]) and d[0, 1, 1] == 1e-300
        assert m.dtype == np.dtype('<f8') and (m == [[1, 2], [3, 4], [5, 6]]).all()
        assert f.dtype == np.dtype('<f4') and (f == np.arange(700001) * np.float32(.5)).all()
        assert i.dtype == np.dtype('<i4') and (i == [[-2**31, -1], [0, 2**31 - 1]]).all()
        print('good')
        """, doubles, matrix, floats, ints);
    assertEquals("good", said.strip());
    try (var files = Files.list(folder)) {
      assertEquals(4, files.count(), "nothing but the four files may be left");
    }
  }

  @Test
  void weReadWhatNumpyWrites() throws Exception {
    Shell.python("""
        import sys, numpy as np
        from numpy.lib import format
        folder = sys.argv[1]
        x = np.arange(24, dtype='<f8').reshape(2, 3, 4) / 7
        np.save(folder + '/f8.npy', x)
        np.save(folder + '/f4.npy', x.astype('<f4'))
        np.save(folder + '/empty.npy', np.zeros((0,), 'i8'))
        for v in ((1, 0), (2, 0), (3, 0)):
            with open(folder + '/v%d.npy' % v[0], 'wb') as f: format.write_array(f, x, version=v)
        for t in 'i1 u1 i2 u2 i4 u4 i8 u8'.split():
            np.save(folder + '/' + t + '.npy', np.array([0, 1, 9, 127], t))
        """, folder);
    double[] wanted = new double[24];
    Arrays.setAll(wanted, i -> i / 7.0);
    for (String name : List.of("f8", "v1", "v2", "v3")) {
      Path file = folder.resolve(name + ".npy");
      assertArrayEquals(wanted, Npy.readDoubles(file), name);
      assertEquals(List.of(2L, 3L, 4L), Npy.readHeader(file).shape());
      assertEquals(0, Npy.readHeader(file).offset() % 16);
    }
    assertArrayEquals(wanted, Npy.readDoubles(folder.resolve("f4.npy")), 3e-7);
    assertArrayEquals(new int[0], Npy.readLabels(folder.resolve("empty.npy")));
    for (String type : List.of("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8")) {
      assertArrayEquals(new int[] {0, 1, 9, 127}, Npy.readLabels(folder.resolve(type + ".npy")), type);
    }
  }

  @Test
  void unsignedLabelsAreUnsigned() throws Exception {
    Path file = npy("'|u1'", "False", "(1,)", 0);
    Files.write(file, new byte[] {(byte) 200}, java.nio.file.StandardOpenOption.APPEND);
    assertArrayEquals(new int[] {200}, Npy.readLabels(file));
    file = npy(1, "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
    Path bad = file;
    refused(bad, "its entry 0 is 18446744073709551615, too large for a label", () -> Npy.readLabels(bad));
  }

  @ParameterizedTest
  @CsvSource(delimiter = ';', quoteCharacter = '`', value = {
    "'>f4' ; False ; (2,)    ; 8 ; its numbers are big-endian (>f4); save array.astype('<f4')",
    "'<f2' ; False ; (2,)    ; 4 ; its element type '<f2' is not supported",
    "'|O'  ; False ; (2,)    ; 4 ; its element type '|O' is not supported",
    "[('a', '<f4')] ; False ; (2,) ; 8 ; records with named fields",
    "'<f4' ; True  ; (2, 3)  ; 24 ; it is in Fortran order; save numpy.ascontiguousarray of it",
    "'<f4' ; False ; (2, 3)  ; 23 ; it is truncated: shape (2, 3) of <f4 takes 24 bytes and it has 23",
    "'<f4' ; False ; (2, 3)  ; 25 ; it has 1 bytes after the data",
    "'<f4' ; False ; (4294967296, 4294967296) ; 8 ; its shape (4294967296, 4294967296) overflows",
    "'<f8' ; False ; (1152921504606846976,)   ; 8 ; overflows",
    "'<f4' ; False ; (99999999999999999999,)  ; 8 ; its header's shape has no valid size",
    "'<f4' ; False ; (-1,)   ; 8 ; its header's shape has no valid size",
    "'<f4' ; False ; (2)     ; 8 ; its header's shape is not a tuple",
    "'<f4' ; False ; 2       ; 8 ; its header has '2' where '(' must be",
    "'<f4' ; 0     ; (2,)    ; 8 ; fortran_order is neither True nor False",
    "'<f4' ; False ; (2,), 'x': 1 ; 8 ; its header has the unknown key 'x'",
    "'<f4' ; False ; (2,), 'shape': (2,) ; 8 ; its header has the key 'shape' twice",
    "'<f4  ; False ; (2,)    ; 8 ; its header has",
    "'<f4' ; False ; (2,)} x ; 8 ; its header goes on after the closing brace",
    "'<i4' ; False ; (2,)    ; 8 ; its elements are <i4, wanted are <f4, <f8",
  })
  void refusesWhatIsNoPlainTable(String descr, String order, String shape, int bytes, String part) throws IOException {
    Path file = npy(descr, order, shape, bytes);
    refused(file, part, () -> Npy.readDoubles(file));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 6, 8, 9, 10, 40})
  void refusesAFileThatEndsInItsHeader(int length) throws IOException {
    Path file = npy("'<f8'", "False", "(3,)", 24);
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), length));
    refused(file, length < 6 ? "it is no .npy file" : "it is truncated within the header", () -> Npy.readDoubles(file));
  }

  @Test
  void refusesOtherVersionsAndMissingKeys() throws IOException {
    Path version = npy(4, "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }", new byte[0]);
    refused(version, "its format version is 4.0, known are 1.0, 2.0 and 3.0", () -> Npy.readDoubles(version));
    Path keys = npy(1, "{'descr': '<f8', 'shape': (0,), }", new byte[0]);
    refused(keys, "its header lacks 'fortran_order'", () -> Npy.readDoubles(keys));
  }

  @Test
  void refusesLabelsOfAnotherRankOrType() throws IOException {
    Path rank = npy("'<i4'", "False", "(1, 2)", 8);
    refused(rank, "its shape is (1, 2), wanted is (N,)", () -> Npy.readLabels(rank));
    Path type = npy("'<f4'", "False", "(2,)", 8);
    refused(type, "its elements are <f4, wanted are |i1, |u1, <i2", () -> Npy.readLabels(type));
  }

  @Test
  void namesAFileThatIsNotThereOrAFolder() {
    Path file = folder.resolve("none.npy");
    LightconeIoException e = assertThrows(LightconeIoException.class, () -> Npy.readDoubles(file));
    assertEquals("cannot read " + file + ": no such file", e.getMessage());
    assertThrows(LightconeException.class, () -> Npy.readDoubles(folder));
  }

  /** No header, however broken, may do anything but be read or be refused. */
  @Test
  void survivesRandomDamage() throws IOException {
    Path file = npy("'<f8'", "False", "(2, 3)", 48);
    byte[] good = Files.readAllBytes(file);
    Random random = new Random(21);
    int refusals = 0;
    for (int round = 0; round < 2000; round++) {
      byte[] bad = good.clone();
      for (int k = random.nextInt(3); k >= 0; k--) {
        bad[random.nextInt(90)] = (byte) (random.nextBoolean() ? random.nextInt(256) : "'(){}:,9F \n".charAt(random.nextInt(11)));
      }
      Files.write(file, bad);
      try {
        Npy.readDoubles(file);
      } catch (InvalidDataException e) {
        refusals++;
      }
    }
    assertTrue(refusals > 500, "damage must be noticed, it was " + refusals + " times");
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNothingElse() throws Exception {
    Path file = folder.resolve("x.npy");
    Npy.writeDoubles(file, new double[] {1, 2}, 2);
    byte[] before = Files.readAllBytes(file);
    // A limit on the size of files stands in for a full disk: the write fails half way.
    String program = "ulimit -f 64 && exec \"$@\"";
    List<String> command = new java.util.ArrayList<>(List.of("/bin/bash", "-c", program, "bash",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:-UsePerfData", "-cp",
        Shell.join(Shell.engineClassPath()) + java.io.File.pathSeparator
            + Path.of(NpyTest.class.getProtectionDomain().getCodeSource().getLocation().toURI()),
        BigWrite.class.getName(), file.toString()));
    Shell.Result result = Shell.run(command);
    assertEquals(7, result.status(), result.output());
    assertTrue(result.output().contains("cannot write " + file + ": File too large; nothing was left under that name"),
        result.output());
    assertArrayEquals(before, Files.readAllBytes(file));
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList(), "the file written aside must be gone");
    }
  }

  /** Writes 8 MB to the file it is told; exit 7 when the engine says that it cannot. */
  static final class BigWrite {
    public static void main(String[] arguments) {
      try {
        Npy.writeDoubles(Path.of(arguments[0]), new double[1_000_000], 1000, 1000);
      } catch (LightconeIoException e) {
        System.out.println(e.getMessage());
        System.exit(7);
      }
    }
  }

  @Test
  void aWriteNamesTheFolderThatIsMissing() {
    Path file = folder.resolve("no/x.npy");
    LightconeIoException e =
        assertThrows(LightconeIoException.class, () -> Npy.writeDoubles(file, new double[] {1}, 1));
    assertEquals("cannot write " + file + ": the folder " + file.getParent() + " does not exist; create it first",
        e.getMessage());
    assertThrows(LightconeIoException.class, () -> Npy.writeDoubles(folder, new double[] {1}, 1));
    assertThrows(IllegalArgumentException.class, () -> Npy.writeDoubles(folder.resolve("y"), new double[] {1}, 2));
    assertThrows(IllegalArgumentException.class,
        () -> Npy.writeDoubles(folder.resolve("y"), new double[][] {{1}, {1, 2}}));
  }
}
