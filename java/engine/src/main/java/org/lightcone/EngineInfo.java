// SPDX-License-Identifier: Apache-2.0
package org.lightcone;

import java.util.ArrayList;
import java.util.List;
import org.lightcone.ffi.Lightcone;

/**
 * What the engine is on this machine.
 *
 * @param version semantic version of the native library
 * @param abi version of its C ABI
 * @param compiler that built it, for example "GNU 12.2.0"
 * @param isa the instruction set that {@link Isa#AUTO} stands for here
 * @param available every instruction set that runs here, slowest first
 * @param processors processors that the JVM may use, the meaning of 0 threads
 * @param memoryBytes memory of the machine, or of its container if that is less
 */
public record EngineInfo(
    String version, int abi, String compiler, Isa isa, List<Isa> available, int processors, long memoryBytes) {
  /**
   * Asks the native library.
   *
   * @throws UnsupportedException if it cannot be loaded, with the reason, or if the environment
   *     variable {@code LIGHTCONE_ISA} names an instruction set that cannot run here
   */
  public static EngineInfo query() {
    Native.require();
    List<Isa> available = new ArrayList<>();
    int[] resolved = new int[1];
    for (Isa isa : List.of(Isa.PORTABLE, Isa.AVX2, Isa.AVX512)) {
      if (Lightcone.lightcone_isa_resolve(isa.code, resolved) == Lightcone.LIGHTCONE_OK) {
        available.add(isa);
      }
    }
    Native.check(Lightcone.lightcone_isa_resolve(Isa.AUTO.code, resolved));
    return new EngineInfo(Native.text(Lightcone.lightcone_version()), Lightcone.lightcone_abi_version(),
        Native.text(Lightcone.lightcone_compiler()), Isa.ofCode(resolved[0]), List.copyOf(available),
        Runtime.getRuntime().availableProcessors(), Memory.total());
  }
}
