// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.lightcone.Isa;
import org.lightcone.LabelMaps;
import org.lightcone.Npy;

/** The class of the largest of C numbers, row by row: one pass, bound by a read of the rows. Verified on every row. */
final class ArgmaxRow extends Row {
  /** Of the peer's answer, which is written as int32. */
  private static final long PEER_ELEMENTS = 30_000_000;

  private Inputs inputs;
  private LabelMaps maps;

  ArgmaxRow(long models, long samples, long classes, int threads, Isa isa) {
    super(new RowKey("argmax", "float32 rows to uint8 labels", models, samples, classes, threads, isa.toString()));
  }

  @Override
  double work() {
    return Inputs.bytes(key.models(), key.samples(), key.classes());
  }

  @Override
  String unit() {
    return "bytes";
  }

  @Override
  long bytes() {
    return Inputs.bytes(key.models(), key.samples(), key.classes()) + key.models() * key.samples();
  }

  @Override
  void prepare(Inputs shared) {
    inputs = shared;
    inputs.use(key.models(), key.samples(), key.classes(), 1);
    maps = LabelMaps.allocate(1, key.models() * key.samples(), (int) key.classes());
  }

  @Override
  Errors verify() {
    byte[] noLabel = new byte[1 << 20];
    Arrays.fill(noLabel, (byte) 0xff);
    for (long at = 0; at < maps.points(); at += 1 << 20) {
      int count = (int) Math.min(1 << 20, maps.points() - at);
      maps.labels(0, at, count).put(noLabel, 0, count);
    }
    seconds();
    return Errors.exact(wrong(k -> maps.label(0, k)));
  }

  @FunctionalInterface
  private interface Label {
    int of(int row);
  }

  private long wrong(Label label) {
    FloatBuffer table = inputs.table();
    int classes = (int) key.classes();
    long wrong = 0;
    for (int k = 0; k < maps.points(); k++) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        best = table.get(k * classes + c) > table.get(k * classes + best) ? c : best;
      }
      wrong += label.of(k) == best ? 0 : 1;
    }
    return wrong;
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    maps.argmax(0, 0, inputs.table().duplicate(), key.threads(), null);
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  Ceiling ceiling(MachineCeilings machine) {
    return new Ceiling("read", machine.read(Inputs.bytes(key.models(), key.samples(), key.classes()), key.threads()));
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    if (key.models() * key.samples() * key.classes() > PEER_ELEMENTS) {
      return List.of();
    }
    Path table = folder.resolve("p.npy");
    inputs.write(table);
    return List.of(new PeerSpec("NumPy argmax", "numpy_labels.py", List.of("argmax", table.toString()), npy -> {
      double[] labels = Npy.readDoubles(npy);
      return Errors.exact(wrong(k -> (int) labels[k]));
    }, 3));
  }

  @Override
  public void close() {
    if (maps != null) {
      maps.close();
    }
  }
}
