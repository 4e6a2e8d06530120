// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** .tiles files: the same bits as in memory, in bands, gone on with after every accident. */
class TilesFileTest {
  private static final int MODELS = 1000; // 11 blocks, the last of 40 models
  private static final int SAMPLES = 6;
  private static final int CLASSES = 3;
  private static final DistanceOptions OPTIONS = DistanceOptions.defaults().withThreads(2);

  @TempDir Path folder;
  private Predictions table;
  private Path tiles;
  private Path part;

  @BeforeEach
  void open() {
    Path file = folder.resolve("P.npy");
    Npy.writeFloats(file, Tables.logits(new Random(7), MODELS, SAMPLES, CLASSES, 2), MODELS, SAMPLES, CLASSES);
    table = Predictions.open(file, Kind.LOGITS);
    tiles = folder.resolve("D.tiles");
    part = folder.resolve(".D.tiles.part");
  }

  @AfterEach
  void close() {
    table.close();
  }

  /** Memory for about two block rows of tiles and their sums: six bands and more. */
  private static DistancePlan.Planner narrow(DistanceOptions options) {
    TileLayout layout = new TileLayout(MODELS);
    long process = 64L << 20;
    DistanceCall two = new DistanceCall(options, layout, 0, 2, 1 << 20);
    return new DistancePlan.Planner(layout, SAMPLES, CLASSES, options,
        process + layout.bytes(0, 2) + two.memory(SAMPLES, CLASSES), process);
  }

  private DistanceFile.Summary compute(Path file, Control control) {
    return DistanceFile.compute(file, table, OPTIONS, narrow(OPTIONS), control);
  }

  private static float[] row(PackedTiles d, int i) {
    float[] row = new float[d.models()];
    d.row(i, row);
    return row;
  }

  private static void flip(Path file, long at) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, at);
      one.put(0, (byte) (one.get(0) ^ 16)).rewind();
      channel.write(one, at);
    }
  }

  private long dataOffset(Path file) throws IOException {
    return TilesHeader.headBytes("it", Files.readAllBytes(file));
  }

  @Test
  void bandsGiveTheBitsOfTheMatrixInMemory() throws Exception {
    DistanceFile.Summary summary = compute(tiles, null);
    assertTrue(summary.bands() >= 4, "only " + summary.bands() + " bands");
    assertEquals(summary.plan().bands(), summary.bands());
    assertTrue(summary.reads() >= summary.bands() && summary.reads() <= summary.plan().reads());
    assertFalse(Files.exists(part));
    try (DistanceMatrix memory = DistanceMatrix.compute(table, OPTIONS, null);
        TilesFile file = TilesFile.open(tiles);
        DistanceMatrix loaded = DistanceMatrix.read(tiles)) {
      assertEquals(memory.report().nearPairs(), summary.report().nearPairs());
      assertEquals(memory.report().pairs(), summary.report().pairs());
      assertEquals("bhattacharyya", file.options().get("metric"));
      float[] row = new float[MODELS];
      for (int i = 0; i < MODELS; i++) {
        file.row(i, row);
        assertArrayEquals(row(memory, i), row, 0f);
        assertArrayEquals(row, row(loaded, i), 0f);
      }
      for (int k = 0; k < 200; k++) {
        assertEquals(memory.get(k * 5 % MODELS, k * 37 % MODELS), file.get(k * 5 % MODELS, k * 37 % MODELS));
      }
      Path one = folder.resolve("one.npy");
      Path other = folder.resolve("other.npy");
      memory.write(one);
      file.write(other);
      assertEquals(-1, Files.mismatch(one, other));
      Path written = folder.resolve("written.tiles");
      memory.write(written);
      try (DistanceMatrix again = DistanceMatrix.read(written)) {
        assertArrayEquals(row(memory, 977), row(again, 977), 0f);
      }
    }
  }

  @Test
  void anNpyFileByWayOfTilesIsTheSameFile() throws Exception {
    Path direct = folder.resolve("direct.npy");
    Path banded = folder.resolve("banded.npy");
    DistanceMatrix.computeTo(direct, table, OPTIONS, null).close();
    DistanceFile.Summary summary = compute(banded, null);
    assertFalse(summary.plan().inMemory());
    assertTrue(summary.bands() >= 4);
    assertEquals(-1, Files.mismatch(direct, banded));
    try (var files = Files.list(folder)) {
      assertEquals(3, files.count(), "P.npy and the two matrices");
    }
  }

  @Test
  void aCancelledCallKeepsWhatIsDoneAndTheNextGoesOn() throws Exception {
    int bands = compute(tiles, null).bands();
    Path whole = Files.copy(tiles, folder.resolve("whole.tiles"));
    Files.move(tiles, part);
    // Every second band was not done yet.
    int dropped = 0;
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      TilesChannel open = TilesChannel.open(part, channel);
      for (int slot = 0; slot < bands; slot += 2, dropped++) {
        open.writeSlot(slot, null);
      }
    }
    try (Control control = new Control()) {
      control.cancel();
      assertThrows(CancelledException.class, () -> compute(tiles, control));
    }
    assertTrue(Files.exists(part));
    assertFalse(Files.exists(tiles));
    try (Control control = new Control()) {
      DistanceFile.Summary summary = compute(tiles, control);
      assertEquals(bands - dropped, summary.resumedBands());
      assertTrue(summary.reads() >= dropped && summary.reads() <= 2 * dropped);
      assertEquals(new TileLayout(MODELS).pairs(0, 11), summary.report().pairs());
    }
    assertSame(whole, tiles);
  }

  /** Two files of the same tiles; the order of the lines of their tables may differ. */
  private void assertSame(Path one, Path other) throws IOException {
    byte[] a = Files.readAllBytes(one);
    byte[] b = Files.readAllBytes(other);
    int offset = (int) dataOffset(one);
    assertEquals(TilesHeader.parse("a", a), TilesHeader.parse("b", b));
    assertEquals(-1, Arrays.mismatch(a, offset, a.length, b, offset, b.length));
  }

  @Test
  void anAlteredBandOfACompleteFileIsNamedAndMendedByTheSameCommand() throws Exception {
    int bands = compute(tiles, null).bands();
    Path whole = Files.copy(tiles, folder.resolve("whole.tiles"));
    TileLayout layout = new TileLayout(MODELS);
    flip(tiles, dataOffset(tiles) + layout.offset(5, 7) + 1234);
    String part = "its band of models ";
    try (TilesFile file = TilesFile.open(tiles)) {
      InvalidDataException e = assertThrows(InvalidDataException.class, () -> file.bands(0, band -> { }));
      assertTrue(e.getMessage().startsWith(tiles + " cannot be used: " + part), e.getMessage());
      assertTrue(e.getMessage().contains("rename it to .D.tiles.part and give the command"), e.getMessage());
      assertEquals(0, file.passes());
      assertThrows(InvalidDataException.class, () -> file.get(5 * 96, 700));
      file.get(0, 700);
    }
    assertThrows(InvalidDataException.class, () -> DistanceMatrix.read(tiles).close());
    Files.move(tiles, this.part);
    DistanceFile.Summary summary = compute(tiles, null);
    assertEquals(bands - 1, summary.resumedBands());
    assertTrue(summary.reads() <= 2);
    assertSame(whole, tiles);
  }

  @Test
  void aTornLineOfTheTableIsABandThatIsNotDone() throws Exception {
    int bands = compute(tiles, null).bands();
    Path whole = Files.copy(tiles, folder.resolve("whole.tiles"));
    long table = dataOffset(tiles) - 4096;
    flip(tiles, table + TilesEntry.BYTES + 3);
    InvalidDataException e = assertThrows(InvalidDataException.class, () -> TilesFile.open(tiles).close());
    assertTrue(e.getMessage().contains("line of its table for the band that begins with model"), e.getMessage());
    Files.move(tiles, part);
    // And the end of the file lost as well: the last band.
    try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1000);
    }
    DistanceFile.Summary summary = compute(tiles, null);
    assertEquals(bands - 2, summary.resumedBands());
    assertSame(whole, tiles);
  }

  @Test
  void anotherInputOrOtherOptionsAreRefusedWithWhatDiffers() throws Exception {
    compute(tiles, null);
    Files.move(tiles, part);
    List<DistanceOptions> others = List.of(OPTIONS.withRefine(DistanceOptions.Refine.OFF), OPTIONS.withCap(7),
        OPTIONS.withSamples(new DistanceOptions.SampleRange(1, 5, 2)), OPTIONS.withIsa(Isa.PORTABLE));
    List<String> differs = List.of("its refine is auto and not off", "its infinity is keep and not cap 7.0",
        "its samples is 0:6:1 and not 1:5:2", "its isa is ");
    for (int k = 0; k < others.size(); k++) {
      DistanceOptions other = others.get(k);
      if (k == 3 && EngineInfo.query().isa() == Isa.PORTABLE) {
        continue;
      }
      PredictionsTest.assertMessage(InvalidDataException.class, part + " holds a part of another computation: "
          + differs.get(k), () -> DistanceFile.compute(tiles, table, other, narrow(other), null));
    }
    Path file = folder.resolve("P.npy");
    java.nio.file.attribute.FileTime time = Files.getLastModifiedTime(file);
    Npy.writeFloats(file, Tables.logits(new Random(8), MODELS, SAMPLES, CLASSES, 2), MODELS, SAMPLES, CLASSES);
    Files.setLastModifiedTime(file, time);
    try (Predictions changed = Predictions.open(file, Kind.LOGITS)) {
      PredictionsTest.assertMessage(InvalidDataException.class, "its input's contents (a hash of sampled rows) is ",
          () -> DistanceFile.compute(tiles, changed, OPTIONS, narrow(OPTIONS), null));
    }
    assertTrue(Files.exists(part), "what was begun is kept");
  }

  @Test
  void movingTheInputChangesNothing() throws Exception {
    int bands = compute(tiles, null).bands();
    Files.move(tiles, part);
    Path elsewhere = Files.move(folder.resolve("P.npy"), folder.resolve("Q.npy"));
    try (Predictions moved = Predictions.open(elsewhere, Kind.LOGITS)) {
      assertEquals(bands, DistanceFile.compute(tiles, moved, OPTIONS, narrow(OPTIONS), null).resumedBands());
    }
  }

  @Test
  void aSecondWriterIsRefused() throws Exception {
    TilesHeader header = new TilesHeader(new TileLayout(MODELS), "0", java.util.Map.of(), java.util.Map.of());
    try (TilesWriter first = TilesWriter.begin(part, header, null)) {
      PredictionsTest.assertMessage(LightconeIoException.class, part + " is being written by another computation",
          () -> TilesWriter.begin(part, header, null).close());
      assertEquals(List.of(), first.done());
    }
    TilesWriter.begin(part, header, null).close();
  }

  /** In a process of its own: the locks of one process do not keep it out itself. */
  @Test
  void anotherProcessIsKeptOutWhateverThisOneOpensMeanwhile() throws Exception {
    TilesHeader header = new TilesHeader(new TileLayout(MODELS), "0", java.util.Map.of(), java.util.Map.of());
    List<String> other = List.of("-cp", Shell.join(Shell.engineClassPath()) + java.io.File.pathSeparator
        + Path.of(TilesFileTest.class.getProtectionDomain().getCodeSource().getLocation().toURI()),
        LockProbe.class.getName(), part.toString());
    try (TilesWriter first = TilesWriter.begin(part, header, null)) {
      assertThrows(LightconeIoException.class, () -> TilesWriter.begin(part, header, null).close());
      assertEquals(header, TilesWriter.begun(part));
      assertTrue(TilesFileTest.probe(other).endsWith("busy"));
      assertEquals(List.of(), first.done());
    }
    assertTrue(TilesFileTest.probe(other).endsWith("free"));
    try (var files = Files.list(folder)) {
      assertFalse(files.anyMatch(file -> file.toString().endsWith(".lock")));
    }
  }

  private static String probe(List<String> arguments) throws Exception {
    Shell.Result result = Shell.java(arguments);
    assertEquals(0, result.status(), result.output());
    return result.output().strip();
  }

  @Test
  void anNpyFileIsGoneOnWithWhenMoreMemoryIsFree() throws Exception {
    Path npy = folder.resolve("D.npy");
    Path begun = folder.resolve(".D.npy.tiles.part");
    int bands = compute(tiles, null).bands();
    Files.move(tiles, begun);
    DistancePlan.Planner roomy = new DistancePlan.Planner(
        new TileLayout(MODELS), SAMPLES, CLASSES, OPTIONS, 8L << 30, 64L << 20);
    DistanceFile.Summary summary = DistanceFile.compute(npy, table, OPTIONS, roomy, null);
    assertEquals(bands, summary.resumedBands());
    assertEquals(0, summary.reads());
    assertFalse(Files.exists(begun));
    Path direct = folder.resolve("direct.npy");
    DistanceMatrix.computeTo(direct, table, OPTIONS, null).close();
    assertEquals(-1, Files.mismatch(direct, npy));
  }

  @Test
  void whatAKilledProcessLeftOfAFileGoesWithTheNextWriting() throws Exception {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    Path orphan = Files.write(folder.resolve(".D.npy." + ended.pid() + "-1.part"), new byte[10]);
    Path running = Files.write(folder.resolve(".D.npy." + ProcessHandle.current().pid() + "-0.part"), new byte[10]);
    Path another = Files.write(folder.resolve(".E.npy." + ended.pid() + "-1.part"), new byte[10]);
    DistanceMatrix.computeTo(folder.resolve("D.npy"), table, OPTIONS, null).close();
    assertFalse(Files.exists(orphan));
    assertTrue(Files.exists(running));
    assertTrue(Files.exists(another));
  }

  @Test
  void aPartThatIsNoTilesFileIsNotOverwritten() throws Exception {
    Files.write(part, new byte[1 << 16]);
    PredictionsTest.assertMessage(InvalidDataException.class, "no .tiles file", () -> compute(tiles, null));
    assertEquals(1 << 16, Files.size(part));
    // Torn within its creation: nothing is lost by beginning anew.
    Files.write(part, new byte[100]);
    assertEquals(0, compute(tiles, null).resumedBands());
  }

  @Test
  void aPassShowsEveryTileOnceWhateverTheBuffer() {
    compute(tiles, null);
    try (TilesFile file = TilesFile.open(tiles); DistanceMatrix memory = file.load(null)) {
      for (long buffer : new long[] {0, 3L * 11 * TileLayout.TILE_BYTES, 60L * TileLayout.TILE_BYTES, 1L << 40}) {
        List<Integer> rows = new ArrayList<>();
        file.bands(buffer, band -> {
          for (int i = band.begin(); i < band.end(); i++) {
            rows.add(i);
            float[] tile = new float[TileLayout.TILE];
            for (int j = i; j < 11; j++) {
              memory.tile(i, j, tile);
              for (int k = 0; k < tile.length; k++) {
                assertEquals(tile[k], band.row(i).get((j - i) * TileLayout.TILE + k));
              }
            }
          }
        });
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), rows, "buffer " + buffer);
      }
      assertEquals(5, file.passes());
      // What a visitor throws ends the pass; the file stays usable.
      for (int k = 0; k < 20; k++) {
        int at = k % 5;
        assertThrows(ArithmeticException.class, () -> file.bands(0, band -> {
          if (band.begin() >= at) {
            throw new ArithmeticException();
          }
        }));
      }
      assertEquals(5, file.passes());
      assertEquals(memory.get(3, 999), file.get(3, 999));
    }
  }

  @Test
  void placesBeyondFourGigabytes() throws Exception {
    // 65,536 models: 8.6 GB of tiles, of which a sparse file holds the first and the last bands only.
    for (int models : new int[] {46_341, 65_536}) {
      TileLayout layout = new TileLayout(models);
      float[] logits = Tables.logits(new Random(models), models, 2, 2, 1);
      double[] logs = Tables.logSoftmax(logits, 2);
      Path sparse = folder.resolve("sparse" + models);
      TilesHeader header = new TilesHeader(layout, "0", java.util.Map.of(), java.util.Map.of());
      int[][] bands = {{0, 1}, {layout.blocks() / 2, layout.blocks() / 2 + 1}, {layout.blocks() - 8, layout.blocks()}};
      try (Predictions large = Predictions.of(Tables.direct(logits), models, 2, 2, Kind.LOGITS);
          TilesWriter writer = TilesWriter.begin(sparse, header, null)) {
        for (int[] band : bands) {
          try (OffHeap out = OffHeap.allocate(layout.bytes(band[0], band[1]), "a band")) {
            DistanceMatrix.Report report =
                new DistanceCall(OPTIONS, layout, band[0], band[1], 0).run(large, null, out.pointer());
            assertEquals(layout.pairs(band[0], band[1]), report.pairs());
            writer.write(band[0], band[1], out, report, null);
          }
        }
      }
      // Opened anew, all checksums hold, and the entries are where the layout says.
      try (TilesWriter writer = TilesWriter.begin(sparse, header, null);
          FileChannel channel = FileChannel.open(sparse, StandardOpenOption.READ)) {
        assertEquals(3, writer.done().size());
        Random random = new Random(5);
        for (int[] band : bands) {
          for (int k = 0; k < 500; k++) {
            int last = Math.min(models, band[1] * 96);
            int i = band[0] * 96 + random.nextInt(last - band[0] * 96);
            int j = k == 0 ? models - 1 : i + random.nextInt(models - i);
            ByteBuffer entry = ByteBuffer.allocate(4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            long offset = header.dataOffset() + layout.offset(i / 96, j / 96) + (i % 96 * 96 + j % 96) * 4L;
            channel.read(entry, offset);
            double wanted = Oracle.bhattacharyya(logs, 2, 2, i, j);
            assertEquals(wanted, entry.getFloat(0), i == j ? 0 : Math.max(2e-15, 2e-6 * wanted), i + ", " + j);
          }
        }
      }
      Files.delete(sparse);
    }
  }
}
