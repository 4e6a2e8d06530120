// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** Any bytes as a .npy file. */
@Tag("fuzz")
class NpyFuzzTest {
  private static final Path FILE = FuzzProperty.folder().resolve("any.npy");

  @FuzzTest
  void npy(byte[] content) {
    FuzzProperty.write(FILE, content);
    FuzzProperty.holds(FILE.toString(), LightconeException.class, () -> Npy.readHeader(FILE).shapeText());
    FuzzProperty.holds(FILE.toString(), LightconeException.class, () -> Npy.readLabels(FILE));
    FuzzProperty.holds(FILE.toString(), LightconeException.class, () -> Npy.readDoubles(FILE));
  }
}
