// SPDX-License-Identifier: Apache-2.0
package org.lightcone.lab.train;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.lightcone.FuzzProperty;

/** Any bytes as the YAML spec of a sweep. */
@Tag("fuzz")
class SpecFuzzTest {
  private static final Path FILE = FuzzProperty.folder().resolve("sweep.yaml");

  @FuzzTest
  void spec(byte[] content) {
    FuzzProperty.write(FILE, content);
    FuzzProperty.holds(FILE.toString(), SpecException.class,
        () -> Spec.read(FILE, null).runs().forEach(run -> run.label().length()));
  }
}
