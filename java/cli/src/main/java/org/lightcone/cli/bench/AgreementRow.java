// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.lightcone.Agreement;
import org.lightcone.Isa;
import org.lightcone.LabelMaps;
import org.lightcone.Npy;

/**
 * Equal labels of all pairs of label maps. Two maps beyond the caches are bound by memory; many small ones by the
 * caches, so their ceiling is a read of as many bytes as the caches hold. Verified by counting 200 pairs again.
 */
final class AgreementRow extends Row {
  private static final int CLASSES = 10;
  private static final int CHECKED = 200;
  /** In a second-level cache, where it is for one thread as for all: a quarter of a mebibyte each. */
  private static final long CACHED = 1L << 18;

  private ByteBuffer labels;
  private LabelMaps maps;

  AgreementRow(long count, long points, int threads, Isa isa) {
    super(new RowKey("agreement", count == 2 ? "two maps" : "all pairs of maps", count, points, 0, threads,
        isa.toString()));
  }

  @Override
  double work() {
    return key.models() * (key.models() - 1.0) * key.samples();
  }

  @Override
  String unit() {
    return "bytes";
  }

  @Override
  long bytes() {
    return key.models() * key.samples() + 8 * key.models() * key.models();
  }

  @Override
  void prepare(Inputs inputs) {
    labels = LabelInputs.similar((int) key.models(), (int) key.samples(), CLASSES);
    maps = LabelMaps.of(labels, key.models(), key.samples(), CLASSES);
  }

  @Override
  Errors verify() {
    Poison.agreement(maps, key.threads());
    Agreement agreement = Agreement.of(maps, null, key.threads(), null);
    return Errors.exact(wrong(agreement::count));
  }

  @FunctionalInterface
  private interface Count {
    long of(int i, int j);
  }

  private long wrong(Count count) {
    long wrong = 0;
    int points = (int) key.samples();
    int models = (int) key.models();
    for (int pair = 0; pair < Math.min(CHECKED, models * models); pair++) {
      int i = pair * 7 % models;
      int j = (pair / models + pair * 3) % models;
      long equal = 0;
      for (int k = 0; k < points; k++) {
        equal += labels.get(i * points + k) == labels.get(j * points + k) ? 1 : 0;
      }
      wrong += equal == count.of(i, j) ? 0 : 1;
    }
    return wrong;
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    Agreement.of(maps, null, key.threads(), null);
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  Ceiling ceiling(MachineCeilings machine) {
    return key.models() == 2 ? new Ceiling("read", machine.read(2 * key.samples(), key.threads()))
        : new Ceiling("read, cached", machine.read(CACHED * key.threads(), key.threads()));
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    if (key.models() == 2) {
      return List.of();
    }
    Path input = folder.resolve("labels.npy");
    Npy.writeInts(input, LabelInputs.ints(labels), key.models(), key.samples());
    return List.of(new PeerSpec("NumPy, a pair at a time", "numpy_labels.py", List.of("agreement", input.toString()),
        npy -> {
          double[] counts = Npy.readDoubles(npy);
          return Errors.exact(wrong((i, j) -> (long) counts[i * (int) key.models() + j]));
        }, 3));
  }

  @Override
  public void close() {
    if (maps != null) {
      maps.close();
    }
  }
}
