// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.data;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.lightcone.FuzzProperty;

/** Any bytes as an IDX file, and as what a gzipped IDX file holds: a fuzzer does not come through the checksum. */
@Tag("fuzz")
class IdxFuzzTest {
  @FuzzTest
  void idx(byte[] content) throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(zipped)) {
      zip.write(content);
    }
    for (byte[] file : new byte[][] {content, zipped.toByteArray()}) {
      for (int rank : new int[] {1, 3}) {
        FuzzProperty.holds("images.gz", DataException.class,
            () -> Idx.read(new ByteArrayInputStream(file), "images.gz", rank));
      }
    }
  }
}
