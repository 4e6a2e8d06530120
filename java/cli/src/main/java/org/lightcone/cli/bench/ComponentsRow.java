// SPDX-License-Identifier: Apache-2.0
package org.lightcone.cli.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.stream.IntStream;
import org.lightcone.Components;
import org.lightcone.Isa;
import org.lightcone.LabelMaps;
import org.lightcone.Npy;

/**
 * Connected regions (8 neighbours) of many small label maps, all labels in one pass. Verified by flooding every map
 * again, by 4 neighbours too. Of a map (height, width) the row tells the number of maps, the points of each and the classes.
 */
final class ComponentsRow extends Row {
  private static final int SITES = 12;
  private static final int CLASSES = 10;

  private final int edge;
  private ByteBuffer labels;
  private LabelMaps maps;
  private long[] exact;
  private long[] exactOfFour;

  ComponentsRow(int count, int edge, int threads, Isa isa) {
    super(new RowKey("components", "maps of " + edge + " x " + edge, count, (long) edge * edge, CLASSES, threads,
        isa.toString()));
    this.edge = edge;
  }

  @Override
  double work() {
    return key.models() * key.samples();
  }

  @Override
  String unit() {
    return "points";
  }

  @Override
  long bytes() {
    return key.models() * key.samples();
  }

  @Override
  void prepare(Inputs inputs) {
    int count = (int) key.models();
    labels = LabelInputs.regions(count, edge, edge, SITES, CLASSES);
    maps = LabelMaps.of(labels, count, key.samples(), CLASSES);
    exact = IntStream.range(0, count).mapToLong(map -> flood(map, 8)).toArray();
    exactOfFour = IntStream.range(0, count).mapToLong(map -> flood(map, 4)).toArray();
  }

  private long flood(int map, int neighbours) {
    int from = map * edge * edge;
    boolean[] seen = new boolean[edge * edge];
    ArrayDeque<Integer> open = new ArrayDeque<>();
    long regions = 0;
    for (int start = 0; start < seen.length; start++) {
      if (seen[start]) {
        continue;
      }
      regions++;
      seen[start] = true;
      open.push(start);
      while (!open.isEmpty()) {
        int at = open.pop();
        for (int i = Math.max(0, at / edge - 1); i <= Math.min(edge - 1, at / edge + 1); i++) {
          for (int j = Math.max(0, at % edge - 1); j <= Math.min(edge - 1, at % edge + 1); j++) {
            int next = i * edge + j;
            boolean diagonal = i != at / edge && j != at % edge;
            if (!seen[next] && !(diagonal && neighbours == 4) && labels.get(from + next) == labels.get(from + at)) {
              seen[next] = true;
              open.push(next);
            }
          }
        }
      }
    }
    return regions;
  }

  private Components run(Components.Options options) {
    return Components.of(maps, edge, edge, options, null, key.threads(), null);
  }

  private double[] regions(Components.Options options) {
    Components components = run(options);
    return IntStream.range(0, exact.length).mapToDouble(map -> components.regions(map, 0)).toArray();
  }

  @Override
  Errors verify() {
    // The first is a poison of the second, whose regions are fewer.
    double[] ofFour = regions(new Components.Options(4, 1, 0));
    return Errors.exact(wrong(ofFour, exactOfFour) + wrong(regions(Components.Options.DEFAULT), exact));
  }

  private static long wrong(double[] regions, long[] exact) {
    return IntStream.range(0, exact.length).filter(map -> regions[map] != exact[map]).count();
  }

  @Override
  double seconds() {
    long start = System.nanoTime();
    run(Components.Options.DEFAULT);
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  List<PeerSpec> peers(Path folder) throws IOException {
    Path input = folder.resolve("labels.npy");
    Npy.writeInts(input, LabelInputs.ints(labels), key.models(), edge, edge);
    return List.of(new PeerSpec("scipy ndimage.label per class", "scipy_components.py", List.of(input.toString()),
        npy -> Errors.exact(wrong(Npy.readDoubles(npy), exact)), 3));
  }

  @Override
  public void close() {
    if (maps != null) {
      maps.close();
    }
  }
}
