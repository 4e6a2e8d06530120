// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * Facts by which a table of predictions is known again, none of them its path: shape, kinds and types of its blocks,
 * a hash of rows spread over the table, and one of the sizes and times of change of its files.
 */
final class Fingerprint {
  /** Rows that are hashed: milliseconds, and every region of the table is hit. */
  private static final int ROWS = 1024;

  private Fingerprint() {}

  static Map<String, String> of(Predictions table) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("shape", "(" + table.models() + ", " + table.samples() + ", " + table.classes() + ")");
    TreeSet<String> types = new TreeSet<>();
    table.blocks().forEach(
        block -> types.add(block.kind() + " " + block.dtype().name().toLowerCase(Locale.ROOT)));
    facts.put("type", String.join(", ", types));
    facts.put("contents (a hash of sampled rows)", rows(table));
    facts.put("files (a hash of sizes and times of change)", files(table));
    return facts;
  }

  /** Normalised rows, one from each of equal runs of (model, sample), at a place that no regular table can avoid. */
  private static String rows(Predictions table) {
    MessageDigest digest = sha256();
    long all = table.models() * table.samples();
    int count = (int) Math.min(ROWS, all);
    double[] row = new double[Math.toIntExact(table.classes())];
    ByteBuffer bytes = ByteBuffer.allocate(row.length * Double.BYTES);
    for (int k = 0; k < count; k++) {
      long begin = all / count * k;
      long place = begin + Long.remainderUnsigned((k + 1) * 0x9e3779b97f4a7c15L, all / count);
      table.read(place / table.samples(), place % table.samples(), 1, row);
      bytes.clear().asDoubleBuffer().put(row);
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  private static String files(Predictions table) {
    MessageDigest digest = sha256();
    String last = null;
    for (Predictions.Block block : table.blocks()) {
      if (block.path() == null || block.path().equals(last)) {
        continue;
      }
      last = block.path();
      try {
        Path file = Path.of(last);
        digest.update((Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis() + "\n")
            .getBytes(StandardCharsets.US_ASCII));
      } catch (IOException e) {
        throw Npy.unreadable(Path.of(last), e);
      }
    }
    return last == null ? "none" : HexFormat.of().formatHex(digest.digest(), 0, 16);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }
}
